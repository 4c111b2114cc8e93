import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface FileWatchOptions {
  /** Milliseconds between two looks at all files. */
  readonly intervalMs: number;
  /** A file has changed, and has then stayed the same for one look. */
  readonly changed: (file: string) => void;
  /** A file that was there is gone, and has stayed away for one look. */
  readonly gone?: (file: string) => void;
  /** `changed` or `gone` has thrown this; the watch goes on. */
  readonly failed: (file: string, error: unknown) => void;
}

interface Watched {
  /** What the file was when it was last told of. */
  known: string;
  /** What it was at the last look. */
  seen: string;
  gone: boolean;
}

const MISSING = '';

/**
 * Tells when files change: replaced, written in place, or reached through a link that now leads elsewhere.
 * It looks at them every so often rather than asking the system for events: those stay with the link's old target,
 * and are missing on network and container mounts. A file that is gone is told of once and is no change; that it is back as another one, is.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #files = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), options.intervalMs).unref();
  }

  /** Watches exactly these files from now on: absolute paths. */
  watch(files: readonly string[]): void {
    for (const file of this.#files.keys()) if (!files.includes(file)) this.#files.delete(file);
    for (const file of files) {
      if (this.#files.has(file)) continue;
      const now = fingerprint(statSync(file, { bigint: true, throwIfNoEntry: false }));
      this.#files.set(file, { known: now, seen: now, gone: false });
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#files.clear();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await Promise.all([...this.#files].map(([file, watched]) => this.#lookAt(file, watched)));
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(file: string, watched: Watched): Promise<void> {
    const now = fingerprint(await stat(file, { bigint: true }).catch(() => undefined));
    const steady = now === watched.seen;
    watched.seen = now;
    if (!steady || this.#files.get(file) !== watched) return;
    const gone = now === MISSING && watched.known !== MISSING;
    const news = gone ? !watched.gone : now !== watched.known;
    watched.gone = gone;
    if (!news) return;
    try {
      if (gone) this.#options.gone?.(file);
      else {
        watched.known = now;
        this.#options.changed(file);
      }
    } catch (error) {
      this.#options.failed(file, error);
    }
  }
}

function fingerprint(stats: BigIntStats | undefined): string {
  return stats === undefined ? MISSING : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}
