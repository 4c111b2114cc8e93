import { JqSyntaxError } from './error.js';
import type { Token } from './lexer.js';

/** A place among the tokens of a filter, and what a parser asks of it. */
export abstract class TokenReader {
  protected readonly source: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[], source: string) {
    this.#tokens = tokens;
    this.source = source;
  }

  protected get token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  protected peek(): Token {
    return this.#tokens[Math.min(this.#next + 1, this.#tokens.length - 1)] as Token;
  }

  protected take(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  protected isEnd(): boolean {
    return this.token.kind === 'end';
  }

  protected variable(): string {
    if (this.token.kind !== 'variable') this.unexpected();
    return this.take().text;
  }

  protected isOperator(text: string): boolean {
    return this.token.kind === 'operator' && this.token.text === text;
  }

  protected isKeyword(text: string): boolean {
    return this.token.kind === 'keyword' && this.token.text === text;
  }

  protected accept(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.take();
    return true;
  }

  protected acceptKeyword(text: string): boolean {
    if (!this.isKeyword(text)) return false;
    this.take();
    return true;
  }

  protected expect(text: string): void {
    if (!this.accept(text)) this.unexpected(0, text);
  }

  protected keyword(text: string): void {
    if (!this.acceptKeyword(text)) this.unexpected(0, text);
  }

  /** `offset` -1: the token that was just taken. */
  protected unexpected(offset = 0, wanted?: string): never {
    const token = this.#tokens[this.#next + offset] as Token;
    const found = token.kind === 'end' ? 'the end' : JSON.stringify(this.source.slice(token.at).match(/^\S{1,20}/)?.[0] ?? '');
    throw new JqSyntaxError(`unexpected ${found}${wanted === undefined ? '' : `; wanted is ${JSON.stringify(wanted)}`}`, token.at);
  }
}
