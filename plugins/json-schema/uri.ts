/** As much of the web's `URL` as the schema library needs to resolve references: of absolute URIs and references to them (RFC 3986 §5). */
export class Uri {
  readonly #base: string;
  #fragment: string;

  constructor(reference: string, base?: string) {
    const [, address = '', fragment = ''] = /^([^#]*)#?(.*)$/s.exec(reference) ?? [];
    this.#base = base === undefined ? requireScheme(address) : resolve(address, base.replace(/#.*$/s, ''));
    this.#fragment = fragment;
  }

  get href(): string {
    return this.#fragment === '' ? this.#base : `${this.#base}#${this.#fragment}`;
  }

  /** With its `#`; empty if there is nothing behind it. */
  get hash(): string {
    return this.#fragment === '' ? '' : `#${this.#fragment}`;
  }

  set hash(value: string) {
    this.#fragment = value.replace(/^#/, '');
  }
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const PARTS = /^([A-Za-z][A-Za-z0-9+.-]*:)(\/\/[^/?]*)?([^?]*)(\?.*)?$/s;

function requireScheme(address: string): string {
  if (!SCHEME.test(address)) throw new TypeError(`Invalid URL: ${address}`);
  return address;
}

function resolve(reference: string, base: string): string {
  if (SCHEME.test(reference)) return reference;
  if (reference === '') return base;
  const [, scheme = '', authority = '', path = '', query = ''] = PARTS.exec(base) ?? [];
  if (reference.startsWith('//')) return scheme + reference;
  if (reference.startsWith('?')) return scheme + authority + path + reference;
  const [, own = '', ownQuery = ''] = /^([^?]*)(\?.*)?$/s.exec(reference) ?? [];
  const whole = own.startsWith('/') ? own : `${path.replace(/[^/]*$/, '') || (authority === '' ? '' : '/')}${own}`;
  return scheme + authority + withoutDots(whole) + (own === '' ? query : ownQuery);
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..' && kept.length > 1) kept.pop();
    else if (segment !== '.' && segment !== '..') kept.push(segment);
    if (isLast && (segment === '.' || segment === '..')) kept.push('');
  }
  return kept.join('/');
}
