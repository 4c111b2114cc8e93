import type { JsonValue } from '@framegate/sdk';
import { isArray, isNumber, need } from './builtin.js';
import { JqError, Stop } from './error.js';
import type { Builtin, Filter } from './filter.js';
import { get, keysOf, made, NOWHERE, ROOT } from './path.js';
import { until } from './run.js';
import { describe, isTruthy } from './value.js';

/** Functions that call their parameters themselves: they give several values, or none, or say where one was found. */
export const GENERATORS: Readonly<Record<string, Builtin>> = {
  'range/1': range((_from, values) => [0, values[0], 1]),
  'range/2': range((_from, values) => [values[0], values[1], 1]),
  'range/3': range((_from, values) => [values[0], values[1], values[2]]),
  'first/1': (filter) => (scope, value, path, emit) => {
    const stop = new Stop();
    until(stop, () =>
      (filter as Filter)(scope, value, path, (item, at) => {
        emit(item, at);
        throw stop;
      }),
    );
  },
  'last/1': (filter) => (scope, value, path, emit) => {
    let last: [JsonValue, Parameters<typeof emit>[1]] | undefined;
    (filter as Filter)(scope, value, path, (item, at) => {
      last = [item, at];
    });
    if (last !== undefined) emit(...last);
  },
  'limit/2': (count, filter) => (scope, value, path, emit) =>
    (count as Filter)(scope, value, undefined, (max) => {
      let left = need(max, isNumber, 'is no number of values');
      if (!(left > 0)) return;
      const stop = new Stop();
      until(stop, () =>
        (filter as Filter)(scope, value, path, (item, at) => {
          left--;
          emit(item, at);
          if (!(left > 0)) throw stop;
        }),
      );
    }),
  'skip/2': (count, filter) => (scope, value, path, emit) =>
    (count as Filter)(scope, value, undefined, (skipped) => {
      let left = need(skipped, isNumber, 'is no number of values');
      (filter as Filter)(scope, value, path, (item, at) => {
        if (left-- <= 0) emit(item, at);
      });
    }),
  'isempty/1': (filter) => (scope, value, path, emit) => {
    const stop = new Stop();
    let isEmpty = true;
    until(stop, () =>
      (filter as Filter)(scope, value, undefined, () => {
        isEmpty = false;
        throw stop;
      }),
    );
    emit(isEmpty, made(path));
  },
  'path/1': (filter) => (scope, value, path, emit) =>
    (filter as Filter)(scope, value, ROOT, (found, at) => emit(keysOf(at, found), made(path))),
  'getpath/1': (filter) => (scope, value, path, emit) =>
    (filter as Filter)(scope, value, undefined, (keys) => {
      let found: JsonValue = value;
      let at = path;
      for (const key of need(keys, isArray, 'is no path: it must be an array')) {
        if (at === NOWHERE) throw new JqError(`Invalid path expression with result ${describe(found)}`);
        at = at === undefined ? undefined : { parent: at, key };
        found = found === null ? null : get(found, key);
      }
      emit(found, at);
    }),
  'recurse/1': (filter) => walkFrom((_scope, _value, next) => next(true, true), filter as Filter),
  'repeat/1': (filter) => walkFrom((_scope, _value, next) => next(true, true), filter as Filter),
  'while/2': (condition, filter) =>
    walkFrom(
      (scope, value, next) => (condition as Filter)(scope, value, undefined, (test) => next(isTruthy(test), isTruthy(test))),
      filter as Filter,
    ),
  'until/2': (condition, filter) =>
    walkFrom(
      (scope, value, next) => (condition as Filter)(scope, value, undefined, (test) => next(isTruthy(test), !isTruthy(test))),
      filter as Filter,
    ),
  /** Outermost first, without recursion: a guest's stack is small. */
  'recurse/0': () => (_scope, value, path, emit) => {
    const open = [{ value, path }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { value: found, path: at } = next;
      emit(found, at);
      if (typeof found !== 'object' || found === null) continue;
      if (at === NOWHERE) throw new JqError(`Invalid path expression with result ${describe(found)}`);
      const children = Array.isArray(found) ? [...found.entries()] : Object.entries(found);
      for (const [key, child] of children.reverse()) open.push({ value: child, path: at === undefined ? undefined : { parent: at, key } });
    }
  },
};

/**
 * A value, then what the filter makes of it, then what it makes of that, depth first; `judge` says of each whether it is given and whether
 * it goes on. Without recursion: thousands of steps don't fit into a guest's stack.
 */
function walkFrom(
  judge: (scope: Parameters<Filter>[0], value: JsonValue, next: (isGiven: boolean, goesOn: boolean) => void) => void,
  filter: Filter,
): Filter {
  return (scope, value, path, emit) => {
    const open = [{ value, path }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { value: found, path: at } = next;
      const behind: typeof open = [];
      judge(scope, found, (isGiven, goesOn) => {
        if (isGiven) emit(found, at);
        if (goesOn) filter(scope, found, at, (item, itemAt) => behind.push({ value: item, path: itemAt }));
      });
      open.push(...behind.reverse());
    }
  };
}

function range(bounds: (value: JsonValue, values: readonly JsonValue[]) => (JsonValue | undefined)[]): Builtin {
  return (...parameters) => {
    const collectFrom = (scope: Parameters<Filter>[0], value: JsonValue, values: JsonValue[], run: (values: JsonValue[]) => void): void => {
      const parameter = parameters[values.length];
      if (parameter === undefined) run(values);
      else parameter(scope, value, undefined, (item) => collectFrom(scope, value, [...values, item], run));
    };
    return (scope, value, path, emit) =>
      collectFrom(scope, value, [], (values) => {
        const [from, to, by] = bounds(value, values).map((bound) => need(bound as JsonValue, isNumber, 'is no bound of a range')) as [
          number,
          number,
          number,
        ];
        if (by > 0) for (let at = from; at < to; at += by) emit(at, made(path));
        else if (by < 0) for (let at = from; at > to; at += by) emit(at, made(path));
        else if (from < to) throw new JqError('a range with steps of 0 has no end');
      });
  };
}
