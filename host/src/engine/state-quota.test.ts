import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeats, QuotaKeeper, QuotaTaker, type StateGrowth } from './state-quota.js';

const LIMIT = 100;
const WORKERS = 3;

/** A thread as its quota sees it: frames that have run, and of those that have been accepted how many bytes they left. */
interface Thread {
  readonly cell: number;
  readonly taker: QuotaTaker;
  /** Bytes after the frames that have run. */
  bytes: number;
  readonly answers: StateGrowth[];
}

/** Threads that share a quota, and a main thread that accepts what they have done when it gets to it. */
class Party {
  readonly #seats = createSeats(WORKERS);
  readonly #keeper = new QuotaKeeper();
  readonly #stored = Array.from({ length: WORKERS }, () => 0);
  readonly #threads: Thread[];
  #nextCell = 0;

  constructor() {
    this.#threads = this.#stored.map((_, worker) => this.#seat(worker));
  }

  get stored(): number {
    return this.#stored.reduce((sum, bytes) => sum + bytes);
  }

  get threads(): readonly Thread[] {
    return this.#threads;
  }

  /** Runs a frame that would have the state so large, by way of these sizes. Returns whether it has got there. */
  frame(worker: number, sizes: readonly number[]): boolean {
    const thread = this.#thread(worker);
    let size = thread.bytes;
    let refused = false;
    for (const next of sizes) {
      if (next > size && !thread.taker.reserve(next - thread.bytes, LIMIT)) refused = true;
      else size = next;
    }
    const growth = thread.taker.settle(size - thread.bytes);
    thread.bytes = size;
    if (growth !== undefined) thread.answers.push(growth);
    return !refused;
  }

  accept(worker: number): void {
    const thread = this.#thread(worker);
    const growth = thread.answers.shift();
    if (growth === undefined) return;
    this.#stored[worker] = (this.#stored[worker] ?? 0) + growth.bytes;
    this.#keeper.accept(thread.cell, growth, this.stored);
  }

  /** Its frames that are not accepted have never been; another thread goes on from what is stored. */
  die(worker: number): void {
    this.#threads[worker] = this.#seat(worker);
  }

  #seat(worker: number): Thread {
    const cell = this.#nextCell++ % 256;
    this.#keeper.clear(cell);
    new Int32Array(this.#seats)[worker] = cell;
    return { cell, taker: new QuotaTaker('p', this.#keeper.memory, this.#seats, cell), bytes: this.#stored[worker] ?? 0, answers: [] };
  }

  #thread(worker: number): Thread {
    return this.#threads[worker] ?? expect.fail('there is no such worker');
  }
}

describe('state quota', () => {
  it('has all bytes of the limit and no more, whoever asks', () => {
    const party = new Party();
    expect([party.frame(0, [60]), party.frame(1, [41]), party.frame(1, [40]), party.frame(2, [1])]).toEqual([true, false, true, false]);
  });

  it('gives the bytes that a thread has freed to itself at once, and to others when that counts', () => {
    const party = new Party();
    party.frame(0, [100]);
    party.frame(0, [20]);
    expect([party.frame(1, [10]), party.frame(0, [90])]).toEqual([false, true]);
    for (const growth of [100, 20]) {
      party.accept(0);
      expect([party.stored, party.frame(1, [11])]).toEqual([growth, false]);
    }
    party.accept(0);
    expect([party.stored, party.frame(1, [11]), party.frame(1, [10])]).toEqual([90, false, true]);
  });

  it('forgets what a thread had reserved when another takes its place', () => {
    const party = new Party();
    party.frame(0, [100]);
    party.die(0);
    expect([party.frame(1, [100]), party.frame(0, [1])]).toEqual([true, false]);
  });

  it('is never exceeded in whatever order results are accepted and threads die, and loses nothing', () => {
    const worker = fc.nat({ max: WORKERS - 1 });
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          do: fc.constant('frame' as const),
          worker,
          sizes: fc.array(fc.nat({ max: LIMIT }), { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 7, arbitrary: fc.record({ do: fc.constant('accept' as const), worker }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), worker }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const party = new Party();
        for (const item of steps) {
          if (item.do === 'frame') party.frame(item.worker, item.sizes);
          else party[item.do](item.worker);
          expect(party.stored).toBeLessThanOrEqual(LIMIT);
        }
        for (const [index, { answers }] of party.threads.entries()) while (answers.length > 0) party.accept(index);
        const free = LIMIT - party.stored;
        const [first] = party.threads;
        const bytes = first?.bytes ?? 0;
        expect([party.frame(0, [bytes + free + 1]), party.frame(0, [bytes + free])]).toEqual([false, true]);
      }),
      { numRuns: 2000, verbose: 1 },
    );
  });
});
