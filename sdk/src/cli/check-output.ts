import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { UserError } from './output.js';

const WASM_MAGIC = '\0asm';

/** Throws UserError where a module would overwrite what is none, a source above all. */
export function checkModuleOutput(file: string): void {
  const start = startOfFile(file, WASM_MAGIC.length);
  if (start === undefined || start === '' || start === WASM_MAGIC) return;
  throw new UserError(`${file} is there already and is no Wasm module: name another file with -o, or remove this one`);
}

/** The first bytes of a file, as Latin-1; undefined if there is none. Throws UserError for what is no file. */
export function startOfFile(file: string, bytes: number): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    throw new UserError(`${file}: part of this path is a file, not a folder`, { cause: error });
  }
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw new UserError(`${file} is ${stats.isDirectory() ? 'a folder' : 'a device'}: name a file to write`);
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
