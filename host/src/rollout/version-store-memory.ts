import { HostError } from '../errors.js';
import type { PluginFile, PluginRecord, VersionStore } from './version-store.js';

/** Goes with the process. */
export class MemoryVersionStore implements VersionStore {
  readonly #records = new Map<string, PluginRecord>();
  readonly #files = new Map<string, PluginFile>();

  record(route: string, plugin: string): PluginRecord | undefined {
    return this.#records.get(JSON.stringify([route, plugin]));
  }

  records(route: string): ReadonlyMap<string, PluginRecord> {
    const entries = [...this.#records].map(([key, record]) => [...(JSON.parse(key) as [string, string]), record] as const);
    return new Map(entries.filter(([of]) => of === route).map(([, plugin, record]) => [plugin, record]));
  }

  unkept(): undefined {
    return undefined;
  }

  async save(route: string, plugin: string, record: PluginRecord, files: ReadonlyMap<string, PluginFile> = new Map()): Promise<void> {
    this.#records.set(JSON.stringify([route, plugin]), record);
    for (const [sha256, file] of files) this.#files.set(sha256, { ...this.#files.get(sha256), ...file });
    const named = new Set([...this.#records.values()].flatMap(({ history }) => history.map((version) => version.sha256)));
    for (const sha256 of this.#files.keys()) if (!named.has(sha256)) this.#files.delete(sha256);
  }

  async file(sha256: string): Promise<PluginFile> {
    const file = this.#files.get(sha256);
    if (file === undefined) throw new HostError('PLUGIN_NOT_FOUND', `The version ${sha256} is not kept any more.`);
    return file;
  }
}
