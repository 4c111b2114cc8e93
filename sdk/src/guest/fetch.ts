import { Headers } from './headers.js';
import type { HttpNative } from './http.js';

type Body = string | ArrayBuffer | ArrayBufferView;

interface RequestOptions {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
}

interface ResponseOptions {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
}

interface Encoding {
  readonly encode: (text: string) => ArrayBuffer;
  readonly decode: (bytes: ArrayBuffer) => string;
}

/** `fetch` and `Response` of the web, as far as there are whole bodies only: no streams, no abort, redirects followed by the host. */
export function createFetch(native: HttpNative, encoding: Encoding): { fetch: object; Response: object } {
  class Response {
    readonly headers: Headers;
    readonly status: number;
    readonly statusText: string;
    readonly url: string = '';
    readonly #body: ArrayBuffer;
    #used = false;

    constructor(body: Body | null = null, { status = 200, statusText = '', headers }: ResponseOptions = {}) {
      if (!Number.isInteger(status) || status < 100 || status > 599) throw new RangeError(`Response: ${status} is no status`);
      this.status = status;
      this.statusText = statusText;
      this.headers = new Headers(headers);
      this.#body = typeof body === 'string' ? encoding.encode(body) : body === null ? new ArrayBuffer(0) : bufferOf(body);
    }

    get ok(): boolean {
      return this.status >= 200 && this.status < 300;
    }

    get bodyUsed(): boolean {
      return this.#used;
    }

    async arrayBuffer(): Promise<ArrayBuffer> {
      return this.#take();
    }

    async bytes(): Promise<Uint8Array> {
      return new Uint8Array(this.#take());
    }

    async text(): Promise<string> {
      return encoding.decode(this.#take()).replace(/^\ufeff/, '');
    }

    async json(): Promise<unknown> {
      return JSON.parse(await this.text());
    }

    get [Symbol.toStringTag](): string {
      return 'Response';
    }

    #take(): ArrayBuffer {
      if (this.#used) throw new TypeError("the response's body has been read already");
      this.#used = true;
      return this.#body;
    }
  }

  const fetch = async (input: unknown, options: RequestOptions = {}): Promise<Response> => {
    const url = String(input);
    const headers = new Headers(options.headers);
    const body = readBody(options.body, headers);
    const request = JSON.stringify({ url, method: options.method ?? 'GET', headers: Object.fromEntries(headers) });
    const status = native.httpRequest(request, body, 0);
    // This run of the hook ends here; the next one finds the answer.
    if (status === 0) return new Promise(() => {});
    if (status < 0) throw new TypeError(`fetch: ${native.httpText()}`);
    const response = new Response(native.httpBody(), { status, headers: JSON.parse(native.httpHeaders() ?? '{}') });
    return Object.assign(response, { url });
  };
  return { fetch, Response };
}

/** What a body is sent as; a kind that speaks for itself names its content type unless that has been named. */
function readBody(body: unknown, headers: Headers): string | ArrayBuffer | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (body instanceof ArrayBuffer) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  const form = Object.prototype.toString.call(body) === '[object URLSearchParams]';
  if (typeof body === 'object' && !form) {
    throw new TypeError('fetch: a body is a string, bytes or URLSearchParams; give an object as JSON.stringify(object)');
  }
  if (!headers.has('content-type'))
    headers.set('content-type', form ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'text/plain;charset=UTF-8');
  return String(body);
}

function bufferOf(body: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (body instanceof ArrayBuffer) return body;
  if (!ArrayBuffer.isView(body)) throw new TypeError('Response: a body is a string or bytes');
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice().buffer as ArrayBuffer;
}
