import type { StateEntry, StateKey, StateStore, StateWrite } from '../state/state-store.js';
import { StateTransaction } from '../state/state-transaction.js';
import { type RecordedAnswer, type RecordedEntry, recordEntry, recordKey } from './recording-format.js';

/** A frame's state while one plugin is recorded: it tells what a call saw that a replay of the calls before would not show it. */
export class RecordedState extends StateTransaction {
  readonly #inner: StateTransaction;
  readonly #model: StateStore;
  readonly #seen = new Set<string>();
  readonly #from: number;
  #places = 0;
  /** What the call found, where that is not what the model has. */
  readonly corrections: RecordedEntry[] = [];
  readonly refused: [place: number, status: number | null][] = [];

  /** `model`: what a replay has in its store before this call. */
  constructor(inner: StateTransaction, model: StateStore) {
    super(model, inner.now);
    this.#inner = inner;
    this.#model = model;
    this.#from = inner.savepoint();
  }

  override get(key: StateKey): StateEntry | undefined {
    this.#notice(key);
    return this.#inner.get(key);
  }

  override ttl(key: StateKey): number {
    this.#notice(key);
    return this.#inner.ttl(key);
  }

  override set(key: StateKey, value: Uint8Array, ttlMs: number, stateBytes: number): number {
    this.#notice(key);
    return this.#written(this.#inner.set(key, value, ttlMs, stateBytes));
  }

  override delete(key: StateKey): number {
    this.#notice(key);
    return this.#inner.delete(key);
  }

  override add(key: StateKey, delta: number, ttlMs: number, stateBytes: number): number {
    this.#notice(key);
    const sum = this.#inner.add(key, delta, ttlMs, stateBytes);
    this.#written(Number.isNaN(sum) ? Number.NaN : 0);
    return sum;
  }

  override savepoint(): number {
    return this.#inner.savepoint();
  }

  override rollback(savepoint: number): void {
    this.#inner.rollback(savepoint);
  }

  override writes(): readonly StateWrite[] {
    return this.#inner.writes();
  }

  /** What this call alone has written. */
  ownWrites(): readonly StateWrite[] {
    return this.#inner.writes().slice(this.#from);
  }

  #written(status: number): number {
    if (status !== 0) this.refused.push([this.#places, Number.isNaN(status) ? null : status]);
    this.#places += 1;
    return status;
  }

  /** The first look at a key comes before anything this call writes there. */
  #notice(key: StateKey): void {
    const id = JSON.stringify(recordKey(key));
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const real = this.#inner.get(key);
    const known = this.#model.get(key, this.now);
    if (!isSame(real, known)) this.corrections.push(recordEntry(key, real));
  }
}

/** A recorded call's state in a replay: writes are refused where they were, and nowhere else for want of room. */
export class ReplayedState extends StateTransaction {
  readonly #refused: ReadonlyMap<number, number | null>;
  #places = 0;

  constructor(store: StateStore, now: number, refused: RecordedAnswer['refused'] = []) {
    super(store, now);
    this.#refused = new Map(refused);
  }

  override set(key: StateKey, value: Uint8Array, ttlMs: number, stateBytes: number): number {
    const status = this.#refused.get(this.#places++);
    if (typeof status === 'number') return status;
    const result = super.set(key, value, ttlMs, stateBytes);
    return result === 0 || value.length > stateBytes ? result : super.set(key, value, ttlMs, Number.POSITIVE_INFINITY);
  }

  override add(key: StateKey, delta: number, ttlMs: number, stateBytes: number): number {
    if (this.#refused.has(this.#places++)) return Number.NaN;
    const sum = super.add(key, delta, ttlMs, stateBytes);
    return Number.isNaN(sum) ? super.add(key, delta, ttlMs, Number.POSITIVE_INFINITY) : sum;
  }
}

function isSame(one: StateEntry | undefined, other: StateEntry | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.expiresAt === other.expiresAt && Buffer.compare(one.value, other.value) === 0;
}
