import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { describeRequest, type HttpRequest, type HttpResult, httpFailure, shorten } from '../pipeline/http-exchange.js';
import type { HttpAccess } from './http-access.js';
import { failureCause, HttpFailure } from './http-failure.js';
import type { HttpGrant } from './http-grant.js';
import type { HttpFailureCause } from './http-meter.js';
import { literalAddress, PrivateAddressError, publicLookup } from './public-address.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Never carried to another origin. */
const CREDENTIALS = ['authorization', 'cookie'] as const;
/** Idle connections are kept for so long: a little less than most servers keep theirs. */
const KEEP_ALIVE_MS = 4_000;
/** Methods that may be sent again when a kept connection turns out to be closed (RFC 9110 §9.2.2). */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];

/** Makes one plugin's HTTP requests. Every hop is judged anew: address pattern, scheme, and the IP address that the socket connects to. */
export class HttpClient {
  readonly #grant: HttpGrant;
  readonly #access: HttpAccess;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #isPublic: (address: string) => boolean;
  readonly #lookup: LookupFunction | undefined;

  constructor(grant: HttpGrant, access: HttpAccess, isPublic: (address: string) => boolean) {
    const options = { keepAlive: true, timeout: KEEP_ALIVE_MS, maxFreeSockets: grant.maxConcurrent };
    this.#isPublic = isPublic;
    this.#lookup = grant.allowPrivate ? undefined : publicLookup(isPublic);
    this.#grant = grant;
    this.#access = access;
    this.#http = new HttpAgent(options);
    // NODE_TLS_REJECT_UNAUTHORIZED is for whatever else runs in this process
    this.#https = new HttpsAgent({ ...options, rejectUnauthorized: true });
  }

  /** Never rejects: whatever goes wrong is a failed result, and `failed` is told why. The signal's abort is a failure as well. */
  async send(request: HttpRequest, signal: AbortSignal, failed: (why: HttpFailureCause) => void): Promise<HttpResult> {
    try {
      return await this.#follow(request, signal);
    } catch (error) {
      failed(signal.aborted ? 'timeout' : failureCause(error));
      const message = signal.aborted ? `no complete response within http.timeoutMs (${this.#grant.timeoutMs} ms)` : describe(error);
      return httpFailure(`${describeRequest(request)}: ${message}`);
    }
  }

  /** Cuts every connection. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #follow(first: HttpRequest, signal: AbortSignal): Promise<HttpResult> {
    let request = first;
    for (let redirects = 0; ; redirects++) {
      const refused = this.#access.refuses(request);
      if (refused !== undefined)
        throw new HttpFailure('refused', redirects === 0 ? refused : `it redirects to ${shorten(request.url)}: ${refused}`);
      const response = await this.#open(request, signal);
      const next = this.#grant.maxRedirects > 0 ? redirected(request, response) : undefined;
      if (!next) return await this.#read(response);
      response.destroy();
      if (redirects === this.#grant.maxRedirects)
        throw new HttpFailure('redirects', `more than ${redirects} redirects; see http.maxRedirects`);
      request = next;
    }
  }

  #open(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { method, url, headers, body } = request;
    const target = new URL(url);
    const address = literalAddress(target.hostname);
    if (address !== undefined && !this.#grant.allowPrivate && !this.#isPublic(address))
      throw new PrivateAddressError(target.hostname, address);
    return new Promise((resolve, reject) => {
      const secure = target.protocol === 'https:';
      const outgoing = (secure ? requestHttps : requestHttp)(target, {
        method,
        headers: {
          'user-agent': 'framegate',
          'accept-encoding': 'identity',
          ...headers,
          ...(body.length > 0 && { 'content-length': body.length }),
        },
        agent: secure ? this.#https : this.#http,
        signal,
        ...(this.#lookup && { lookup: this.#lookup }),
      });
      outgoing.once('response', resolve);
      // Node ends such a connection, but says neither 'response' nor 'error'.
      outgoing.once('close', () =>
        reject(new Error('the server ended or took over the connection (101 switches protocols) and did not answer')),
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && error.code === 'ECONNRESET' && IDEMPOTENT.includes(method);
        if (stale) resolve(this.#open(request, signal));
        else reject(error);
      });
      outgoing.end(body);
    });
  }

  async #read(response: IncomingMessage): Promise<HttpResult> {
    const { maxResponseBytes } = this.#grant;
    const chunks: Buffer[] = [];
    let length = 0;
    // leaving the loop cuts the connection
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxResponseBytes)
        throw new HttpFailure('too-large', `the response has more than http.maxResponseBytes (${maxResponseBytes} bytes)`);
      chunks.push(chunk);
    }
    return { kind: 'response', status: response.statusCode ?? 0, headers: flatten(response), body: Buffer.concat(chunks) };
  }
}

/** The request that a redirect asks for, as the Fetch standard has it (§4.4); undefined if the response is the answer itself. */
function redirected(request: HttpRequest, { statusCode = 0, headers }: IncomingMessage): HttpRequest | undefined {
  const { location } = headers;
  if (!REDIRECTS.has(statusCode) || location === undefined || !URL.canParse(location, request.url)) return undefined;
  const from = new URL(request.url);
  const to = new URL(location, from);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new HttpFailure('refused', `it redirects from https to ${to.origin}, which is not encrypted`);
  const { method } = request;
  const becomesGet = statusCode === 303 ? method !== 'HEAD' : statusCode < 303 && method === 'POST';
  const kept = Object.entries(request.headers).filter(([name]) => {
    if (becomesGet && name.startsWith('content-')) return false;
    return to.origin === from.origin || !CREDENTIALS.some((credential) => credential === name);
  });
  return {
    method: becomesGet ? 'GET' : method,
    url: to.href,
    headers: Object.fromEntries(kept),
    body: becomesGet ? new Uint8Array(0) : request.body,
  };
}

function flatten(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]));
}

/** What OpenSSL calls a certificate that leads to no authority it knows. */
const UNTRUSTED: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

function describe(error: unknown): string {
  // several addresses were tried
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describe).join('; ');
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error) || !UNTRUSTED.includes(String(error.code))) return error.message;
  return `${error.message}: the server's certificate is not from an authority that this host trusts; if it should be, name a file with that authority in NODE_EXTRA_CA_CERTS when the host starts`;
}
