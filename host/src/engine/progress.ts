const TICKET = 0;
const FRAME = 1;
const CHAIN = 2;
const PLUGIN = 3;
const WORDS = 4;
const TIME_OFFSET = WORDS * Int32Array.BYTES_PER_ELEMENT;

/** One plugin call that is running: the frame's sequence number, the chain's number and the plugin's index in it. */
export interface RunningCall {
  /** Never the same for two calls of one worker. */
  readonly ticket: number;
  readonly sequence: number;
  readonly chain: number;
  readonly plugin: number;
  /** Milliseconds of {@link monotonicNow}. */
  readonly since: number;
}

export function createProgress(): SharedArrayBuffer {
  return new SharedArrayBuffer(TIME_OFFSET + Float64Array.BYTES_PER_ELEMENT);
}

const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds of a clock that all threads of the process share and that never jumps. */
export function monotonicNow(): number {
  return origin + performance.now();
}

/**
 * Written by the worker, read by the main thread: which plugin call runs. The ticket grows at each start and each end, so it is odd
 * while a call runs; the other words change only while it is even, so whoever reads the same odd ticket twice has read one call whole.
 */
export class ProgressWriter {
  readonly #words: Int32Array;
  readonly #since: Float64Array;
  #ticket = 0;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, WORDS);
    this.#since = new Float64Array(shared, TIME_OFFSET, 1);
  }

  /** Between calls only. */
  frame(sequence: number, chain: number): void {
    Atomics.store(this.#words, FRAME, sequence);
    Atomics.store(this.#words, CHAIN, chain);
  }

  /** `since`: when the call started, on {@link monotonicNow}. */
  enter(plugin: number, since: number): void {
    // Not atomic, but before the ticket's store and never while the ticket is odd.
    this.#since[0] = since;
    Atomics.store(this.#words, PLUGIN, plugin);
    this.#ticket = (this.#ticket + 1) | 0;
    Atomics.store(this.#words, TICKET, this.#ticket);
  }

  leave(): void {
    this.#ticket = (this.#ticket + 1) | 0;
    Atomics.store(this.#words, TICKET, this.#ticket);
  }
}

export class ProgressReader {
  readonly #words: Int32Array;
  readonly #since: Float64Array;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, WORDS);
    this.#since = new Float64Array(shared, TIME_OFFSET, 1);
  }

  /** The call that runs at this moment, if there is one. */
  running(): RunningCall | undefined {
    const ticket = Atomics.load(this.#words, TICKET);
    if ((ticket & 1) === 0) return undefined;
    const sequence = Atomics.load(this.#words, FRAME) >>> 0;
    const chain = Atomics.load(this.#words, CHAIN);
    const plugin = Atomics.load(this.#words, PLUGIN);
    const since = this.#since[0] ?? 0;
    // It has ended while we read: nothing has been running for long.
    if (Atomics.load(this.#words, TICKET) !== ticket) return undefined;
    return { ticket, sequence, chain, plugin, since };
  }
}
