import type { JsonValue } from '@framegate/sdk';
import { type Comparison, compare } from './compare.js';
import { FILTER_FUNCTIONS, type MaybeValue } from './filter-functions.js';
import { find, type Query, type Segment, stepsOf, walk } from './query.js';
import { Scanner } from './scanner.js';
import { all, byIndex, byName, bySlice, byTest, type Selector, type Test } from './selectors.js';

/** What an expression of a filter comes down to. */
type Term =
  | { readonly kind: 'value'; readonly isLiteral: boolean; readonly run: (current: JsonValue, root: JsonValue) => MaybeValue }
  | { readonly kind: 'query'; readonly query: Query; readonly isRelative: boolean }
  | { readonly kind: 'truth'; readonly run: Test };

const NAME = /[A-Za-z_\u0080-\ud7ff\ue000-\u{10ffff}][\w\u0080-\ud7ff\ue000-\u{10ffff}]*/uy;
const INTEGER = /0|-?[1-9]\d*/y;
const SLICE = /(?<start>0|-?[1-9]\d*)?[ \t\n\r]*:[ \t\n\r]*(?<end>0|-?[1-9]\d*)?(?:[ \t\n\r]*:(?:[ \t\n\r]*(?<step>0|-?[1-9]\d*))?)?/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const DOUBLE = /"((?:[^"\\\ud800-\udfff]|\\[^u']|\\u[0-9A-Fa-f]{4})*)"/uy;
const SINGLE = /'((?:[^'\\\ud800-\udfff]|\\[^u"]|\\u[0-9A-Fa-f]{4})*)'/uy;
const WORD = /(?:true|false|null)(?![\w(])/y;
const CALL = /([a-z][a-z_0-9]*)\(/y;
const OPERATOR = /==|!=|<=|>=|<|>/y;
/** Levels of parentheses, functions and filters in one another. */
const MAX_DEPTH = 100;

/** Reads a path (RFC 9535). Throws SyntaxError with the place of what is wrong. */
export function readQuery(source: string): Query {
  const scanner = new Scanner(source);
  if (!scanner.take('$')) scanner.fail('"$"');
  const query = new QueryReader(scanner).segments();
  if (!scanner.isAtEnd) scanner.fail('".", "[" or the end');
  return query;
}

class QueryReader {
  readonly #scanner: Scanner;
  #depth = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  segments(): Query {
    const segments: Segment[] = [];
    for (let next = this.#segment(); next !== undefined; next = this.#segment()) segments.push(next);
    return { segments };
  }

  #segment(): Segment | undefined {
    const scanner = this.#scanner;
    return scanner.attempt(() => {
      scanner.skipBlanks();
      const deep = scanner.take('..');
      if (scanner.take('[')) return { deep, ...this.#selection() };
      if (!deep && !scanner.take('.')) return undefined;
      if (scanner.take('*')) return { deep, selectors: [all], step: undefined };
      const [name] = scanner.match(NAME) ?? scanner.fail('a name, "*" or "["');
      return { deep, selectors: [byName(name)], step: name };
    });
  }

  #selection(): Omit<Segment, 'deep'> {
    const scanner = this.#scanner;
    const selectors: { readonly select: Selector; readonly step?: string | number }[] = [];
    do {
      scanner.skipBlanks();
      selectors.push(this.#selector());
      scanner.skipBlanks();
    } while (scanner.take(','));
    scanner.need(']');
    const [only, ...others] = selectors;
    return { selectors: selectors.map(({ select }) => select), step: others.length === 0 ? only?.step : undefined };
  }

  #selector(): { readonly select: Selector; readonly step?: string | number } {
    const scanner = this.#scanner;
    if (scanner.take('*')) return { select: all };
    if (scanner.take('?')) return { select: byTest(this.#nested(() => this.#truth())) };
    const name = this.#text();
    if (name !== undefined) return { select: byName(name), step: name };
    const slice = scanner.match(SLICE)?.groups;
    if (slice !== undefined) {
      const { start, end, step } = slice;
      return { select: bySlice(this.#integer(start), this.#integer(end), this.#integer(step) ?? 1) };
    }
    const index = this.#integer(scanner.match(INTEGER)?.[0]) ?? scanner.fail('a name in quotes, an index, a slice, "*" or "?"');
    return { select: byIndex(index), step: index };
  }

  #integer(digits: string | undefined): number | undefined {
    if (digits === undefined) return undefined;
    const value = Number(digits);
    return Number.isSafeInteger(value) ? value : this.#scanner.fail(`a number within ±(2^53 - 1) instead of ${digits}`);
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.#scanner.fail(`less than ${MAX_DEPTH} levels of filters and parentheses`);
    const found = read();
    this.#depth--;
    return found;
  }

  /** `a || b && !c` */
  #truth(): Test {
    const alternatives = this.#list('||', () => this.#list('&&', () => this.#basic()));
    return (current, root) => alternatives.some((tests) => tests.every((test) => test(current, root)));
  }

  #list<T>(separator: string, read: () => T): T[] {
    const scanner = this.#scanner;
    const found: T[] = [];
    do {
      scanner.skipBlanks();
      found.push(read());
      scanner.skipBlanks();
    } while (scanner.take(separator));
    return found;
  }

  #basic(): Test {
    const scanner = this.#scanner;
    const isNegated = scanner.take('!');
    if (isNegated) scanner.skipBlanks();
    const test = scanner.take('(') ? this.#parenthesised() : this.#comparisonOrTest(isNegated);
    return isNegated ? (current, root) => !test(current, root) : test;
  }

  #parenthesised(): Test {
    const test = this.#nested(() => this.#truth());
    this.#scanner.need(')');
    return test;
  }

  #comparisonOrTest(isNegated: boolean): Test {
    const scanner = this.#scanner;
    const left = this.#term();
    const operator = scanner.attempt(() => {
      scanner.skipBlanks();
      return scanner.match(OPERATOR)?.[0] as Comparison | undefined;
    });
    if (operator === undefined) return this.#asTest(left);
    if (isNegated) scanner.fail('a parenthesis around what is negated');
    scanner.skipBlanks();
    const one = this.#asValue(left);
    const other = this.#asValue(this.#term());
    return (current, root) => compare(one(current, root), operator, other(current, root));
  }

  #term(): Term {
    const scanner = this.#scanner;
    const text = this.#text();
    const literal = text ?? (JSON.parse((scanner.match(WORD) ?? scanner.match(NUMBER))?.[0] ?? '""') as JsonValue);
    if (text !== undefined || literal !== '') return { kind: 'value', isLiteral: true, run: () => literal };
    if (scanner.take('@')) return { kind: 'query', query: this.segments(), isRelative: true };
    if (scanner.take('$')) return { kind: 'query', query: this.segments(), isRelative: false };
    const [, name] = scanner.match(CALL) ?? scanner.fail('a value, "@", "$" or a function');
    return this.#nested(() => this.#call(name as string));
  }

  #call(name: string): Term {
    const called = Object.hasOwn(FILTER_FUNCTIONS, name) ? FILTER_FUNCTIONS[name] : undefined;
    if (called === undefined) this.#scanner.fail(`one of the functions ${Object.keys(FILTER_FUNCTIONS).join(', ')} instead of ${name}`);
    const given = this.#list(',', () => this.#term());
    this.#scanner.need(')');
    const [first, second] = given;
    if (first === undefined || given.length !== called.arity)
      this.#scanner.fail(`${called.arity === 1 ? 'one argument' : `${called.arity} arguments`} of ${name}`);
    if (called.takes === 'nodes') {
      const { run } = called;
      const nodes = this.#asNodes(first);
      return { kind: 'value', isLiteral: false, run: (current, root) => run(nodes(current, root)) };
    }
    const value = this.#asValue(first);
    if (called.gives === 'value') {
      const { run } = called;
      return { kind: 'value', isLiteral: false, run: (current, root) => run(value(current, root)) };
    }
    const pattern = this.#asValue(second as Term);
    const matches = called.make();
    return { kind: 'truth', run: (current, root) => matches(value(current, root), pattern(current, root)) };
  }

  #asTest(term: Term): Test {
    if (term.kind === 'truth') return term.run;
    if (term.kind === 'value')
      return this.#scanner.fail(term.isLiteral ? 'a comparison of the value' : 'a comparison of what the function gives');
    const { query, isRelative } = term;
    return (current, root) => find(query, isRelative ? current : root, root).length > 0;
  }

  #asValue(term: Term): (current: JsonValue, root: JsonValue) => MaybeValue {
    if (term.kind === 'value') return term.run;
    if (term.kind === 'truth') return this.#scanner.fail('a value instead of the result of match or search');
    const { query, isRelative } = term;
    const steps = stepsOf(query) ?? this.#scanner.fail('a path of names and indexes, which finds one value');
    return (current, root) => walk(isRelative ? current : root, steps);
  }

  #asNodes(term: Term): (current: JsonValue, root: JsonValue) => readonly JsonValue[] {
    if (term.kind !== 'query') return this.#scanner.fail('a path as the argument');
    const { query, isRelative } = term;
    return (current, root) => find(query, isRelative ? current : root, root);
  }

  /** A text in either kind of quotes. */
  #text(): string | undefined {
    const scanner = this.#scanner;
    const double = scanner.match(DOUBLE)?.[1];
    const body = double ?? scanner.match(SINGLE)?.[1]?.replace(/\\'|"/g, (found) => (found === '"' ? '\\"' : "'"));
    if (body === undefined) return undefined;
    try {
      const text = JSON.parse(`"${body}"`) as string;
      if (text.isWellFormed()) return text;
    } catch {
      // an escape that JSON does not know
    }
    return scanner.fail('a text with the escapes of JSON');
  }
}
