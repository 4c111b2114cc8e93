import { type HttpHost, matchesHttpHost, type PluginManifest, parseHttpHost } from '@framegate/sdk/abi';
import { type HttpRequest, shorten } from '../pipeline/http-exchange.js';
import type { HttpGrant } from './http-grant.js';

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** RFC 9110 §5.1 and §5.5. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Characters of an address, and bytes of all headers with four for each: what most servers take at most. They wait in the host's memory. */
const MAX_URL_CHARACTERS = 8_192;
const MAX_HEADER_BYTES = 16_384;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Headers that say where a message goes or where it ends: the host's business. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Which requests a plugin may make: what its operator granted and, if it has a manifest, what that asks for. Knows nothing of addresses. */
export class HttpAccess {
  readonly #grant: HttpGrant | undefined;
  readonly #granted: readonly HttpHost[];
  readonly #asked: readonly HttpHost[] | undefined;

  constructor(grant: HttpGrant | undefined, manifest: PluginManifest | undefined) {
    this.#grant = grant;
    this.#granted = parseAll(grant?.hosts ?? []);
    this.#asked = manifest && parseAll([...manifest.capabilities.http, ...(manifest.capabilities.httpOptional ?? [])]);
  }

  /** Why this request may not be made, if it may not. */
  refuses({ method, url, headers, body }: HttpRequest): string | undefined {
    const grant = this.#grant;
    if (url.length > MAX_URL_CHARACTERS) return `the address has ${url.length} characters; at most ${MAX_URL_CHARACTERS} are allowed`;
    if (!URL.canParse(url)) return `"${shorten(url)}" is no absolute address such as https://api.example.com/path`;
    const refused = this.refusesUrl(new URL(url));
    if (refused !== undefined || !grant) return refused;
    if (!METHODS.includes(method)) return `the method "${shorten(method)}" is not one of ${METHODS.join(', ')}`;
    if (body.length > grant.maxRequestBytes)
      return `the request's body of ${body.length} bytes is over http.maxRequestBytes (${grant.maxRequestBytes})`;
    if (body.length > 0 && (method === 'GET' || method === 'HEAD')) return `a ${method} request has no body`;
    const headerBytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    if (headerBytes > MAX_HEADER_BYTES) return `the headers have ${headerBytes} bytes; at most ${MAX_HEADER_BYTES} are allowed`;
    for (const [name, value] of Object.entries(headers)) {
      if (OWN_HEADERS.has(name)) return `the header "${name}" is set by the host`;
      if (!HEADER_NAME.test(name)) return `${JSON.stringify(name)} is no header name`;
      if (!HEADER_VALUE.test(value)) return `the value of the header "${name}" has characters that no header may have`;
    }
    return undefined;
  }

  /** The same of an address alone, for redirects. */
  refusesUrl(url: URL): string | undefined {
    const scheme = url.protocol.slice(0, -1);
    if (scheme !== 'http' && scheme !== 'https') return `${url.protocol} is not http: or https:`;
    if (url.username !== '' || url.password !== '') return 'an address with a user name in it is refused; use the authorization header';
    const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
    const among = (hosts: readonly HttpHost[]) => hosts.some((host) => matchesHttpHost(host, scheme, url.hostname, port));
    if (this.#granted.length === 0) {
      return `plugins have no network access unless their operator grants it: set "http": { "hosts": ["${url.host}"] } beside \`use\` in the plugin's entry of the route`;
    }
    if (!among(this.#granted)) {
      return `${url.protocol}//${url.host} is not granted: http.hosts of the plugin's entry in the route is ${JSON.stringify(this.#grant?.hosts)}`;
    }
    if (this.#asked && !among(this.#asked)) {
      return `the plugin's manifest does not ask for ${url.protocol}//${url.host}: add it to capabilities.http in definePlugin`;
    }
    return undefined;
  }
}

function parseAll(hosts: readonly string[]): HttpHost[] {
  return hosts.flatMap((host) => parseHttpHost(host) ?? []);
}
