/** Where a text stops being JSON. */
export interface JsonMistake {
  /** Both from 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** What was expected and what was got. */
  readonly message: string;
  /** The line and a mark below it; absent if something of `headers` is in that line, whose values may be secret. */
  readonly frame: string | undefined;
}

const BLANKS = /[ \t\r\n]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in a text
const CHARACTERS = /(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*/y;
const WORD = /"[^"\r\n]*"|'[^'\r\n]*'|[\w.+-]+|\\\w{0,5}|\/[/*]|./suy;
const SHOWN = 72;

interface Expectation {
  readonly at: number;
  readonly expected: string;
  /** Within `headers`. */
  readonly secret: boolean;
  /** Where the last `headers` ended. */
  readonly secretBefore: number;
  readonly afterComma?: boolean;
}

/** The first mistake of a text that JSON.parse refuses; `undefined` if it is JSON. Needed because V8 names no position for every mistake. */
export function findJsonMistake(text: string): JsonMistake | undefined {
  const found = new Scanner(text).scan();
  if (found === undefined) return undefined;
  const { at, secret, secretBefore } = found;
  const before = text.slice(0, at).split('\n');
  const line = before.length;
  const column = (before.at(-1) ?? '').length + 1;
  const hidden = secret || secretBefore > at - column + 1;
  return { line, column, message: describe(text, found), frame: hidden ? undefined : frame(text, at, line, column) };
}

function describe(text: string, { at, expected, secret, afterComma }: Expectation): string {
  if (secret) return `expected ${expected}`;
  const got = match(WORD, text, at);
  if (got === '') return `expected ${expected}, got the end of the file`;
  if (got === '\n' || got === '\r') return `expected ${expected}, got the end of the line`;
  const shown = got.length > 30 ? `${got.slice(0, 29)}…` : got;
  const quoted = shown.startsWith('"') && shown.length > 1 ? `the text ${shown}` : JSON.stringify(shown);
  const why =
    afterComma && /^[}\]]/.test(got)
      ? ': JSON has no comma before a closing bracket'
      : /^\/[/*]/.test(got)
        ? ': JSON has no comments'
        : got.startsWith("'")
          ? ': JSON has double quotes only'
          : '';
  return `expected ${expected}, got ${quoted}${why}`;
}

function frame(text: string, at: number, line: number, column: number): string {
  const whole = (text.slice(at - column + 1).split('\n', 1)[0] ?? '').replaceAll('\t', ' ').trimEnd();
  const from = Math.max(0, column - SHOWN / 2);
  const number = String(line);
  return `  ${number} | ${whole.slice(from, from + SHOWN)}\n  ${' '.repeat(number.length)} | ${' '.repeat(column - 1 - from)}^`;
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** Walks over a text as RFC 8259 says, without a recursion that deep nesting could exhaust. */
class Scanner {
  readonly #text: string;
  /** The brackets that are open, each with whether it lies within `headers`. */
  readonly #open: { readonly close: '}' | ']'; readonly secret: boolean }[] = [];
  #at = 0;
  #key = '';
  #secretBefore = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): Expectation | undefined {
    for (;;) {
      const value = this.#value();
      if (value !== undefined) return value;
      const end = this.#afterValue();
      if (end === 'done') return undefined;
      if (end !== 'more') return end;
    }
  }

  /** Steps into brackets up to and with the first value that is none. */
  #value(): Expectation | undefined {
    for (;;) {
      const next = this.#peek();
      if (next === '"') return this.#string();
      if (next !== '{' && next !== '[') {
        const literal = match(LITERAL, this.#text, this.#at);
        if (literal === '') return this.#expect('a value');
        this.#at += literal.length;
        return undefined;
      }
      this.#at++;
      const close = next === '{' ? '}' : ']';
      this.#open.push({ close, secret: this.#secret || this.#key === 'headers' });
      if (this.#peek() === close) return undefined;
      const key = close === '}' ? this.#member('a key in double quotes or }') : undefined;
      if (key !== undefined) return key;
    }
  }

  /** Closes brackets up to a comma or the end. */
  #afterValue(): 'done' | 'more' | Expectation {
    for (;;) {
      const next = this.#peek();
      const inner = this.#open.at(-1);
      if (inner === undefined) return next === '' ? 'done' : this.#expect('the end of the file');
      if (next !== inner.close && next !== ',') return this.#expect(`, or ${inner.close}`);
      this.#at++;
      if (next === ',') return this.#item(inner.close);
      this.#open.pop();
      this.#key = '';
      if (inner.secret) this.#secretBefore = this.#at;
    }
  }

  #item(close: '}' | ']'): 'more' | Expectation {
    if (close === '}') {
      const mistake = this.#member('a key in double quotes');
      return mistake === undefined ? 'more' : { ...mistake, afterComma: true };
    }
    return this.#peek() === ']' ? { ...this.#expect('a value'), afterComma: true } : 'more';
  }

  #member(expected: string): Expectation | undefined {
    if (this.#peek() !== '"') return this.#expect(expected);
    const start = this.#at + 1;
    const mistake = this.#string();
    if (mistake !== undefined) return mistake;
    this.#key = this.#text.slice(start, this.#at - 1);
    if (this.#peek() !== ':') return this.#expect(':');
    this.#at++;
    return undefined;
  }

  #string(): Expectation | undefined {
    this.#at++;
    this.#at += match(CHARACTERS, this.#text, this.#at).length;
    const next = this.#text[this.#at];
    if (next === '"') {
      this.#at++;
      return undefined;
    }
    return this.#expect(next === '\\' ? 'an escape that JSON has' : 'the end of a text');
  }

  get #secret(): boolean {
    return this.#open.at(-1)?.secret ?? false;
  }

  #peek(): string {
    this.#at += match(BLANKS, this.#text, this.#at).length;
    return this.#text[this.#at] ?? '';
  }

  #expect(expected: string): Expectation {
    return { at: this.#at, expected, secret: this.#secret, secretBefore: this.#secretBefore };
  }
}
