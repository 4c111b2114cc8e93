import { STATE_STATUS } from '@framegate/sdk/abi';
import { readDecimal, writeDecimal } from './state-number.js';
import type { StateEntry, StateKey, StateStore, StateWrite } from './state-store.js';

/** Bytes of a key, as UTF-8. */
export const MAX_KEY_BYTES = 512;

const NO_WRITES: readonly StateWrite[] = Object.freeze([]);

interface Undo {
  readonly id: string;
  readonly plugin: string;
  readonly before: StateEntry | null | undefined;
  readonly bytes: number;
}

/**
 * One frame's view of the state at a fixed time: reads see the store and the frame's own writes; nothing reaches the
 * store before somebody applies {@link writes}. Costs nothing but itself while nothing is written.
 */
export class StateTransaction {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly #store: StateStore;
  /** What this frame wrote; null = deleted. */
  #overlay: Map<string, StateEntry | null> | undefined;
  #writes: StateWrite[] | undefined;
  #undo: Undo[] | undefined;
  /** Bytes by which each plugin's state grows with these writes. */
  #growth: Map<string, number> | undefined;

  constructor(store: StateStore, now: number) {
    this.#store = store;
    this.now = now;
  }

  get(key: StateKey): StateEntry | undefined {
    if (this.#overlay) {
      const own = this.#overlay.get(idOf(key));
      if (own !== undefined) return own && isLive(own, this.now) ? own : undefined;
    }
    return this.#store.get(key, this.now);
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
    if (!this.#writes || !this.#undo || !this.#overlay || !this.#growth) return;
    while (this.#writes.length > savepoint) {
      this.#writes.pop();
      const undo = this.#undo.pop();
      if (!undo) return;
      if (undo.before === undefined) this.#overlay.delete(undo.id);
      else this.#overlay.set(undo.id, undo.before);
      this.#growth.set(undo.plugin, (this.#growth.get(undo.plugin) ?? 0) - undo.bytes);
    }
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
    const whole = (this.#growth?.get(plugin) ?? 0) + growth;
    return this.#store.fits(plugin, whole, stateBytes, this.now);
  }

  #record(write: StateWrite, entry: StateEntry | null, bytes: number): void {
    this.#overlay ??= new Map();
    this.#writes ??= [];
    this.#undo ??= [];
    this.#growth ??= new Map();
    const id = idOf(write.key);
    const { plugin } = write.key;
    this.#undo.push({ id, plugin, before: this.#overlay.get(id), bytes });
    this.#writes.push(write);
    this.#overlay.set(id, entry);
    this.#growth.set(plugin, (this.#growth.get(plugin) ?? 0) + bytes);
  }
}

function isLive(entry: StateEntry, now: number): boolean {
  return entry.expiresAt === 0 || entry.expiresAt > now;
}

/** Text that no other key has. Lengths first: no owner or key can spell another one's. */
export function idOf(key: StateKey): string {
  return `${key.plugin.length}:${key.owner.length}:${key.scope}:${key.plugin}${key.owner}${key.key}`;
}
