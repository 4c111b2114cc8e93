import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { sha256 as hashOf, readSignature } from '../config/plugin-trust.js';
import { HostError } from '../errors.js';
import { readRegularFile } from '../regular-file.js';
import type { PluginFile, PluginRecord, VersionStore } from './version-store.js';

const INDEX = 'index.json';

const recordSchema = z.strictObject({
  approved: z.array(z.string()),
  enabled: z.boolean().exactOptional(),
  history: z.array(
    z.strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      version: z.string().exactOptional(),
      origin: z.string(),
      since: z.number(),
      migration: z
        .strictObject({ kind: z.enum(['migrated', 'restored']), from: z.string(), entries: z.number(), ms: z.number() })
        .exactOptional(),
      failed: z.string().exactOptional(),
    }),
  ),
});

const indexSchema = z.strictObject({
  plugins: z.array(z.strictObject({ route: z.string(), plugin: z.string(), record: recordSchema })),
});

interface Entry {
  readonly route: string;
  readonly plugin: string;
  readonly record: PluginRecord;
}

/**
 * Keeps files as SHA256.wasm, with SHA256.wasm.map and SHA256.wasm.sig where they have them, and an index.json beside them, which is replaced in one step: after a crash it is the old one or the new one.
 * One process a folder.
 */
export class FolderVersionStore implements VersionStore {
  readonly #folder: string;
  readonly #entries: Map<string, Entry>;
  /** What the disk did not take: tried again with the next save. */
  readonly #unwritten = new Map<string, PluginFile>();
  /** Entries that the disk does not have, with the reason. */
  readonly #unkept = new Map<string, string>();
  #saving: Promise<void> = Promise.resolve();

  private constructor(folder: string, entries: readonly Entry[]) {
    this.#folder = folder;
    this.#entries = new Map(entries.map((entry) => [keyOf(entry.route, entry.plugin), entry]));
  }

  /** Makes the folder with the first save. Rejects with CONFIG_INVALID if there is an index that cannot be read. */
  static async open(folder: string): Promise<FolderVersionStore> {
    const file = join(folder, INDEX);
    let text: string;
    try {
      text = String(await readRegularFile(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new FolderVersionStore(folder, []);
      throw unreadable(file, error as Error);
    }
    try {
      return new FolderVersionStore(folder, indexSchema.parse(JSON.parse(text)).plugins);
    } catch (error) {
      throw unreadable(file, error as Error);
    }
  }

  record(route: string, plugin: string): PluginRecord | undefined {
    return this.#entries.get(keyOf(route, plugin))?.record;
  }

  records(route: string): ReadonlyMap<string, PluginRecord> {
    const own = [...this.#entries.values()].filter((entry) => entry.route === route);
    return new Map(own.map(({ plugin, record }) => [plugin, record]));
  }

  unkept(route: string, plugin: string): string | undefined {
    return this.#unkept.get(keyOf(route, plugin));
  }

  save(route: string, plugin: string, record: PluginRecord, files: ReadonlyMap<string, PluginFile> = new Map()): Promise<void> {
    const saved = this.#saving.then(() => this.#save({ route, plugin, record }, files));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async file(sha256: string): Promise<PluginFile> {
    const unwritten = this.#unwritten.get(sha256);
    if (unwritten !== undefined) return unwritten;
    const path = join(this.#folder, `${sha256}.wasm`);
    const wasm = await readRegularFile(path).catch((error: Error) => {
      throw new HostError('PLUGIN_NOT_FOUND', `The version ${sha256} cannot be read: ${error.message}.`, { cause: error });
    });
    if (hashOf(wasm) !== sha256) {
      throw new HostError('PLUGIN_NOT_FOUND', `${path} is not the file that was stored: its SHA-256 differs from its name.`, {
        hint: 'The folder was changed by somebody else or the disk failed; load the version from its own file again.',
      });
    }
    const [sourceMap, signature] = await Promise.all([readRegularFile(`${path}.map`).then(String, () => undefined), readSignature(path)]);
    return { wasm, ...(sourceMap === undefined ? {} : { sourceMap }), ...(signature === undefined ? {} : { signature }) };
  }

  async #save(entry: Entry, files: ReadonlyMap<string, PluginFile>): Promise<void> {
    const key = keyOf(entry.route, entry.plugin);
    this.#entries.set(key, entry);
    for (const [sha256, file] of files) this.#unwritten.set(sha256, { ...this.#unwritten.get(sha256), ...file });
    const named = this.#named();
    for (const sha256 of this.#unwritten.keys()) if (!named.has(sha256)) this.#unwritten.delete(sha256);
    try {
      await this.#writeAll();
      await this.#forget(named);
    } catch (error) {
      this.#unkept.set(key, (error as Error).message);
      throw error;
    }
    this.#unwritten.clear();
    this.#unkept.clear();
  }

  async #writeAll(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const [sha256, { wasm, sourceMap, signature }] of this.#unwritten) {
      if (signature !== undefined) await this.#write(`${sha256}.wasm.sig`, `${signature}\n`);
      if (sourceMap !== undefined) await this.#write(`${sha256}.wasm.map`, sourceMap);
      await this.#write(`${sha256}.wasm`, wasm);
    }
    await this.#write(INDEX, `${JSON.stringify({ plugins: [...this.#entries.values()] }, undefined, 2)}\n`);
  }

  async #write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#folder, name);
    try {
      await writeFile(`${path}.new`, content, { mode: 0o600, flush: true });
      await rename(`${path}.new`, path);
    } catch (error) {
      // On a disk that is full half a file takes the room of something whole.
      await rm(`${path}.new`, { force: true }).catch(() => {});
      throw error;
    }
  }

  #named(): ReadonlySet<string> {
    return new Set([...this.#entries.values()].flatMap(({ record }) => record.history.map((version) => version.sha256)));
  }

  async #forget(named: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const [, sha256] = /^([0-9a-f]{64})\.wasm(\.map|\.sig)?$/.exec(name) ?? [];
      if (sha256 !== undefined && !named.has(sha256)) await rm(join(this.#folder, name), { force: true });
    }
  }
}

function keyOf(route: string, plugin: string): string {
  return JSON.stringify([route, plugin]);
}

function unreadable(file: string, error: Error): HostError {
  return new HostError('CONFIG_INVALID', `${file}, in which plugin versions and approvals are kept, cannot be read: ${error.message}`, {
    cause: error,
    hint: 'Restore it, or move it away: then histories and approvals start anew.',
  });
}
