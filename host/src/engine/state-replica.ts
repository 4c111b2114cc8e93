import { StateMemoryStore } from '../state/state-memory.js';
import type { StateEntry, StateFilter, StateKey, StateStore, StateWrite } from '../state/state-store.js';
import { type QuotaMemory, type QuotaSeats, QuotaTaker, type StateGrowth } from './state-quota.js';

/** What a thread has changed in its replica apart from a frame's result, for the store to follow. */
export interface StateChange {
  readonly writes: readonly StateWrite[];
  /** Milliseconds since the epoch: as of when. */
  readonly now: number;
  readonly growth: readonly StateGrowth[];
}

const NO_GROWTH: readonly StateGrowth[] = Object.freeze([]);

/** A plugin's share of the replica. */
interface Share {
  readonly plugin: string;
  readonly quota: QuotaTaker;
  /** Bytes before the frame that runs, if it has to do with this plugin's state. */
  before: number;
  touched: boolean;
}

/**
 * A worker thread's part of the store. What its frames write takes its room from the plugin's quota, which all threads share; what the main
 * thread gives it or takes away is in the store already and costs none. What expires here goes from the store at the same place among the frames.
 */
export class StateReplica implements StateStore {
  readonly #entries = new StateMemoryStore();
  readonly #shares = new Map<string, Share>();
  readonly #seats: QuotaSeats;
  readonly #cell: number;
  readonly #changed: (change: StateChange) => void;
  #touched: Share[] = [];
  #connection = '';

  /** `changed` is told at once: before the result of the frame that runs. */
  constructor(seats: QuotaSeats, cell: number, changed: (change: StateChange) => void) {
    this.#seats = seats;
    this.#cell = cell;
    this.#changed = changed;
  }

  /** Before the first frame of that plugin. */
  limit(plugin: string, quota: QuotaMemory): void {
    if (this.#shares.has(plugin)) return;
    this.#shares.set(plugin, { plugin, quota: new QuotaTaker(plugin, quota, this.#seats, this.#cell), before: 0, touched: false });
  }

  /** From now on a frame of this connection runs. */
  begin(connection: string): void {
    this.#connection = connection;
  }

  get(key: StateKey, now: number): StateEntry | undefined {
    return this.#entries.get(key, now);
  }

  fits(plugin: string, growth: number, limit: number, now: number): boolean {
    const { quota } = this.#touch(plugin);
    return quota.reserve(growth, limit) || (this.#sweep(now, plugin) > 0 && quota.reserve(growth, limit));
  }

  /** Takes a frame's writes, all at once. Returns how the plugins' bytes have changed. */
  settle(writes: readonly StateWrite[], now: number): readonly StateGrowth[] {
    if (writes.length > 0) {
      let share: Share | undefined;
      for (const { key } of writes) if (share?.plugin !== key.plugin) share = this.#touch(key.plugin);
      this.#entries.apply(writes, now);
    }
    if (this.#touched.length === 0) return NO_GROWTH;
    const growth: StateGrowth[] = [];
    for (const share of this.#touched) {
      share.touched = false;
      const change = share.quota.settle(this.bytes(share.plugin) - share.before);
      if (change !== undefined) growth.push(change);
    }
    this.#touched = [];
    return growth;
  }

  /** Nothing comes of the frame that ran. */
  abandon(now: number): void {
    const growth = this.settle([], now);
    if (growth.length > 0) this.#changed({ writes: [], now, growth });
  }

  /** What the store has already. */
  apply(writes: readonly StateWrite[], now: number): void {
    this.#entries.apply(writes, now);
  }

  bytes(plugin: string): number {
    return this.#entries.bytes(plugin);
  }

  entries(filter: StateFilter, now: number): Iterable<[StateKey, StateEntry]> {
    return this.#entries.entries(filter, now);
  }

  expired(now: number): readonly StateKey[] {
    return this.#entries.expired(now);
  }

  /** What the store forgets by itself. */
  wipe(filter: StateFilter): number {
    return this.#entries.wipe(filter);
  }

  /** What has gone is no room before the store says so: it may be of a connection that is elsewhere already. */
  sweep(now: number): number {
    return this.#sweep(now, undefined);
  }

  /**
   * `user`: the plugin whose frame may use the room at once. Of what connections have for themselves only what this one has: the others may be
   * elsewhere already. All that they share stays where it is as long as a frame runs.
   */
  #sweep(now: number, user: string | undefined): number {
    const keys = this.#entries.expired(now);
    if (keys.length === 0) return 0;
    const usable: StateWrite[] = [];
    const rest: StateWrite[] = [];
    for (const key of keys) {
      const isUsable = key.plugin === user && (key.scope !== 'connection' || key.owner === this.#connection);
      (isUsable ? usable : rest).push({ kind: 'delete', key });
    }
    this.#drop(rest, now);
    const growth = user === undefined || usable.length === 0 ? NO_GROWTH : [this.#share(user).quota.shrink(this.#drop(usable, now, user))];
    this.#changed({ writes: [...rest, ...usable], now, growth });
    return usable.length;
  }

  /** The frame that runs has not done it. Returns how many bytes of that plugin have gone. */
  #drop(deletes: readonly StateWrite[], now: number, plugin = ''): number {
    const before = this.bytes(plugin);
    for (const share of this.#touched) share.before -= this.bytes(share.plugin);
    this.#entries.apply(deletes, now);
    for (const share of this.#touched) share.before += this.bytes(share.plugin);
    return before - this.bytes(plugin);
  }

  #touch(plugin: string): Share {
    const share = this.#share(plugin);
    if (share.touched) return share;
    share.touched = true;
    share.before = this.bytes(plugin);
    this.#touched.push(share);
    return share;
  }

  #share(plugin: string): Share {
    const share = this.#shares.get(plugin);
    if (share === undefined) throw new RangeError(`the state of plugin "${plugin}" has no quota here`);
    return share;
  }
}
