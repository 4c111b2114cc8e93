/** Reads a path from its start to its end. Whatever fails throws a SyntaxError with the place. */
export class Scanner {
  readonly source: string;
  #at = 0;

  constructor(source: string) {
    this.source = source;
  }

  get isAtEnd(): boolean {
    return this.#at === this.source.length;
  }

  /** Takes this text if it comes next. */
  take(text: string): boolean {
    if (!this.source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Takes what a sticky pattern matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.source);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  skipBlanks(): void {
    this.match(/[ \t\n\r]*/y);
  }

  need(text: string): void {
    if (!this.take(text)) this.fail(JSON.stringify(text));
  }

  fail(expected: string): never {
    const rest = this.source.slice(this.#at, this.#at + 20);
    throw new SyntaxError(`${expected} was expected at ${this.#at}, got ${rest === '' ? 'the end' : JSON.stringify(rest)}`);
  }

  /** Runs what may turn out not to be there, and goes back if so. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.#at;
    const found = read();
    if (found === undefined) this.#at = start;
    return found;
  }
}
