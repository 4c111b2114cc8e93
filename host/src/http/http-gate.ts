import type { PluginManifest } from '@framegate/sdk/abi';
import { describeRequest, type HttpRequest, type HttpResult, httpFailure } from '../pipeline/http-exchange.js';
import { HttpAccess } from './http-access.js';
import { HttpClient } from './http-client.js';
import type { HttpGrant } from './http-grant.js';
import { type HttpCounts, type HttpFailureCause, HttpMeter } from './http-meter.js';
import { isPublicAddress } from './public-address.js';

/** The network of one plugin: so many requests at once, so many waiting, each within its time. */
export class HttpGate {
  readonly #grant: HttpGrant;
  readonly #client: HttpClient;
  readonly #meter = new HttpMeter();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** `isPublic` says which addresses need no `allowPrivate`. */
  constructor(grant: HttpGrant, manifest: PluginManifest | undefined, isPublic = isPublicAddress) {
    this.#grant = grant;
    this.#client = new HttpClient(grant, new HttpAccess(grant, manifest), isPublic);
  }

  get counts(): HttpCounts {
    return this.#meter;
  }

  /** Never rejects. */
  async send(request: HttpRequest): Promise<HttpResult> {
    if (this.#grant.send === false) {
      this.#meter.withheld += 1;
      return httpFailure(
        `${request.method} ${request.url}: not sent, because this version runs in shadow; only what the running version asked for the same frame has an answer`,
      );
    }
    const started = performance.now();
    let ended: 'response' | HttpFailureCause = 'response';
    const { timeoutMs } = this.#grant;
    // Unlike AbortSignal.timeout it does not stay for all that time when the answer is there.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')), timeoutMs);
    timer.unref();
    const result = await this.#send(request, late.signal, (why) => {
      ended = why;
    });
    clearTimeout(timer);
    this.#meter.ended(ended, performance.now() - started);
    this.#meter.sentBytes += request.body.length;
    if (result.kind === 'response') this.#meter.receivedBytes += result.body.length;
    return result;
  }

  close(): void {
    this.#client.close();
  }

  async #send(request: HttpRequest, signal: AbortSignal, failed: (why: HttpFailureCause) => void): Promise<HttpResult> {
    const { maxConcurrent, maxQueued } = this.#grant;
    if (this.#running >= maxConcurrent) {
      if (this.#queue.length >= maxQueued) {
        failed('queue-full');
        return httpFailure(
          `${describeRequest(request)}: too many requests of this plugin at once: http.maxConcurrent is ${maxConcurrent}, and ${maxQueued} more wait (http.maxQueued)`,
        );
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await this.#client.send(request, signal, failed);
    } finally {
      // The place is handed on. Who asked later also ends later, so everybody gets his turn within his own time.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
