import type { JsonObject } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { HttpExchange, HttpRequest } from '../pipeline/http-exchange.js';

export const MASK = '***';

/** Never written, whatever is asked for. */
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-api-key',
  'x-auth-token',
]);
const SECRET_PARAMETERS = /([?&](?:access_token|api_key|apikey|auth|jwt|key|password|secret|token)=)[^&#]*/gi;

type Headers = Readonly<Record<string, string>>;

/** Takes secrets out of what is recorded: headers and query parameters that usually are some, and whatever JSON fields one names. */
export class Masking {
  readonly #fields: ReadonlySet<string>;

  constructor(fields: readonly string[]) {
    this.#fields = new Set(fields);
  }

  context(context: ConnectionContext): ConnectionContext {
    const { headers, path, user } = context;
    const masked = { ...context, headers: maskHeaders(headers), path: maskPath(path) };
    if (this.#fields.size === 0 || user?.claims === undefined) return masked;
    return { ...masked, user: { ...user, claims: this.#value(user.claims) as JsonObject } };
  }

  /** A frame that is no JSON, or has none of the fields, is itself. */
  frame(frame: Frame): Frame {
    const payload = this.#bytes(frame.payload);
    return payload === frame.payload ? frame : { kind: frame.kind, payload };
  }

  config(config: JsonObject): JsonObject {
    return this.#fields.size === 0 ? config : (this.#value(config) as JsonObject);
  }

  request(request: HttpRequest): HttpRequest {
    return { ...request, url: maskPath(request.url), headers: maskHeaders(request.headers), body: this.#bytes(request.body) };
  }

  exchange({ plugin, request, result }: HttpExchange): HttpExchange {
    return {
      plugin,
      request: this.request(request),
      result: result.kind === 'failed' ? result : { ...result, headers: maskHeaders(result.headers), body: this.#bytes(result.body) },
    };
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    if (this.#fields.size === 0) return bytes;
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return bytes;
    }
    const masked = this.#value(value);
    return masked === value ? bytes : Buffer.from(JSON.stringify(masked));
  }

  /** The value itself if there is nothing to mask in it. */
  #value(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#value(item));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    const before = Object.entries(value);
    const after = before.map(([key, child]) => [key, this.#fields.has(key) ? MASK : this.#value(child)] as const);
    return after.some(([, child], index) => child !== before[index]?.[1]) ? Object.fromEntries(after) : value;
  }
}

function maskHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, SECRET_HEADERS.has(name.toLowerCase()) ? MASK : value]));
}

function maskPath(path: string): string {
  return path.replace(SECRET_PARAMETERS, `$1${MASK}`);
}
