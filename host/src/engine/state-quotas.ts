import type { StateStore } from '../state/state-store.js';
import { createSeats, QUOTA_CELLS, QuotaKeeper, type QuotaMemory, type QuotaSeats } from './state-quota.js';
import type { StateChange } from './state-replica.js';

/**
 * The quotas of all plugins, beside the store whose bytes they count. What changes the store passes here, so that no thread ever takes
 * room for free that it is not.
 */
export class StateQuotas {
  readonly seats: QuotaSeats;
  readonly #seats: Int32Array;
  readonly #state: StateStore;
  /** For ever: a few kilobytes for each name that a plugin had. */
  readonly #keepers = new Map<string, QuotaKeeper>();
  /** Bytes that the store has forgotten, and threads may still count with. */
  readonly #withheld = new Map<string, number>();
  readonly #freeCells = Array.from({ length: QUOTA_CELLS }, (_, cell) => cell);

  constructor(state: StateStore, workers: number) {
    this.#state = state;
    this.seats = createSeats(workers);
    this.#seats = new Int32Array(this.seats);
  }

  of(plugin: string): QuotaMemory {
    let keeper = this.#keepers.get(plugin);
    if (keeper === undefined) {
      keeper = new QuotaKeeper();
      keeper.store(this.#stored(plugin));
      this.#keepers.set(plugin, keeper);
    }
    return keeper.memory;
  }

  /** For a new thread. */
  takeCell(): number {
    const cell = this.#freeCells.shift();
    if (cell === undefined) throw new RangeError(`${QUOTA_CELLS} worker threads have not ended yet`);
    for (const keeper of this.#keepers.values()) keeper.clear(cell);
    return cell;
  }

  /** Its thread has ended. */
  freeCell(cell: number): void {
    this.#freeCells.push(cell);
  }

  /** From now on the thread with this cell holds the place. What the one before it had reserved counts no longer: none of that comes to the store. */
  seat(worker: number, cell: number): void {
    Atomics.store(this.#seats, worker, cell);
  }

  /** What a thread has changed counts now, in the store too. */
  accept(cell: number, { writes, now, growth }: StateChange): void {
    if (writes.length > 0) this.#state.apply(writes, now);
    for (const change of growth) this.#keepers.get(change.plugin)?.accept(cell, change, this.#stored(change.plugin));
  }

  /**
   * Has the store forget entries of its own accord that frames under way may count with, or have forgotten too and used their room already:
   * so that becomes free only when `settled` is called, after all that was under way in any thread has been accepted.
   */
  forgetting<T>(forget: () => T): { readonly result: T; readonly settled: () => void } {
    const plugins = [...this.#keepers.keys()];
    const before = plugins.map((plugin) => this.#state.bytes(plugin));
    const result = forget();
    const gone = plugins.map((plugin, index) => (before[index] ?? 0) - this.#state.bytes(plugin));
    for (const [index, plugin] of plugins.entries()) this.#withhold(plugin, gone[index] ?? 0);
    return {
      result,
      settled: () => {
        for (const [index, plugin] of plugins.entries()) this.#withhold(plugin, -(gone[index] ?? 0));
        this.refresh();
      },
    };
  }

  /** The store has changed, and nothing that is under way has to do with what has. */
  refresh(): void {
    for (const [plugin, keeper] of this.#keepers) keeper.store(this.#stored(plugin));
  }

  #stored(plugin: string): number {
    return this.#state.bytes(plugin) + (this.#withheld.get(plugin) ?? 0);
  }

  #withhold(plugin: string, bytes: number): void {
    const withheld = (this.#withheld.get(plugin) ?? 0) + bytes;
    if (withheld === 0) this.#withheld.delete(plugin);
    else this.#withheld.set(plugin, withheld);
  }
}
