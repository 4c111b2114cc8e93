import type { JsonValue } from '@framegate/sdk';
import { JqError, Stop } from './error.js';
import type { Emit, Filter, Scope } from './filter.js';
import { keysOf, type Path, ROOT, update } from './path.js';

/** All that a filter gives, as an array. */
export function collect(filter: Filter, scope: Scope | undefined, value: JsonValue): JsonValue[] {
  const values: JsonValue[] = [];
  filter(scope, value, undefined, (item) => values.push(item));
  return values;
}

/** The first thing that a filter gives; it is not asked for more. */
export function firstOf(filter: Filter, scope: Scope | undefined, value: JsonValue): JsonValue | undefined {
  const stop = new Stop();
  let first: JsonValue | undefined;
  until(stop, () =>
    filter(scope, value, undefined, (item) => {
      first = item;
      throw stop;
    }),
  );
  return first;
}

/** Runs until the stop is thrown, or to its end. */
export function until(stop: Stop, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error !== stop) throw error;
  }
}

/** Runs a filter. What it raises is returned; what is raised by whoever takes its values goes on. */
export function attempt(
  filter: Filter,
  scope: Scope | undefined,
  value: JsonValue,
  path: Path | undefined,
  emit: Emit,
): JqError | undefined {
  let behind: unknown;
  try {
    filter(scope, value, path, (item, at) => {
      try {
        emit(item, at);
      } catch (error) {
        behind = error;
        throw error;
      }
    });
  } catch (error) {
    if (!(error instanceof JqError) || error === behind) throw error;
    return error;
  }
  return undefined;
}

/** The value with whatever stands at the paths of a filter changed, one after another. */
export function change(
  left: Filter,
  scope: Scope | undefined,
  value: JsonValue,
  combine: (old: JsonValue, keys: readonly JsonValue[]) => JsonValue,
): JsonValue {
  const paths: JsonValue[][] = [];
  left(scope, value, ROOT, (found, path) => paths.push(keysOf(path, found)));
  let changed = value;
  for (const keys of paths) changed = update(changed, keys, (old) => combine(old, keys));
  return changed;
}
