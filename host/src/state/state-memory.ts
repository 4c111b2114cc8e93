import type { StateScope } from '@framegate/sdk/abi';
import { readDecimal, writeDecimal } from './state-number.js';
import type { StateEntry, StateFilter, StateKey, StateStore, StateWrite } from './state-store.js';

type Entries = Map<string, StateEntry>;

interface PluginShelf {
  bytes: number;
  /** No entry of this plugin expires before it; Infinity if none ever does. Lets a search pass by. */
  earliestExpiry: number;
  readonly scopes: Map<StateScope, Map<string, Entries>>;
}

/** State in this process's memory. Everything is lost with the process; a value is kept by reference and must not be changed. */
export class StateMemoryStore implements StateStore {
  readonly #shelves = new Map<string, PluginShelf>();

  get(key: StateKey, now: number): StateEntry | undefined {
    const entry = this.#find(key);
    return entry && isLive(entry, now) ? entry : undefined;
  }

  apply(writes: readonly StateWrite[], now: number): void {
    const [first] = writes;
    // One alone happens, or throws before it does.
    if (writes.length === 1 && first !== undefined) this.#write(first, now);
    else if (writes.length > 1) this.#applyAll(writes, now);
  }

  #applyAll(writes: readonly StateWrite[], now: number): void {
    const undo: [StateKey, StateEntry | undefined][] = [];
    try {
      for (const write of writes) {
        undo.push([write.key, this.#find(write.key)]);
        this.#write(write, now);
      }
    } catch (error) {
      for (const [key, entry] of undo.reverse()) this.#put(key, entry);
      throw error;
    }
  }

  #write(write: StateWrite, now: number): void {
    if (write.kind === 'delete') this.#put(write.key, undefined);
    else this.#put(write.key, write.kind === 'set' ? write : this.#sum(write, now));
  }

  bytes(plugin: string): number {
    return this.#shelves.get(plugin)?.bytes ?? 0;
  }

  *entries(filter: StateFilter, now: number): Iterable<[StateKey, StateEntry]> {
    for (const [key, entry] of this.#all(filter)) if (isLive(entry, now)) yield [key, entry];
  }

  wipe(filter: StateFilter): number {
    let count = 0;
    for (const [key] of this.#all(filter)) {
      this.#put(key, undefined);
      count++;
    }
    return count;
  }

  fits(plugin: string, growth: number, limit: number, now: number): boolean {
    return this.bytes(plugin) + growth <= limit || (this.sweep(now) > 0 && this.bytes(plugin) + growth <= limit);
  }

  expired(now: number): readonly StateKey[] {
    return this.#expired(now, true);
  }

  sweep(now: number): number {
    const keys = this.#expired(now, false);
    for (const key of keys) this.#put(key, undefined);
    return keys.length;
  }

  /** `stay`: they may be searched for again. */
  #expired(now: number, stay: boolean): readonly StateKey[] {
    const keys: StateKey[] = [];
    for (const [plugin, shelf] of this.#shelves) {
      if (shelf.earliestExpiry > now) continue;
      shelf.earliestExpiry = Number.POSITIVE_INFINITY;
      for (const [key, entry] of this.#all({ plugin })) {
        const live = isLive(entry, now);
        if (!live) keys.push(key);
        if (entry.expiresAt !== 0 && (live || stay)) shelf.earliestExpiry = Math.min(shelf.earliestExpiry, entry.expiresAt);
      }
    }
    return keys;
  }

  #sum(write: Extract<StateWrite, { kind: 'add' }>, now: number): StateEntry {
    const before = this.get(write.key, now);
    const sum = (before ? readDecimal(before.value) : 0) + write.delta;
    if (!Number.isFinite(sum)) {
      throw new TypeError(
        `state key "${write.key.key}" of plugin "${write.key.plugin}" is not a number that ${write.delta} can be added to`,
      );
    }
    return { value: writeDecimal(sum), expiresAt: before ? before.expiresAt : write.expiresAt };
  }

  #find(key: StateKey): StateEntry | undefined {
    return this.#shelves.get(key.plugin)?.scopes.get(key.scope)?.get(key.owner)?.get(key.key);
  }

  #put(key: StateKey, entry: StateEntry | undefined): void {
    const shelf = entry ? getOrMake(this.#shelves, key.plugin, makeShelf) : this.#shelves.get(key.plugin);
    if (!shelf) return;
    const owners = getOrMake(shelf.scopes, key.scope, makeMap<Entries>);
    const entries = getOrMake(owners, key.owner, makeMap<StateEntry>);
    const before = entries.get(key.key);
    if (entry) {
      shelf.bytes += before ? entry.value.length - before.value.length : Buffer.byteLength(key.key) + entry.value.length;
      if (entry.expiresAt !== 0) shelf.earliestExpiry = Math.min(shelf.earliestExpiry, entry.expiresAt);
      entries.set(key.key, { value: entry.value, expiresAt: entry.expiresAt });
      return;
    }
    if (before) shelf.bytes -= Buffer.byteLength(key.key) + before.value.length;
    entries.delete(key.key);
    if (entries.size > 0) return;
    owners.delete(key.owner);
    if (owners.size > 0) return;
    shelf.scopes.delete(key.scope);
    if (shelf.scopes.size === 0) this.#shelves.delete(key.plugin);
  }

  /** Deleting the entry just yielded is safe. */
  *#all(filter: StateFilter): Iterable<[StateKey, StateEntry]> {
    for (const [plugin, shelf] of only(this.#shelves, filter.plugin)) {
      for (const [scope, owners] of only(shelf.scopes, filter.scope)) {
        for (const [owner, entries] of only(owners, filter.owner)) {
          for (const [key, entry] of entries) yield [{ plugin, scope, owner, key }, entry];
        }
      }
    }
  }
}

function isLive(entry: StateEntry, now: number): boolean {
  return entry.expiresAt === 0 || entry.expiresAt > now;
}

function makeShelf(): PluginShelf {
  return { bytes: 0, earliestExpiry: Number.POSITIVE_INFINITY, scopes: new Map() };
}

function makeMap<V>(): Map<string, V> {
  return new Map();
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** The whole map, or the one entry of it that a filter names. */
function only<K, V>(map: Map<K, V>, key: K | undefined): Iterable<[K, V]> {
  if (key === undefined) return map;
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}
