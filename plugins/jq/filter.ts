import type { JsonValue } from '@framegate/sdk';
import type { Path } from './path.js';

/** What is bound around a filter, innermost first: variables, functions, labels. Which is which is known since it was compiled. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly value: unknown;
}

/** Takes one value that a filter gives, with its path if that was asked for. */
export type Emit = (value: JsonValue, path: Path | undefined) => void;

/** A compiled filter: gives any number of values of one, in order. Throws JqError for what `try` may catch. */
export type Filter = (scope: Scope | undefined, value: JsonValue, path: Path | undefined, emit: Emit) => void;

/** A function that is not written in jq: makes a filter of those that it is called with. */
export type Builtin = (...parameters: Filter[]) => Filter;
