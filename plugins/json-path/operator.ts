import type { JsonValue } from '@framegate/sdk';
import { type Pattern, regularExpression, wildcard } from './pattern.js';

/** What a rule expects of the value that its path names. Names and meaning are those of Otoroshi's content validator. */
export type Operator =
  | { readonly kind: 'equal'; readonly value: JsonValue }
  | { readonly kind: 'defined' | 'undefined' }
  | { readonly kind: 'size'; readonly fits: (size: number) => boolean }
  /** `part`: for a text, whether some of it matches. `element`: for an element of an array, as a whole. */
  | { readonly kind: 'contains' | 'jsonContains'; readonly not: boolean; readonly part: Pattern; readonly element: Pattern }
  /** Of an array all elements have to match. */
  | { readonly kind: 'starts'; readonly matches: Pattern }
  | { readonly kind: 'text'; readonly matches: Pattern };

type Parse = (argument: string) => Operator;

const not =
  (pattern: Pattern): Pattern =>
  (text) =>
    !pattern(text);

const SIZES: Readonly<Record<string, (size: number, limit: number) => boolean>> = {
  Size: (size, limit) => size === limit,
  SizeNot: (size, limit) => size !== limit,
  SizeLt: (size, limit) => size < limit,
  SizeGt: (size, limit) => size > limit,
  SizeLte: (size, limit) => size <= limit,
  SizeGte: (size, limit) => size >= limit,
};

const OPERATORS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ...Object.entries(SIZES).map(([name, compare]): [string, Parse] => [name, (argument) => size(argument, compare)]),
  ['Contains', (argument) => contains('contains', false, argument)],
  ['ContainsNot', (argument) => contains('contains', true, argument)],
  ['JsonContains', (argument) => contains('jsonContains', false, argument)],
  ['JsonContainsNot', (argument) => contains('jsonContains', true, argument)],
  ['StartsWith', (prefix) => ({ kind: 'starts', matches: (text) => text.startsWith(prefix) })],
  ['DontStartsWith', (prefix) => ({ kind: 'starts', matches: (text) => !text.startsWith(prefix) })],
  ['Regex', (source) => ({ kind: 'text', matches: regularExpression(source).whole })],
  ['RegexNot', (source) => ({ kind: 'text', matches: not(regularExpression(source).whole) })],
  ['Wildcard', (source) => ({ kind: 'text', matches: wildcard(source) })],
  ['WildcardNot', (source) => ({ kind: 'text', matches: not(wildcard(source)) })],
  ['Not', (other) => ({ kind: 'text', matches: (text) => text !== other })],
  ['ContainedIn', (list) => ({ kind: 'text', matches: among(list) })],
  ['NotContainedIn', (list) => ({ kind: 'text', matches: not(among(list)) })],
  ['Is', (value) => ({ kind: 'equal', value })],
  ['IsDefined', (argument) => nothing(argument, { kind: 'defined' })],
  ['NotDefined', (argument) => nothing(argument, { kind: 'undefined' })],
]);

const CALL = /^\s*([A-Z][A-Za-z]*)\((.*)\)\s*$/s;

/** Reads an expected value: `Name(argument)` is an operator, anything else stands for itself. Throws TypeError that says what is wrong. */
export function parseOperator(expected: JsonValue): Operator {
  const call = typeof expected === 'string' ? CALL.exec(expected) : null;
  if (call === null) return { kind: 'equal', value: expected };
  const [, name = '', argument = ''] = call;
  const parse = OPERATORS.get(name);
  if (parse === undefined) {
    throw new TypeError(
      `there is no operator ${name}; known are ${[...OPERATORS.keys()].join(', ')}. A text that only looks like one is written Is(${expected})`,
    );
  }
  try {
    return parse(argument);
  } catch (error) {
    throw new TypeError(`operator ${name}: ${(error as Error).message}`);
  }
}

function size(argument: string, compare: (size: number, limit: number) => boolean): Operator {
  if (!/^\s*\d{1,15}\s*$/.test(argument)) throw new TypeError(`needs a whole number, not ${JSON.stringify(argument)}`);
  const limit = Number(argument);
  return { kind: 'size', fits: (length) => compare(length, limit) };
}

const NESTED = /^(Regex|Wildcard)\((.*)\)$/s;

function contains(kind: 'contains' | 'jsonContains', isNot: boolean, argument: string): Operator {
  const [, name, source = ''] = NESTED.exec(argument) ?? [];
  if (name === 'Regex') {
    const { whole, part } = regularExpression(source);
    return { kind, not: isNot, part, element: whole };
  }
  if (name === 'Wildcard') return { kind, not: isNot, part: wildcard(`*${source}*`), element: wildcard(source) };
  const part: Pattern = (text) => text.includes(argument);
  return { kind, not: isNot, part, element: kind === 'jsonContains' ? part : (text) => text === argument };
}

function among(list: string): Pattern {
  const values = new Set(list.split(',').map((value) => value.trim()));
  return (text) => values.has(text);
}

function nothing(argument: string, operator: Operator): Operator {
  if (argument.trim() !== '') throw new TypeError(`takes no argument, and has ${JSON.stringify(argument)}`);
  return operator;
}
