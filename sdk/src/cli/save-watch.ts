import { type BigIntStats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** chokidar keeps silent about a file for 50 ms after it has told of it: a look after that finds what was written meanwhile. */
const SECOND_LOOK_MS = 60;

export interface SaveWatchOptions {
  /** Absolute path. */
  readonly folder: string;
  readonly ignored: (path: string) => boolean;
  /** A file has changed. An editor that empties a file before it writes it makes two changes. */
  readonly changed: (path: string) => void;
  /** Something cannot be watched, such as links that lead in a circle; the rest is. */
  readonly failed: (error: unknown) => void;
}

/** Tells of every save in a folder, the last of several at once included. */
export class SaveWatch {
  readonly #options: SaveWatchOptions;
  readonly #watcher: FSWatcher;
  /** Resolves when changes are seen from now on. */
  readonly ready: Promise<void>;

  constructor(options: SaveWatchOptions) {
    this.#options = options;
    this.#watcher = watch(options.folder, { ignored: options.ignored, ignoreInitial: true });
    this.#watcher.on('error', options.failed);
    this.ready = new Promise((done) => this.#watcher.once('ready', () => done()));
    this.#watcher.on('all', (_event, path) => this.#tell(resolve(options.folder, path)));
  }

  /** Files outside the folder. */
  add(files: readonly string[]): void {
    this.#watcher.add([...files]);
  }

  async close(): Promise<void> {
    await this.#watcher.close();
  }

  #tell(path: string): void {
    const told = fingerprint(path);
    this.#options.changed(path);
    setTimeout(() => {
      if (!this.#watcher.closed && fingerprint(path) !== told) this.#tell(path);
    }, SECOND_LOOK_MS).unref();
  }
}

function fingerprint(path: string): string {
  try {
    const stats: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.ino}:${stats.size}:${stats.mtimeNs}`;
  } catch {
    // links in a circle, a folder that may not be read
    return '';
  }
}
