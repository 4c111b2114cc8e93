import type { PluginManifest } from '@framegate/sdk/abi';
import { describeRequest, type HttpRequest, type HttpResult, httpFailure } from '../pipeline/http-exchange.js';
import { HttpAccess } from './http-access.js';
import { HttpClient } from './http-client.js';
import type { HttpGrant } from './http-grant.js';
import { isPublicAddress } from './public-address.js';

/** The network of one plugin: so many requests at once, so many waiting, each within its time. */
export class HttpGate {
  readonly #grant: HttpGrant;
  readonly #client: HttpClient;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** `isPublic` says which addresses need no `allowPrivate`. */
  constructor(grant: HttpGrant, manifest: PluginManifest | undefined, isPublic = isPublicAddress) {
    this.#grant = grant;
    this.#client = new HttpClient(grant, new HttpAccess(grant, manifest), isPublic);
  }

  /** Never rejects. */
  async send(request: HttpRequest): Promise<HttpResult> {
    if (this.#grant.send === false) {
      return httpFailure(
        `${request.method} ${request.url}: not sent, because this version runs in shadow; only what the running version asked for the same frame has an answer`,
      );
    }
    const { maxConcurrent, maxQueued, timeoutMs } = this.#grant;
    const signal = AbortSignal.timeout(timeoutMs);
    if (this.#running >= maxConcurrent) {
      if (this.#queue.length >= maxQueued) {
        return httpFailure(
          `${describeRequest(request)}: too many requests of this plugin at once: http.maxConcurrent is ${maxConcurrent}, and ${maxQueued} more wait (http.maxQueued)`,
        );
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await this.#client.send(request, signal);
    } finally {
      // The place is handed on. Who asked later also ends later, so everybody gets his turn within his own time.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  close(): void {
    this.#client.close();
  }
}
