import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AdminError } from './admin-error.js';

/** How much one address may ask in a minute. */
export class RequestLimit {
  readonly #requests: RateLimiterMemory;

  constructor(requestsPerMinute: number) {
    this.#requests = new RateLimiterMemory({ points: requestsPerMinute, duration: 60 });
  }

  /** Rejects with a {@link Throttled} if the address has used it up. */
  async admit(address: string): Promise<void> {
    await this.#requests.consume(address).catch((answer: unknown) => {
      throw answer instanceof RateLimiterRes ? new Throttled(answer.msBeforeNext) : answer;
    });
  }
}

/** How often one address may be wrong about who it is in a minute. */
export class GuessLimit {
  readonly #failures: RateLimiterMemory;

  constructor(failuresPerMinute: number) {
    this.#failures = new RateLimiterMemory({ points: failuresPerMinute, duration: 60 });
  }

  /** Rejects with a {@link Throttled} if it was too often. To be asked before anything is checked: not even a right key passes then. */
  async admit(address: string): Promise<void> {
    const failures = await this.#failures.get(address);
    if (failures !== null && failures.remainingPoints <= 0) throw new Throttled(failures.msBeforeNext);
  }

  async failed(address: string): Promise<void> {
    await this.#failures.consume(address).catch((answer: unknown) => {
      if (!(answer instanceof RateLimiterRes)) throw answer;
    });
  }
}

export class Throttled extends AdminError {
  readonly retryAfterSeconds: number;

  constructor(ms: number) {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    super(429, 'throttled', `Too many requests from this address; try again in ${seconds} s.`);
    this.retryAfterSeconds = seconds;
  }
}
