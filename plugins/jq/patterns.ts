import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import type { Filter, Scope } from './filter.js';
import { get } from './path.js';
import { type Names, replaceAt } from './scope.js';
import type { Node, Pattern } from './syntax.js';
import { typeOf } from './value.js';

type Compile = (node: Node, names: Names | undefined) => Filter;
type Done = (scope: Scope | undefined) => void;
/** Binds the variables of a pattern to what it finds in `item`, once or several times. */
type Binder = (scope: Scope | undefined, value: JsonValue, item: JsonValue, done: Done) => void;

/** Binds the variables of all patterns; the first pattern for which nothing goes wrong counts, the others' variables are null. */
export function compilePatterns(
  compile: Compile,
  patterns: readonly Pattern[],
  names: Names | undefined,
): { bind: Binder; inner: Names | undefined } {
  const variables = [...new Set(patterns.flatMap(variablesOf))];
  const inner = variables.reduce<Names | undefined>((parent, name) => ({ parent, name: `$${name}` }), names);
  const binders = patterns.map((pattern) => compilePattern(compile, pattern, inner, variables));
  const bind: Binder = (scope, value, item, done) => {
    const empty = (): Scope | undefined => variables.reduce<Scope | undefined>((parent) => ({ parent, value: null }), scope);
    const tryFrom = (index: number): void => {
      const binder = binders[index] as Binder;
      if (index === binders.length - 1) {
        binder(empty(), value, item, done);
        return;
      }
      // Unlike elsewhere an error of what comes behind counts, too: that is what the operator is for.
      try {
        binder(empty(), value, item, done);
      } catch (error) {
        if (!(error instanceof JqError)) throw error;
        tryFrom(index + 1);
      }
    };
    tryFrom(0);
  };
  return { bind, inner };
}

function compilePattern(compile: Compile, pattern: Pattern, names: Names | undefined, variables: readonly string[]): Binder {
  const setter = (name: string): ((scope: Scope | undefined, item: JsonValue) => Scope | undefined) => {
    const position = variables.length - 1 - variables.indexOf(name);
    return (scope, item) => replaceAt(scope, position, item);
  };
  if (pattern.kind === 'variable') {
    const set = setter(pattern.name);
    return (scope, _value, item, done) => done(set(scope, item));
  }
  if (pattern.kind === 'array') {
    const items = pattern.items.map((item) => compilePattern(compile, item, names, variables));
    const from = (index: number, scope: Scope | undefined, value: JsonValue, item: JsonValue, done: Done): void => {
      const binder = items[index];
      if (binder === undefined) {
        done(scope);
        return;
      }
      if (item !== null && !Array.isArray(item)) throw new JqError(`Cannot index ${typeOf(item)} with number`);
      binder(scope, value, get(item, index), (bound) => from(index + 1, bound, value, item, done));
    };
    return (scope, value, item, done) => from(0, scope, value, item, done);
  }
  const entries = pattern.entries.map(({ variable, key, value }) => ({
    set: variable === undefined ? undefined : setter(variable),
    key: compile(key, names),
    value: value === undefined ? undefined : compilePattern(compile, value, names, variables),
  }));
  const from = (index: number, scope: Scope | undefined, value: JsonValue, item: JsonValue, done: Done): void => {
    const entry = entries[index];
    if (entry === undefined) {
      done(scope);
      return;
    }
    entry.key(scope, value, undefined, (key) => {
      if (typeof key !== 'string') throw new JqError(`Cannot index ${typeOf(item)} with ${typeOf(key)}`);
      const found = get(item, key);
      const bound = entry.set === undefined ? scope : entry.set(scope, found);
      const next: Done = (own) => from(index + 1, own, value, item, done);
      if (entry.value === undefined) next(bound);
      else entry.value(bound, value, found, next);
    });
  };
  return (scope, value, item, done) => from(0, scope, value, item, done);
}

function variablesOf(pattern: Pattern): readonly string[] {
  if (pattern.kind === 'variable') return [pattern.name];
  if (pattern.kind === 'array') return pattern.items.flatMap(variablesOf);
  return pattern.entries.flatMap(({ variable, value }) => [
    ...(variable === undefined ? [] : [variable]),
    ...(value === undefined ? [] : variablesOf(value)),
  ]);
}
