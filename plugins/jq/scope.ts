import type { JsonValue } from '@framegate/sdk';
import type { Filter, Scope } from './filter.js';

/** What is known while compiling of each {@link Scope} node: `$name`, `name/arity`, or `*label`. */
export interface Names {
  readonly parent: Names | undefined;
  readonly name: string;
}

/** A function and where it was defined, as it stands in a scope. */
export interface Callable {
  readonly body: Filter;
  readonly scope: Scope | undefined;
}

/** How many nodes outwards a name is; undefined: nowhere. */
export function hopsTo(names: Names | undefined, name: string): number | undefined {
  let hops = 0;
  for (let at = names; at !== undefined; at = at.parent, hops++) if (at.name === name) return hops;
  return undefined;
}

export function scopeOf(values: readonly JsonValue[]): Scope | undefined {
  return values.reduce<Scope | undefined>((parent, value) => ({ parent, value }), undefined);
}

export function nodeAt(scope: Scope | undefined, hops: number): Scope {
  let at = scope as Scope;
  for (let hop = 0; hop < hops; hop++) at = at.parent as Scope;
  return at;
}

export function replaceAt(scope: Scope | undefined, hops: number, value: JsonValue): Scope {
  const { parent, value: old } = scope as Scope;
  return hops === 0 ? { parent, value } : { parent: replaceAt(parent, hops - 1, value), value: old };
}

/** The scope of a function's body: where it was defined, and its parameters, which run where it was called. */
export function enter(defined: Scope | undefined, filters: readonly Filter[], caller: Scope | undefined): Scope | undefined {
  return filters.reduce<Scope | undefined>((parent, body) => ({ parent, value: { body, scope: caller } satisfies Callable }), defined);
}
