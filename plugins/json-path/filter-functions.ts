import type { JsonValue } from '@framegate/sdk';
import { translateIRegexp } from './i-regexp.js';

/** What a filter works with: a JSON value, or nothing at all. */
export type MaybeValue = JsonValue | undefined;

/** A function of filter expressions (RFC 9535, section 2.4). `nodes`: it takes all that a query finds, others take values. */
export type FilterFunction =
  | { readonly takes: 'nodes'; readonly gives: 'value'; readonly arity: 1; readonly run: (nodes: readonly JsonValue[]) => MaybeValue }
  | { readonly takes: 'values'; readonly gives: 'value'; readonly arity: 1; readonly run: (value: MaybeValue) => MaybeValue }
  | {
      readonly takes: 'values';
      readonly gives: 'truth';
      readonly arity: 2;
      /** Made anew for each place at which it is called, where it remembers its last pattern. */
      readonly make: () => (text: MaybeValue, pattern: MaybeValue) => boolean;
    };

export const FILTER_FUNCTIONS: Readonly<Record<string, FilterFunction>> = {
  length: { takes: 'values', gives: 'value', arity: 1, run: lengthOf },
  count: { takes: 'nodes', gives: 'value', arity: 1, run: ({ length }) => length },
  value: { takes: 'nodes', gives: 'value', arity: 1, run: (nodes) => (nodes.length === 1 ? nodes[0] : undefined) },
  match: { takes: 'values', gives: 'truth', arity: 2, make: () => tester((source) => `^(?:${source})$`) },
  search: { takes: 'values', gives: 'truth', arity: 2, make: () => tester((source) => source) },
};

/** Of a text, its code points. */
function lengthOf(value: MaybeValue): MaybeValue {
  if (typeof value === 'string') return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}

function tester(enclose: (source: string) => string): (text: MaybeValue, pattern: MaybeValue) => boolean {
  let known: { readonly pattern: string; readonly expression: RegExp | undefined } | undefined;
  return (text, pattern) => {
    if (typeof text !== 'string' || typeof pattern !== 'string') return false;
    if (known?.pattern !== pattern) known = { pattern, expression: compile(pattern, enclose) };
    return known.expression?.test(text) ?? false;
  };
}

function compile(pattern: string, enclose: (source: string) => string): RegExp | undefined {
  const source = translateIRegexp(pattern);
  if (source === undefined) return undefined;
  try {
    return new RegExp(enclose(source), 'u');
  } catch {
    // a range that runs backwards, a quantifier of more than can be counted
    return undefined;
  }
}
