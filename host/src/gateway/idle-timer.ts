/** Calls `idle` once nothing has touched it for `timeoutMs`. Touching costs a clock read, not a timer. 0: never. */
export class IdleTimer {
  readonly #timeoutMs: number;
  readonly #idle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #touchedAt = performance.now();

  constructor(timeoutMs: number, idle: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#idle = idle;
    if (timeoutMs > 0) this.#wait(timeoutMs);
  }

  touch(): void {
    if (this.#timer !== undefined) this.#touchedAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#timeoutMs - (performance.now() - this.#touchedAt);
      if (left > 1) this.#wait(left);
      else this.#idle();
    }, ms).unref();
  }
}
