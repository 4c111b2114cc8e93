type Init = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

const NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
/** A byte string without what would end a header line (Fetch standard, "header value"). */
const VALUE = /^[^\0\r\n\u0100-\uffff]*$/;
const BLANKS = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/** `Headers` of the Fetch standard: names without regard to case, values of one name joined by ", ", in the order of names. */
export class Headers implements Iterable<[string, string]> {
  readonly #values = new Map<string, string[]>();

  constructor(init: Init = []) {
    if (typeof init !== 'object' || init === null) throw new TypeError('Headers: an object, a list of pairs or Headers are needed');
    const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
    for (const pair of pairs) {
      const [name, value, ...more] = pair;
      if (name === undefined || value === undefined || more.length > 0)
        throw new TypeError('Headers: each entry of a list is a pair [name, value]');
      this.append(name, value);
    }
  }

  append(name: string, value: string): void {
    const key = readName(name);
    this.#values.set(key, [...(this.#values.get(key) ?? []), readValue(name, value)]);
  }

  set(name: string, value: string): void {
    this.#values.set(readName(name), [readValue(name, value)]);
  }

  get(name: string): string | null {
    return this.#values.get(readName(name))?.join(', ') ?? null;
  }

  getSetCookie(): string[] {
    return [...(this.#values.get('set-cookie') ?? [])];
  }

  has(name: string): boolean {
    return this.#values.has(readName(name));
  }

  delete(name: string): void {
    this.#values.delete(readName(name));
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) ?? [];
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }
}

function readName(name: unknown): string {
  const text = String(name);
  if (!NAME.test(text)) throw new TypeError(`Headers: ${JSON.stringify(text.slice(0, 100))} is no header name`);
  return text.toLowerCase();
}

function readValue(name: unknown, value: unknown): string {
  const text = String(value).replace(BLANKS, '');
  if (!VALUE.test(text)) throw new TypeError(`Headers: the value of ${String(name)} has a line break, a NUL or a character above U+00FF`);
  return text;
}
