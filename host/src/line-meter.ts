const WINDOW_MS = 1_000;

/** Counts lines that somebody else can cause, so many a second. */
export class LineMeter {
  readonly #most: number;
  readonly #now: () => number;
  #since = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #left = 0;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /**
   * Counts one more. `write`: whether there is room for it; `first`: it is the first in its second for which there is none;
   * `left`: how many were left out before it, told once.
   */
  take(): { readonly write: boolean; readonly first: boolean; readonly left: number } {
    const time = this.#now();
    let left = 0;
    if (time - this.#since >= WINDOW_MS) {
      left = this.#left;
      this.#since = time;
      this.#lines = 0;
      this.#left = 0;
    }
    this.#lines += 1;
    const write = this.#lines <= this.#most;
    if (!write) this.#left += 1;
    return { write, first: this.#left === 1 && !write, left };
  }
}
