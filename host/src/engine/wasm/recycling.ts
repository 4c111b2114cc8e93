import type { PluginLimits } from '../engine.js';

/** With so much of the memory that it may grow by in use, an instance is replaced without waiting for a pause. */
const PRESSING = 3 / 4;

/** When one instance has served long enough: guests leak, and a fresh one costs little when it is made in a pause. */
export class Recycling {
  readonly #calls: number;
  readonly #ageMs: number;
  readonly #dueBytes: number;
  readonly #pressingBytes: number;
  #since: number | undefined;
  #served = 0;

  /** `initialBytes`: its memory after its set-up. */
  constructor({ recycle, memoryBytes }: PluginLimits, initialBytes: number) {
    this.#calls = recycle?.calls || Number.POSITIVE_INFINITY;
    this.#ageMs = recycle?.ageMs || Number.POSITIVE_INFINITY;
    this.#pressingBytes = initialBytes + Math.max(1, (memoryBytes - initialBytes) * PRESSING);
    // What it needs from the start is no leak.
    this.#dueBytes = recycle?.memoryBytes
      ? Math.max(initialBytes + 1, Math.min(recycle.memoryBytes, this.#pressingBytes))
      : Number.POSITIVE_INFINITY;
  }

  get calls(): number {
    return this.#served;
  }

  /** Counts a call; `now` in milliseconds. Says why the instance is to be replaced, if it is. */
  served(memoryBytes: number, now: number): string | undefined {
    this.#since ??= now;
    this.#served += 1;
    if (memoryBytes >= this.#dueBytes) return `its memory had grown to ${memoryBytes} bytes`;
    if (this.#served >= this.#calls) return 'of limits.recycle.calls';
    return now - this.#since >= this.#ageMs ? 'of limits.recycle.ageMs' : undefined;
  }

  /** Whether it may run out of memory before there is a pause. */
  isPressing(memoryBytes: number): boolean {
    return memoryBytes >= this.#pressingBytes;
  }
}
