import { describeRequest, type HttpExchange, type HttpRequest, type HttpResult, httpFailure } from './http-exchange.js';

/** A request that has no answer yet. */
export interface HttpAsk {
  readonly plugin: string;
  readonly request: HttpRequest;
}

/** What is known of a frame's requests, from one run of it to the next. */
export interface HttpRecord {
  /** Milliseconds since the epoch: when the frame ran first. Plugins see that time in every run, so that they ask for the same again. */
  readonly startedAt: number;
  readonly exchanges: readonly HttpExchange[];
}

/**
 * The HTTP requests of one run of one frame. A run that asks for something new ends without a result; when the answers are there the frame
 * runs again from its start, and what it asked for before is answered at once. Nothing of the guest is kept waiting in between.
 */
export class HttpJournal {
  readonly startedAt: number;
  readonly #exchanges: readonly HttpExchange[];
  readonly #used = new Set<HttpExchange>();
  readonly #effects: (() => void)[] = [];
  #asks: HttpAsk[] = [];

  constructor({ startedAt, exchanges }: HttpRecord) {
    this.startedAt = startedAt;
    this.#exchanges = exchanges;
  }

  /** What is answered already. */
  get exchanges(): readonly HttpExchange[] {
    return this.#exchanges;
  }

  /** What has to be answered before the frame can have a result. */
  get asks(): readonly HttpAsk[] {
    return this.#asks;
  }

  get waiting(): boolean {
    return this.#asks.length > 0;
  }

  /** The answer, or undefined: this run will have no result. The same request made twice is two requests; headers do not tell requests apart. */
  ask(plugin: string, request: HttpRequest, maxPerFrame: number): HttpResult | undefined {
    const known = this.#exchanges.find(
      (exchange) => !this.#used.has(exchange) && exchange.plugin === plugin && isSame(exchange.request, request),
    );
    if (known) {
      this.#used.add(known);
      return known.result;
    }
    const mine = ({ plugin: name }: HttpAsk) => name === plugin;
    if (this.#exchanges.filter(mine).length + this.#asks.filter(mine).length >= maxPerFrame) {
      return httpFailure(
        `${describeRequest(request)}: more than ${maxPerFrame} requests for one frame; see http.maxPerFrame. A hook runs again from its start when an answer is there: a URL or body with random parts makes each run ask anew`,
      );
    }
    this.#asks.push({ plugin, request });
    return undefined;
  }

  /** Keeps something that is to happen once the frame has a result, a log line say: each run of the frame would do it again. */
  atResult(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** The frame has its result. */
  settle(): void {
    for (const effect of this.#effects.splice(0)) effect();
  }

  /** A plugin that failed does not get what it asked for. */
  forget(): void {
    this.#asks = [];
  }
}

/** A header may carry a random key, which must not make it another request. */
function isSame(one: HttpRequest, other: HttpRequest): boolean {
  return one.method === other.method && one.url === other.url && Buffer.compare(one.body, other.body) === 0;
}
