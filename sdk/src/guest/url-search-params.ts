import { percentDecode } from './url-percent.js';

type Pair = [name: string, value: string];
type Init = string | Iterable<Iterable<string>> | Readonly<Record<string, string>> | undefined;

/** `URLSearchParams` of the URL standard §6. */
export class URLSearchParams implements Iterable<Pair> {
  #pairs: Pair[] = [];
  #changed: ((query: string) => void) | undefined;

  constructor(init?: Init) {
    if (init === undefined) return;
    if (typeof init !== 'object' || init === null) this.#pairs = parseForm(String(init).replace(/^\?/, ''));
    else if (typeof (init as Iterable<unknown>)[Symbol.iterator] === 'function')
      this.#pairs = Array.from(init as Iterable<Iterable<string>>, readPair);
    else this.#pairs = Object.entries(init).map(([name, value]) => [text(name), text(value)]);
  }

  /** Ties it to a URL: `changed` gets the query whenever the parameters change. */
  static bind(query: string, changed: (query: string) => void): URLSearchParams {
    const params = new URLSearchParams(query);
    params.#changed = changed;
    return params;
  }

  /** The URL's query is another now. */
  static refill(params: URLSearchParams, query: string): void {
    params.#pairs = parseForm(query);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    this.#pairs.push([text(name), text(value)]);
    this.#update();
  }

  delete(name: string, value?: string): void {
    const [wantedName, wantedValue] = [text(name), value === undefined ? undefined : text(value)];
    this.#pairs = this.#pairs.filter(([key, member]) => key !== wantedName || (wantedValue !== undefined && member !== wantedValue));
    this.#update();
  }

  get(name: string): string | null {
    return this.getAll(name)[0] ?? null;
  }

  getAll(name: string): string[] {
    const wanted = text(name);
    return this.#pairs.filter(([key]) => key === wanted).map(([, value]) => value);
  }

  has(name: string, value?: string): boolean {
    const all = this.getAll(name);
    return value === undefined ? all.length > 0 : all.includes(text(value));
  }

  set(name: string, value: string): void {
    const wanted = text(name);
    const index = this.#pairs.findIndex(([key]) => key === wanted);
    if (index < 0) {
      this.append(name, value);
      return;
    }
    this.#pairs = this.#pairs.filter(([key], at) => at <= index || key !== wanted);
    this.#pairs[index] = [wanted, text(value)];
    this.#update();
  }

  sort(): void {
    // By code units, as `<` compares; the sort is stable.
    this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    this.#update();
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArgument?: unknown): void {
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  *entries(): IterableIterator<Pair> {
    for (let at = 0; at < this.#pairs.length; at++) yield [...(this.#pairs[at] as Pair)];
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join('&');
  }

  get [Symbol.toStringTag](): string {
    return 'URLSearchParams';
  }

  #update(): void {
    this.#changed?.(this.toString());
  }
}

function text(value: unknown): string {
  return String(value).toWellFormed();
}

function readPair(pair: Iterable<string>): Pair {
  const [name, value, ...more] = pair;
  if (name === undefined || value === undefined || more.length > 0)
    throw new TypeError('URLSearchParams: each entry of a list is a pair [name, value]');
  return [text(name), text(value)];
}

function parseForm(input: string): Pair[] {
  return input
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      const decode = (piece: string): string => percentDecode(piece.replaceAll('+', ' ')).toWellFormed();
      return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
}

function encodeForm(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
