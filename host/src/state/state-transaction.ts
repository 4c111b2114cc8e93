import { STATE_STATUS } from '@framegate/sdk/abi';
import { readDecimal, writeDecimal } from './state-number.js';
import type { StateEntry, StateKey, StateStore, StateWrite } from './state-store.js';

/** Bytes of a key, as UTF-8. */
export const MAX_KEY_BYTES = 512;

const NO_WRITES: readonly StateWrite[] = Object.freeze([]);

/** What one of the frame's own writes has made of its key. */
interface Own {
  readonly key: StateKey;
  /** null = deleted. */
  readonly entry: StateEntry | null;
  /** Bytes by which the state of the key's plugin grows with all of the frame's writes up to this one. */
  readonly growth: number;
}

/** So many writes are looked through one by one; more have an index. */
const FEW_WRITES = 8;

/**
 * One frame's view of the state at a fixed time: reads see the store and the frame's own writes; nothing reaches the
 * store before somebody applies {@link writes}. Costs nothing but itself while nothing is written.
 */
export class StateTransaction {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly #store: StateStore;
  #writes: StateWrite[] | undefined;
  /** One for each of the writes. */
  #own: Own[] | undefined;
  #byId: Map<string, StateEntry | null> | undefined;
  /** What the store was asked last, and has: most keys are read right before they are written. */
  #asked: StateKey | undefined;
  #found: StateEntry | undefined;

  constructor(store: StateStore, now: number) {
    this.#store = store;
    this.now = now;
  }

  get(key: StateKey): StateEntry | undefined {
    const own = this.#own && this.#last(this.#own, key);
    if (own !== undefined) return own && isLive(own, this.now) ? own : undefined;
    if (key !== this.#asked) {
      this.#found = this.#store.get(key, this.now);
      this.#asked = key;
    }
    return this.#found;
  }

  /** `ttlMs` 0: for ever; negative: gone at once. `stateBytes` caps the plugin's keys and values together. Returns 0 or a STATE_STATUS. The value is kept, not copied. */
  set(key: StateKey, value: Uint8Array, ttlMs: number, stateBytes: number): number {
    const keyBytes = Buffer.byteLength(key.key);
    if (keyBytes > MAX_KEY_BYTES || value.length > stateBytes) return STATE_STATUS.tooLarge;
    const growth = this.#sizeChange(key, keyBytes, value.length);
    if (!this.#fits(key.plugin, growth, stateBytes)) return STATE_STATUS.full;
    const expiresAt = this.#expiry(ttlMs);
    this.#record({ kind: 'set', key, value, expiresAt }, { value, expiresAt }, growth);
    return 0;
  }

  /** 1 if it was there, else 0. */
  delete(key: StateKey): number {
    const before = this.get(key);
    if (!before) return 0;
    this.#record({ kind: 'delete', key }, null, -(Buffer.byteLength(key.key) + before.value.length));
    return 1;
  }

  /** The new number; `ttlMs` counts only if the key is created. NaN: refused (a cap), or the value or the sum is not a finite number. */
  add(key: StateKey, delta: number, ttlMs: number, stateBytes: number): number {
    const keyBytes = Buffer.byteLength(key.key);
    const before = this.get(key);
    const sum = (before ? readDecimal(before.value) : 0) + delta;
    if (keyBytes > MAX_KEY_BYTES || !Number.isFinite(sum)) return Number.NaN;
    const value = writeDecimal(sum);
    const growth = this.#sizeChange(key, keyBytes, value.length);
    if (!this.#fits(key.plugin, growth, stateBytes)) return Number.NaN;
    const expiresAt = this.#expiry(ttlMs);
    this.#record({ kind: 'add', key, delta, expiresAt }, { value, expiresAt: before ? before.expiresAt : expiresAt }, growth);
    return sum;
  }

  /** Milliseconds left, Infinity if it stays, or STATE_STATUS.absent. */
  ttl(key: StateKey): number {
    const entry = this.get(key);
    if (!entry) return STATE_STATUS.absent;
    return entry.expiresAt === 0 ? Number.POSITIVE_INFINITY : entry.expiresAt - this.now;
  }

  /** A point to {@link rollback} to. */
  savepoint(): number {
    return this.#writes?.length ?? 0;
  }

  /** Forgets every write since that savepoint. */
  rollback(savepoint: number): void {
    if (!this.#writes || !this.#own) return;
    this.#writes.length = this.#own.length = Math.min(savepoint, this.#own.length);
    this.#byId = undefined;
  }

  /** What the frame wrote, in order, for `StateStore.apply`. */
  writes(): readonly StateWrite[] {
    return this.#writes ?? NO_WRITES;
  }

  #expiry(ttlMs: number): number {
    // a time already past must not come to mean: for ever
    return ttlMs !== 0 && Number.isFinite(ttlMs) ? Math.max(1, this.now + ttlMs) : 0;
  }

  #sizeChange(key: StateKey, keyBytes: number, valueBytes: number): number {
    const before = this.get(key);
    return before ? valueBytes - before.value.length : keyBytes + valueBytes;
  }

  #fits(plugin: string, growth: number, stateBytes: number): boolean {
    if (growth <= 0) return true;
    return this.#store.fits(plugin, this.#growth(plugin) + growth, stateBytes, this.now);
  }

  #growth(plugin: string): number {
    return this.#own?.findLast(({ key }) => key.plugin === plugin)?.growth ?? 0;
  }

  #record(write: StateWrite, entry: StateEntry | null, bytes: number): void {
    this.#writes ??= [];
    this.#own ??= [];
    const { key } = write;
    const growth = this.#growth(key.plugin) + bytes;
    this.#writes.push(write);
    this.#own.push({ key, entry, growth });
    this.#byId?.set(idOf(key), entry);
  }

  /** What the frame's last write of this key has made of it; `undefined`: it has written none. */
  #last(own: readonly Own[], key: StateKey): StateEntry | null | undefined {
    if (own.length <= FEW_WRITES) return own.findLast((other) => isSame(other.key, key))?.entry;
    this.#byId ??= new Map(own.map((other) => [idOf(other.key), other.entry]));
    return this.#byId.get(idOf(key));
  }
}

function isSame(a: StateKey, b: StateKey): boolean {
  return a.key === b.key && a.owner === b.owner && a.scope === b.scope && a.plugin === b.plugin;
}

function isLive(entry: StateEntry, now: number): boolean {
  return entry.expiresAt === 0 || entry.expiresAt > now;
}

/** Text that no other key has. Lengths first: no owner or key can spell another one's. */
export function idOf(key: StateKey): string {
  return `${key.plugin.length}:${key.owner.length}:${key.scope}:${key.plugin}${key.owner}${key.key}`;
}
