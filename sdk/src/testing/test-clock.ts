/** The only clock a plugin under test sees. It stands still until the test moves it. */
export class TestClock {
  #now: number;

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds since the epoch, earlier ones too. */
  set(now: number): void {
    this.#now = now;
  }

  /** Moves the clock on by milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
