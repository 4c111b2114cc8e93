import { JqSyntaxError } from './error.js';
import { tokenize } from './lexer.js';
import type { Definition, Node, Pattern, PatternEntry } from './syntax.js';
import { TokenReader } from './token-reader.js';

const IDENTITY: Node = { kind: 'identity' };
const ASSIGNMENTS: ReadonlySet<string> = new Set(['=', '|=', '+=', '-=', '*=', '/=', '%=', '//=']);
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Reads a filter. Throws JqSyntaxError. */
export function parse(source: string): Node {
  return new Parser(tokenize(source), source).whole();
}

/** Reads `def name: body;` alone. */
export function parseDefinition(source: string): Definition {
  return new Parser(tokenize(source), source).definition();
}

class Parser extends TokenReader {
  whole(): Node {
    if (this.isEnd()) return IDENTITY;
    const node = this.#pipe();
    if (!this.isEnd()) this.unexpected();
    return node;
  }

  definition(): Definition {
    this.keyword('def');
    const { kind, text: name } = this.take();
    if (kind !== 'name' && kind !== 'keyword') this.unexpected(-1);
    const parameters: string[] = [];
    if (this.accept('(')) {
      do {
        const parameter = this.take();
        if (parameter.kind === 'variable') parameters.push(`$${parameter.text}`);
        else if (parameter.kind === 'name') parameters.push(parameter.text);
        else this.unexpected(-1);
      } while (this.accept(';'));
      this.expect(')');
    }
    this.expect(':');
    const body = this.#pipe();
    this.expect(';');
    return { name, parameters, body };
  }

  #pipe(): Node {
    if (this.isKeyword('def')) {
      const definition = this.definition();
      // A file of definitions only stands for the identity.
      const rest = this.isEnd() ? IDENTITY : this.#pipe();
      return { kind: 'define', definition, rest };
    }
    if (this.isKeyword('label')) {
      this.take();
      const name = this.variable();
      this.expect('|');
      return { kind: 'label', name, body: this.#pipe() };
    }
    const left = this.#comma();
    return this.accept('|') ? { kind: 'pipe', left, right: this.#pipe() } : left;
  }

  #comma(): Node {
    let left = this.#alternative();
    while (this.accept(',')) left = { kind: 'comma', left, right: this.#alternative() };
    return left;
  }

  /** `//` binds looser than an assignment, to the right. */
  #alternative(): Node {
    const left = this.#assignment();
    return this.accept('//') ? { kind: 'alternative', left, right: this.#alternative() } : left;
  }

  #assignment(): Node {
    const left = this.#or();
    if (this.token.kind !== 'operator' || !ASSIGNMENTS.has(this.token.text)) return left;
    const operator = this.take().text;
    return { kind: 'assign', operator, left, right: this.#alternative() };
  }

  #or(): Node {
    let left = this.#and();
    while (this.acceptKeyword('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Node {
    let left = this.#comparison();
    while (this.acceptKeyword('and')) left = { kind: 'and', left, right: this.#comparison() };
    return left;
  }

  #comparison(): Node {
    const left = this.#sum();
    if (this.token.kind !== 'operator' || !COMPARISONS.has(this.token.text)) return left;
    return { kind: 'operator', operator: this.take().text, left, right: this.#sum() };
  }

  #sum(): Node {
    let left = this.#product();
    while (this.isOperator('+') || this.isOperator('-'))
      left = { kind: 'operator', operator: this.take().text, left, right: this.#product() };
    return left;
  }

  #product(): Node {
    let left = this.#operand();
    while (this.isOperator('*') || this.isOperator('/') || this.isOperator('%'))
      left = { kind: 'operator', operator: this.take().text, left, right: this.#operand() };
    return left;
  }

  #operand(): Node {
    if (this.accept('-')) return { kind: 'negate', body: this.#operand() };
    if (this.isKeyword('def') || this.isKeyword('label')) return this.#pipe();
    const source = this.#postfix();
    if (!this.acceptKeyword('as')) return source;
    const patterns = this.#patterns();
    this.expect('|');
    return { kind: 'bind', source, patterns, body: this.#pipe() };
  }

  #postfix(): Node {
    let node = this.#term();
    for (;;) {
      const { kind, text } = this.token;
      if (kind === 'field') node = { kind: 'index', target: node, key: { kind: 'literal', value: this.take().text } };
      else if (this.isOperator('.') && this.peek().kind === 'text') {
        this.take();
        node = { kind: 'index', target: node, key: this.#text('text') };
      } else if (this.isOperator('.') && this.peek().kind === 'operator' && this.peek().text === '[') this.take();
      else if (kind === 'operator' && text === '[') node = this.#bracket(node);
      else if (this.accept('?')) node = { kind: 'try', body: node, handler: undefined };
      else return node;
    }
  }

  #bracket(target: Node): Node {
    this.expect('[');
    if (this.accept(']')) return { kind: 'iterate', target };
    if (this.accept(':')) {
      const to = this.#pipe();
      this.expect(']');
      return { kind: 'slice', target, from: undefined, to };
    }
    const key = this.#pipe();
    if (this.accept(']')) return { kind: 'index', target, key };
    this.expect(':');
    const to = this.isOperator(']') ? undefined : this.#pipe();
    this.expect(']');
    return { kind: 'slice', target, from: key, to };
  }

  #term(): Node {
    const token = this.token;
    switch (token.kind) {
      case 'number':
        this.take();
        return { kind: 'literal', value: Number(token.text) };
      case 'text':
        return this.#text('text');
      case 'format':
        this.take();
        return this.token.kind === 'text' ? this.#text(token.text) : { kind: 'format', name: token.text, at: token.at };
      case 'field':
        this.take();
        return { kind: 'index', target: IDENTITY, key: { kind: 'literal', value: token.text } };
      case 'variable':
        this.take();
        if (token.text !== '__loc__') return { kind: 'variable', name: token.text, at: token.at };
        return { kind: 'literal', value: { file: '<top-level>', line: this.source.slice(0, token.at).split('\n').length } };
      case 'name':
        return this.#call();
      case 'keyword':
        return this.#statement();
      case 'operator':
        return this.#bracketed();
      default:
        return this.unexpected();
    }
  }

  #bracketed(): Node {
    if (this.accept('..')) return { kind: 'call', name: 'recurse', parameters: [], at: 0 };
    if (this.accept('.')) {
      return this.token.kind === 'text' ? { kind: 'index', target: IDENTITY, key: this.#text('text') } : IDENTITY;
    }
    if (this.accept('(')) {
      const node = this.#pipe();
      this.expect(')');
      return node;
    }
    if (this.accept('[')) {
      if (this.accept(']')) return { kind: 'array', body: undefined };
      const body = this.#pipe();
      this.expect(']');
      return { kind: 'array', body };
    }
    return this.isOperator('{') ? this.#object() : this.unexpected();
  }

  #statement(): Node {
    const { text, at } = this.take();
    switch (text) {
      case 'if':
        return this.#if();
      case 'try': {
        const body = this.#postfix();
        return { kind: 'try', body, handler: this.acceptKeyword('catch') ? this.#postfix() : undefined };
      }
      case 'reduce':
      case 'foreach': {
        const source = this.#postfix();
        this.keyword('as');
        const patterns = this.#patterns();
        this.expect('(');
        const start = this.#pipe();
        this.expect(';');
        const update = this.#pipe();
        const extract = text === 'foreach' && this.accept(';') ? this.#pipe() : IDENTITY;
        this.expect(')');
        return text === 'reduce'
          ? { kind: 'reduce', source, patterns, start, update }
          : { kind: 'foreach', source, patterns, start, update, extract };
      }
      case 'import':
      case 'include':
        throw new JqSyntaxError('there are no modules here', at);
      default:
        return this.unexpected(-1);
    }
  }

  #if(): Node {
    const condition = this.#pipe();
    this.keyword('then');
    const then = this.#pipe();
    if (this.acceptKeyword('elif')) return { kind: 'if', condition, then, otherwise: this.#if() };
    const otherwise = this.acceptKeyword('else') ? this.#pipe() : IDENTITY;
    this.keyword('end');
    return { kind: 'if', condition, then, otherwise };
  }

  #call(): Node {
    const { text: name, at } = this.take();
    if (name === 'null' || name === 'true' || name === 'false') return { kind: 'literal', value: JSON.parse(name) };
    if (name === 'break' && this.token.kind === 'variable') return { kind: 'break', name: this.take().text, at };
    const parameters: Node[] = [];
    if (this.accept('(')) {
      do parameters.push(this.#pipe());
      while (this.accept(';'));
      this.expect(')');
    }
    return { kind: 'call', name, parameters, at };
  }

  #text(format: string): Node {
    const { parts = [], at } = this.take();
    const [only] = parts;
    if (parts.length === 1 && typeof only === 'string') return { kind: 'literal', value: only };
    return {
      kind: 'text',
      format,
      parts: parts.map((part) => (typeof part === 'string' ? part : new Parser(part, this.source).whole())),
      at,
    };
  }

  #object(): Node {
    this.expect('{');
    const entries: { key: Node; value: Node }[] = [];
    while (!this.accept('}')) {
      entries.push(this.#entry());
      if (this.accept(',')) continue;
      this.expect('}');
      break;
    }
    return { kind: 'object', entries };
  }

  #entry(): { key: Node; value: Node } {
    const token = this.token;
    if (token.kind === 'variable') {
      const value = this.#term();
      return { key: { kind: 'literal', value: token.text }, value };
    }
    const { key, needsValue } = this.#key();
    if (this.accept(':')) return { key, value: this.#memberValue() };
    if (needsValue) this.expect(':');
    return { key, value: { kind: 'index', target: IDENTITY, key } };
  }

  #key(): { key: Node; needsValue: boolean } {
    const token = this.token;
    if (token.kind === 'name' || token.kind === 'keyword') return { key: { kind: 'literal', value: this.take().text }, needsValue: false };
    if (token.kind === 'text' || token.kind === 'format') return { key: this.#term(), needsValue: false };
    if (token.kind === 'number') return { key: { kind: 'literal', value: this.take().text }, needsValue: true };
    this.expect('(');
    const key = this.#pipe();
    this.expect(')');
    return { key, needsValue: true };
  }

  /** The value of a member: anything up to a comma or `|`, which joins on: `{a: 1 | 2}`. */
  #memberValue(): Node {
    const left = this.#alternative();
    return this.accept('|') ? { kind: 'pipe', left, right: this.#memberValue() } : left;
  }

  #patterns(): readonly Pattern[] {
    const patterns = [this.#pattern()];
    while (this.accept('?//')) patterns.push(this.#pattern());
    return patterns;
  }

  #pattern(): Pattern {
    if (this.token.kind === 'variable') return { kind: 'variable', name: this.take().text };
    if (this.accept('[')) {
      const items: Pattern[] = [];
      do items.push(this.#pattern());
      while (this.accept(','));
      this.expect(']');
      return { kind: 'array', items };
    }
    this.expect('{');
    const entries: PatternEntry[] = [];
    do entries.push(this.#patternEntry());
    while (this.accept(','));
    this.expect('}');
    return { kind: 'object', entries };
  }

  #patternEntry(): PatternEntry {
    if (this.token.kind === 'variable') {
      const variable = this.take().text;
      return { variable, key: { kind: 'literal', value: variable }, value: this.accept(':') ? this.#pattern() : undefined };
    }
    const { key } = this.#key();
    this.expect(':');
    return { variable: undefined, key, value: this.#pattern() };
  }
}
