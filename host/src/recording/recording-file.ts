import { closeSync, openSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { HostError } from '../errors.js';
import type { RecordOptions } from './record-options.js';
import type { RecordedEnd, RecordingHeader, RecordingLine } from './recording-format.js';

const END_BYTES = 128;
const MAX_FILES = 10_000;

/** A recording on disk: JSON lines, each there before the next thing happens, so that one outlives the thread it was written in. */
export class RecordingFile {
  readonly #descriptor: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #open = true;

  /** Throws a HostError (RECORDING_FAILED) if the file can't be made. */
  constructor({ file, maxBytes }: RecordOptions, header: RecordingHeader) {
    this.#descriptor = openNew(file);
    this.#maxBytes = maxBytes;
    this.#put(`${JSON.stringify(header)}\n`);
  }

  get open(): boolean {
    return this.#open;
  }

  /** False: there was no room for it, and the recording has ended. */
  write(calls: number, ...lines: readonly RecordingLine[]): boolean {
    if (!this.#open) return false;
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    if (this.#bytes + Buffer.byteLength(text) + END_BYTES > this.#maxBytes) {
      this.end('max-bytes', calls);
      return false;
    }
    try {
      this.#put(text);
      return true;
    } catch {
      // The disk is full, say. What is there up to here can be replayed.
      this.#close();
      return false;
    }
  }

  end(why: RecordedEnd['why'], calls: number): void {
    if (!this.#open) return;
    try {
      this.#put(`${JSON.stringify({ kind: 'end', why, calls } satisfies RecordedEnd)}\n`);
    } catch {
      // It ends where the disk does.
    }
    this.#close();
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#descriptor);
  }

  #put(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#bytes += bytes.length;
  }
}

function openNew(file: string): number {
  const extension = extname(file);
  const stem = file.slice(0, file.length - extension.length);
  for (let number = 1; number <= MAX_FILES; number++) {
    const name = number === 1 ? file : `${stem}-${number}${extension}`;
    try {
      return openSync(name, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new HostError('RECORDING_FAILED', `${name}: the recording cannot be written: ${(error as Error).message}`, { cause: error });
    }
  }
  throw new HostError('RECORDING_FAILED', `${file}: there are ${MAX_FILES} recordings of that name already`);
}
