import type { Logger } from '../logger.js';

/** serving: nothing has been asked. announced: not ready any more, clients are still served. closing: clients are being closed. closed: all are gone. */
export type DrainPhase = 'serving' | 'announced' | 'closing' | 'closed';

/** How far a graceful stop has come. Times are milliseconds since the epoch. */
export interface DrainStatus {
  readonly phase: DrainPhase;
  readonly startedAt?: number;
  /** When what is left will be cut off; known once clients are being closed. */
  readonly cutOffAt?: number;
  /** Connections that there were when closing began. */
  readonly total: number;
  readonly remaining: number;
}

export interface DrainOptions {
  /** Milliseconds between the announcement and the first close. */
  readonly delayMs: number;
  /** Milliseconds over which clients are closed; fewer than 100 a second take less. */
  readonly spreadMs: number;
  /** Milliseconds from the first close until what is left is cut off. */
  readonly timeoutMs: number;
  /** Milliseconds that hooks then have to settle. */
  readonly hooksMs: number;
  /** Milliseconds after which a closed client is asked to come back: this, and up to `retryJitterMs` more, drawn for each. */
  readonly retryAfterMs: number;
  readonly retryJitterMs: number;
}

/** A connection, as a drain sees it. */
interface Drainable {
  drain(retryAfterMs: number): void;
  terminate(): void;
}

/** Nobody waits longer than that for a client before it. */
const MAX_PACE_MS = 10;
const ROUND_MS = 10;

/** A graceful stop: announced first, then clients are closed little by little, so that they do not all come back at once. */
export class Drain {
  readonly #connections: ReadonlySet<Drainable>;
  readonly #logger: Logger;
  #phase: DrainPhase = 'serving';
  #startedAt: number | undefined;
  #cutOffAt: number | undefined;
  #total = 0;
  #hurried = false;
  #hooksMs = 0;
  #giveUp: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};
  #emptied: () => void = () => {};

  constructor(connections: ReadonlySet<Drainable>, logger: Logger) {
    this.#connections = connections;
    this.#logger = logger;
  }

  get status(): DrainStatus {
    return {
      phase: this.#phase,
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }),
      ...(this.#cutOffAt === undefined ? {} : { cutOffAt: this.#cutOffAt }),
      total: this.#total,
      remaining: this.#connections.size,
    };
  }

  /** Whether new clients are still taken. */
  get admits(): boolean {
    return this.#phase === 'serving' || this.#phase === 'announced';
  }

  /** Resolves when every connection is done, or nothing more can be done for them. */
  async run(options: DrainOptions): Promise<void> {
    this.#startedAt = Date.now();
    this.#phase = 'announced';
    this.#logger.info({ connections: this.#connections.size, delayMs: options.delayMs }, 'draining');
    await this.#pause(options.delayMs);
    this.#phase = 'closing';
    this.#cutOffAt = Date.now() + options.timeoutMs;
    this.#total = this.#connections.size;
    const empty = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    const timer = setTimeout(() => this.cutOff(), this.#hurried ? 0 : options.timeoutMs);
    this.#hooksMs = options.hooksMs;
    await Promise.race([empty, this.#closeAll(options)]);
    this.left();
    await empty;
    clearTimeout(timer);
    clearTimeout(this.#giveUp);
    this.#giveUp = undefined;
    this.#phase = 'closed';
  }

  /** A connection is done. */
  left(): void {
    if (this.#phase === 'closing' && this.#connections.size === 0) this.#emptied();
  }

  /** Cuts every client's socket at once; a drain that runs, or begins, waits for nothing but their hooks. */
  cutOff(): void {
    this.#hurried = true;
    if (this.#phase === 'closing' && this.#giveUp === undefined && this.#connections.size > 0) {
      this.#logger.warn({ connections: this.#connections.size }, 'cutting off the clients that are left');
      this.#giveUp = setTimeout(() => {
        this.#logger.error({ connections: this.#connections.size }, 'hooks did not settle; stopping without them');
        this.#emptied();
      }, this.#hooksMs);
    }
    for (const connection of this.#connections) connection.terminate();
    this.#wake();
  }

  async #closeAll({ spreadMs, timeoutMs, retryAfterMs, retryJitterMs }: DrainOptions): Promise<void> {
    const waiting = [...this.#connections];
    const pace = Math.min(MAX_PACE_MS, Math.min(spreadMs, timeoutMs / 2) / Math.max(1, waiting.length));
    const began = performance.now();
    for (let closed = 0; closed < waiting.length; ) {
      const due = this.#hurried || pace === 0 ? waiting.length : Math.floor((performance.now() - began) / pace) + 1;
      for (; closed < Math.min(due, waiting.length); closed++) waiting[closed]?.drain(retryAfterMs + Math.random() * retryJitterMs);
      if (closed < waiting.length) await this.#pause(Math.max(ROUND_MS, pace));
    }
  }

  /** Also ends when the drain is hurried. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#hurried) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }
}
