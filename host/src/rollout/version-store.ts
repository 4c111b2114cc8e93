import type { Grant } from './capability-change.js';

/** `restored`: what the version `from` had changed was taken back. */
export interface StoredMigration {
  readonly kind: 'migrated' | 'restored';
  readonly from: string;
  readonly entries: number;
  readonly ms: number;
}

/** One version of a plugin file, as it is remembered. `sha256`: 64 hexadecimal digits of the file. */
export interface StoredVersion {
  readonly sha256: string;
  /** The manifest's version; absent for a plain Extism module. */
  readonly version?: string;
  /** Where it was read from. */
  readonly origin: string;
  /** Milliseconds since the epoch at which it first took traffic. */
  readonly since: number;
  /** What became of the state when it took over last. Absent: nothing. `ms`: that frames have waited. */
  readonly migration?: StoredMigration;
  /** Why it was taken out of service; such a version is not loaded again by itself. */
  readonly failed?: string;
}

/** What the store keeps for one plugin of one route. */
export interface PluginRecord {
  /** Each file once, the one that ran last first. */
  readonly history: readonly StoredVersion[];
  /** What an operator has agreed to. */
  readonly approved: readonly Grant[];
  /** What an operator has switched, where the configuration says otherwise. */
  readonly enabled?: boolean;
}

export interface PluginFile {
  readonly wasm: Uint8Array;
  /** As it lay beside the file (see SignedModule). A file that is saved again without one keeps the one it had. */
  readonly signature?: string;
  /** JSON source map. */
  readonly sourceMap?: string;
}

/**
 * Remembers every plugin's versions, with their files, and what was approved.
 * Guarantee: what `save` has resolved for is what `record` and `file` return, after a crash too where the store is on disk. What it has rejected
 * for they return as well, until the process ends; the next save tries to write it once more.
 */
export interface VersionStore {
  /** `undefined`: nothing is known of it yet. */
  record(route: string, plugin: string): PluginRecord | undefined;
  /** What is known of a route's plugins, by their names. */
  records(route: string): ReadonlyMap<string, PluginRecord>;
  /** Replaces the record. `files` are those that the store may not have yet, by SHA-256. Forgets files that no record names. */
  save(route: string, plugin: string, record: PluginRecord, files?: ReadonlyMap<string, PluginFile>): Promise<void>;
  /** Why this plugin's record would not be there after a restart; `undefined`: it would. */
  unkept(route: string, plugin: string): string | undefined;
  /** Rejects with PLUGIN_NOT_FOUND if it was forgotten or its bytes are not the ones that were stored. */
  file(sha256: string): Promise<PluginFile>;
}
