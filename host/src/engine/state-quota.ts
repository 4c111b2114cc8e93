/** Bytes that the store has. */
const STORED = 0;
/** Bytes on their way from what is reserved to what is stored, or back: they may be in neither. */
const MOVING = 1;
/** Grows with every such move. */
const MOVES = 2;
const HEADER_WORDS = 3;
/** Bytes that a thread's frames have reserved, and that the store has not got yet. */
const RESERVED = 0;
/** Of the spare bytes that the thread has had: how many are used again or given back. Grows for ever, modulo 2³². */
const USED = 1;
const WORDS_A_CELL = 2;

/** One for each thread that has not ended, standbys and dying ones included. */
export const QUOTA_CELLS = 256;
/** Two threads that ask at the same moment stand in each other's way: so often do they look again. */
const ATTEMPTS = 8;
/** Sums that a move may spoil, one after the other. */
const SUMS = 1000;

/** Where each worker's thread counts, in shared memory: the cell of the thread that holds the place. */
export type QuotaSeats = SharedArrayBuffer;
/** One plugin's state in bytes, in shared memory. */
export type QuotaMemory = SharedArrayBuffer;

export function createSeats(workers: number): QuotaSeats {
  const seats = new SharedArrayBuffer(workers * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(seats).fill(-1);
  return seats;
}

function createQuota(): QuotaMemory {
  return new SharedArrayBuffer((HEADER_WORDS + QUOTA_CELLS * WORDS_A_CELL) * Int32Array.BYTES_PER_ELEMENT);
}

/** By how much one frame, or a sweep, has changed the bytes of a plugin's state. */
export interface StateGrowth {
  readonly plugin: string;
  /** Negative: so many bytes are free. */
  readonly bytes: number;
  /** Bytes that it had, or had reserved, and does not need: the thread may use them again at once, others when the store has taken them over. */
  readonly spare: number;
}

const wordOf = (cell: number, word: number): number => HEADER_WORDS + cell * WORDS_A_CELL + word;

/**
 * A thread's view of one plugin's quota. Guarantee: whatever threads reserve at the same time, what the store has and what is reserved
 * together never exceed the limit, so neither does the store, whichever results are accepted first and whichever thread dies.
 */
export class QuotaTaker {
  readonly #plugin: string;
  readonly #words: Int32Array;
  readonly #seats: Int32Array;
  readonly #cell: number;
  #spare = 0;
  #reserved = 0;

  constructor(plugin: string, quota: QuotaMemory, seats: QuotaSeats, cell: number) {
    this.#plugin = plugin;
    this.#words = new Int32Array(quota);
    this.#seats = new Int32Array(seats);
    this.#cell = cell;
  }

  /** Has the frame that runs reserve so many bytes altogether. False, and nothing has changed, if the limit does not allow it. */
  reserve(bytes: number, limit: number): boolean {
    const more = bytes - this.#reserved;
    if (more <= 0) return true;
    if (!this.#take(more, limit)) return false;
    this.#reserved = bytes;
    return true;
  }

  /** The frame is done, and the thread's state has grown by so many bytes. `undefined`: there is nothing to tell. */
  settle(bytes: number): StateGrowth | undefined {
    const spare = this.#reserved - bytes;
    this.#reserved = 0;
    return bytes === 0 && spare === 0 ? undefined : this.#grown(bytes, spare);
  }

  /** So many bytes have gone, whatever the frame that runs has reserved. */
  shrink(bytes: number): StateGrowth {
    return this.#grown(-bytes, bytes);
  }

  #grown(bytes: number, spare: number): StateGrowth {
    this.#spare = (this.#spare + spare) | 0;
    return { plugin: this.#plugin, bytes, spare };
  }

  /** First what the thread itself has left over, then what nobody has. */
  #take(bytes: number, limit: number): boolean {
    const reserved = wordOf(this.#cell, RESERVED);
    const used = wordOf(this.#cell, USED);
    let fresh = 0;
    for (let attempt = 0; ; ) {
      const taken = Atomics.load(this.#words, used);
      const missing = bytes - fresh - ((this.#spare - taken) | 0);
      if (missing > 0) {
        fresh += missing;
        Atomics.add(this.#words, reserved, missing);
        if (this.#total() > limit) {
          Atomics.sub(this.#words, reserved, fresh);
          attempt += 1;
          if (attempt >= ATTEMPTS || this.#total() + fresh > limit) return false;
          fresh = 0;
          continue;
        }
      }
      const again = bytes - fresh;
      if (again === 0 || Atomics.compareExchange(this.#words, used, taken, (taken + again) | 0) === taken) return true;
    }
  }

  /** Never too small, though others write meanwhile. */
  #total(): number {
    for (let sums = 0; sums < SUMS; sums++) {
      const moves = Atomics.load(this.#words, MOVES);
      let total = Atomics.load(this.#words, STORED) + Atomics.load(this.#words, MOVING);
      for (let worker = 0; worker < this.#seats.length; worker++) {
        const cell = Atomics.load(this.#seats, worker);
        if (cell >= 0) total += Atomics.load(this.#words, wordOf(cell, RESERVED));
      }
      if (Atomics.load(this.#words, MOVES) === moves) return total;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** The main thread's view of one plugin's quota. It alone knows which results count. */
export class QuotaKeeper {
  readonly memory = createQuota();
  readonly #words = new Int32Array(this.memory);
  /** Spare bytes of each cell that the store has taken over; modulo 2³². */
  readonly #freed = new Int32Array(QUOTA_CELLS);

  /** The store has so many bytes. */
  store(bytes: number): void {
    Atomics.store(this.#words, STORED, bytes);
  }

  /** A thread's result counts now, and the store has so many bytes with it. */
  accept(cell: number, { bytes, spare }: StateGrowth, stored: number): void {
    // Whoever sums at the same time counts what moves twice rather than not at all, and sums again once it has moved.
    Atomics.store(this.#words, MOVING, Math.abs(bytes) + spare);
    Atomics.add(this.#words, MOVES, 1);
    Atomics.sub(this.#words, wordOf(cell, RESERVED), bytes + this.#free(cell, spare));
    this.store(stored);
    Atomics.add(this.#words, MOVES, 1);
    Atomics.store(this.#words, MOVING, 0);
  }

  /** For the next thread that gets this cell. */
  clear(cell: number): void {
    this.#freed[cell] = 0;
    Atomics.store(this.#words, wordOf(cell, RESERVED), 0);
    Atomics.store(this.#words, wordOf(cell, USED), 0);
  }

  /** Takes spare bytes away from a thread that has not used them again, the oldest first. Returns how many. */
  #free(cell: number, spare: number): number {
    this.#freed[cell] = (this.#freed[cell] ?? 0) + spare;
    const freed = this.#freed[cell] ?? 0;
    const used = wordOf(cell, USED);
    for (;;) {
      const before = Atomics.load(this.#words, used);
      const left = (freed - before) | 0;
      if (left <= 0) return 0;
      if (Atomics.compareExchange(this.#words, used, before, freed) === before) return left;
    }
  }
}
