import { parseHost } from './url-host.js';
import {
  appendPath,
  encodeQuery,
  isSpecial,
  parseUrl,
  serializeHost,
  serializePath,
  serializeUrl,
  setHostAndPort,
  type UrlRecord,
  withoutTabs,
} from './url-parser.js';
import { FRAGMENT_SET, percentEncode, USERINFO_SET } from './url-percent.js';
import { URLSearchParams } from './url-search-params.js';

/** `URL` of the URL standard §6. Domains are mapped by NFKC and lower case, without the tables of UTS #46. */
export class URL {
  #url: UrlRecord;
  #params: URLSearchParams | undefined;

  constructor(input: string, base?: string) {
    const parent = base === undefined ? undefined : parseUrl(String(base));
    const url = base !== undefined && parent === undefined ? undefined : parseUrl(String(input), parent);
    if (url === undefined) {
      const against = base === undefined ? '' : ` against ${JSON.stringify(String(base).slice(0, 200))}`;
      throw new TypeError(`Invalid URL: ${JSON.stringify(String(input).slice(0, 200))}${against}`);
    }
    this.#url = url;
  }

  static canParse(input: string, base?: string): boolean {
    return URL.parse(input, base) !== null;
  }

  static parse(input: string, base?: string): URL | null {
    try {
      return new URL(input, base);
    } catch {
      return null;
    }
  }

  get href(): string {
    return serializeUrl(this.#url);
  }
  set href(value: string) {
    this.#url = new URL(value).#url;
    this.#refill();
  }

  get origin(): string {
    const { scheme } = this.#url;
    if (scheme === 'blob') {
      const inner = URL.parse(this.pathname);
      return inner !== null && /^https?:$/.test(inner.protocol) ? inner.origin : 'null';
    }
    return isSpecial(scheme) && scheme !== 'file' ? `${scheme}://${this.host}` : 'null';
  }

  get protocol(): string {
    return `${this.#url.scheme}:`;
  }
  set protocol(value: string) {
    const [, scheme] = /^([a-z][a-z\d+.-]*)(?::|$)/.exec(withoutTabs(String(value)).toLowerCase()) ?? [];
    const url = this.#url;
    if (scheme === undefined || isSpecial(scheme) !== isSpecial(url.scheme)) return;
    if (scheme === 'file' && (url.username !== '' || url.password !== '' || url.port !== undefined)) return;
    if (url.scheme === 'file' && url.host === '') return;
    url.scheme = scheme;
    // The port may be the new scheme's own.
    if (url.port !== undefined) setHostAndPort(url, `${url.host}:${url.port}`);
  }

  get username(): string {
    return this.#url.username;
  }
  set username(value: string) {
    if (this.#hasAuthority()) this.#url.username = percentEncode(String(value), USERINFO_SET);
  }

  get password(): string {
    return this.#url.password;
  }
  set password(value: string) {
    if (this.#hasAuthority()) this.#url.password = percentEncode(String(value), USERINFO_SET);
  }

  get host(): string {
    return serializeHost(this.#url);
  }
  set host(value: string) {
    this.#setHost(String(value), true);
  }

  get hostname(): string {
    return this.#url.host ?? '';
  }
  set hostname(value: string) {
    this.#setHost(String(value), false);
  }

  get port(): string {
    return this.#url.port === undefined ? '' : String(this.#url.port);
  }
  set port(value: string) {
    if (!this.#hasAuthority()) return;
    if (String(value) === '') this.#url.port = undefined;
    const [digits = ''] = /^\d*/.exec(withoutTabs(String(value))) ?? [];
    if (digits !== '') setHostAndPort(this.#url, `${this.#url.host}:${digits}`) && this.#forgetDefaultPort(Number(digits));
  }

  get pathname(): string {
    return serializePath(this.#url);
  }
  set pathname(value: string) {
    if (typeof this.#url.path === 'string') return;
    const text = withoutTabs(String(value));
    const special = isSpecial(this.#url.scheme);
    this.#url.path = [];
    if (text === '' && !special && this.#url.host !== undefined) return;
    const isRooted = special ? /^[/\\]/.test(text) : text.startsWith('/');
    appendPath(
      this.#url,
      (isRooted ? text.slice(1) : text).replace(/[?#]/g, (char) => (char === '?' ? '%3F' : '%23')),
    );
  }

  get search(): string {
    return this.#url.query ? `?${this.#url.query}` : '';
  }
  set search(value: string) {
    const text = withoutTabs(String(value).replace(/^\?/, ''));
    this.#url.query = String(value) === '' ? undefined : encodeQuery(text, this.#url.scheme);
    this.#refill();
  }

  get searchParams(): URLSearchParams {
    this.#params ??= URLSearchParams.bind(this.#url.query ?? '', (query) => {
      this.#url.query = query === '' ? undefined : query;
    });
    return this.#params;
  }

  get hash(): string {
    return this.#url.fragment ? `#${this.#url.fragment}` : '';
  }
  set hash(value: string) {
    const text = withoutTabs(String(value).replace(/^#/, ''));
    this.#url.fragment = String(value) === '' ? undefined : percentEncode(text, FRAGMENT_SET);
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }

  get [Symbol.toStringTag](): string {
    return 'URL';
  }

  #refill(): void {
    if (this.#params !== undefined) URLSearchParams.refill(this.#params, this.#url.query ?? '');
  }

  /** Whether there can be credentials and a port. */
  #hasAuthority(): boolean {
    return this.#url.host !== undefined && this.#url.host !== '' && this.#url.scheme !== 'file';
  }

  #forgetDefaultPort(port: number): void {
    const probe = parseUrl(`${this.#url.scheme}://h:${port}`);
    this.#url.port = probe?.port;
  }

  #setHost(value: string, withPort: boolean): void {
    const url = this.#url;
    if (typeof url.path === 'string') return;
    const special = isSpecial(url.scheme);
    const [text = ''] = (special ? /^[^/\\?#]*/ : /^[^/?#]*/).exec(withoutTabs(value)) ?? [];
    const [hostText = ''] = url.scheme === 'file' ? [text] : (/^(?:\[[^\]]*\]?|[^:[])*/.exec(text) ?? []);
    if (hostText === '' && text !== '') return;
    if (hostText === '' && (special ? url.scheme !== 'file' : url.username !== '' || url.password !== '' || url.port !== undefined)) return;
    if (!withPort && text.length > hostText.length) return;
    if (hostText === '') {
      url.host = '';
      return;
    }
    const host = parseHost(hostText, special);
    if (host === undefined) return;
    url.host = url.scheme === 'file' && host === 'localhost' ? '' : host;
    const [, digits] = /^:(\d+)/.exec(text.slice(hostText.length)) ?? [];
    if (withPort && digits !== undefined && Number(digits) <= 65_535 && url.scheme !== 'file') this.#forgetDefaultPort(Number(digits));
  }
}
