import { JqSyntaxError } from './error.js';

type TokenKind = 'field' | 'name' | 'keyword' | 'variable' | 'format' | 'number' | 'text' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** A field without its dot, a variable without its `$`, a format without its `@`. */
  readonly text: string;
  /** Of a text: its pieces, and the tokens of what is interpolated between them. */
  readonly parts?: readonly (string | readonly Token[])[];
  readonly at: number;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'def if then elif else end as reduce foreach try catch label and or import include __loc__'.split(' '),
);

const SKIP = /(?:[ \t\r\n]+|#[^\n]*)*/y;
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['field', /\.[A-Za-z_]\w*/y],
  ['variable', /\$[A-Za-z_]\w*/y],
  ['format', /@\w+/y],
  ['name', /[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*/y],
  ['operator', /\?\/\/|\/\/=|\.\.|[-+*/%|=!<>]=|\/\/|[-+*/%|=<>,.:;?()[\]{}]/y],
];

/** The tokens of a filter, with one of kind `end` behind them. Throws JqSyntaxError. */
export function tokenize(source: string): readonly Token[] {
  const { tokens, end } = new Lexer(source).read(0);
  if (end < source.length) throw new JqSyntaxError('unexpected ")"', end);
  return tokens;
}

class Lexer {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** Reads up to the source's end, or to a `)` that closes nothing. */
  read(start: number): { readonly tokens: readonly Token[]; readonly end: number } {
    const tokens: Token[] = [];
    let open = 0;
    let at = this.#skip(start);
    while (at < this.#source.length) {
      const { token, end } = this.#source[at] === '"' ? this.#text(at) : this.#token(at);
      if (token.text === '(' && token.kind === 'operator') open++;
      if (token.text === ')' && token.kind === 'operator' && --open < 0) break;
      tokens.push(token);
      at = this.#skip(end);
    }
    tokens.push({ kind: 'end', text: '', at });
    return { tokens, end: at };
  }

  #skip(at: number): number {
    SKIP.lastIndex = at;
    return at + (SKIP.exec(this.#source)?.[0].length ?? 0);
  }

  #token(at: number): { readonly token: Token; readonly end: number } {
    for (const [kind, pattern] of RULES) {
      pattern.lastIndex = at;
      const text = pattern.exec(this.#source)?.[0];
      if (text === undefined) continue;
      const end = at + text.length;
      if (kind === 'name') return { token: { kind: KEYWORDS.has(text) ? 'keyword' : 'name', text, at }, end };
      const isPrefixed = kind === 'field' || kind === 'variable' || kind === 'format';
      return { token: { kind, text: isPrefixed ? text.slice(1) : text, at }, end };
    }
    throw new JqSyntaxError(`unexpected ${JSON.stringify(String.fromCodePoint(this.#source.codePointAt(at) as number))}`, at);
  }

  #text(start: number): { readonly token: Token; readonly end: number } {
    const parts: (string | readonly Token[])[] = [];
    let from = start + 1;
    let at = from;
    for (;;) {
      const char = this.#source[at];
      if (char === undefined) throw new JqSyntaxError('the text that begins here does not end', start);
      if (char === '"') break;
      if (char !== '\\') at++;
      else if (this.#source[at + 1] !== '(') at += 2;
      else {
        const { tokens, end } = this.read(at + 2);
        if (this.#source[end] !== ')') throw new JqSyntaxError('the interpolation that begins here does not end', at);
        parts.push(this.#unescape(from, at), tokens);
        at = end + 1;
        from = at;
      }
    }
    parts.push(this.#unescape(from, at));
    return { token: { kind: 'text', text: '', parts, at: start }, end: at + 1 };
  }

  #unescape(from: number, to: number): string {
    const raw = this.#source.slice(from, to);
    try {
      // Line breaks may stand in a text of jq as they are, not so in one of JSON.
      const json = raw.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
      return JSON.parse(`"${json}"`) as string;
    } catch {
      throw new JqSyntaxError(`the text ${JSON.stringify(raw)} has an escape that JSON does not have`, from);
    }
  }
}
