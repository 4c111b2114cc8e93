import type { JsonValue } from '@framegate/sdk';
import { BROKEN_DOWN } from './dates.js';
import { JqError, Stop } from './error.js';
import type { Builtin, Filter } from './filter.js';
import { format, isFormat, text } from './formats.js';
import { add, split } from './operators.js';
import { get, indices, keysOf, made, NOWHERE, ROOT, remove, update } from './path.js';
import { matches } from './regex.js';
import { until } from './run.js';
import { toUtf8 } from './utf8.js';
import { compare, describe, isRecord, isTruthy, type JsonRecord, setMember, sortedKeys, toJson, typeOf } from './value.js';

/** A function of its input and the values of its parameters, for each combination of these; the first one is the outer loop. */
function plain(run: (value: JsonValue, ...values: JsonValue[]) => JsonValue): Builtin {
  return (...parameters) => {
    const call = (scope: Parameters<Filter>[0], value: JsonValue, values: JsonValue[], emit: (result: JsonValue) => void): void => {
      const parameter = parameters[values.length];
      if (parameter === undefined) emit(run(value, ...values));
      else parameter(scope, value, undefined, (item) => call(scope, value, [...values, item], emit));
    };
    return (scope, value, path, emit) => call(scope, value, [], (result) => emit(result, made(path)));
  };
}

function need<T extends JsonValue>(value: JsonValue, is: (value: JsonValue) => value is T, what: string): T {
  if (!is(value)) throw new JqError(`${describe(value)} ${what}`);
  return value;
}

const isText = (value: JsonValue): value is string => typeof value === 'string';
const isNumber = (value: JsonValue): value is number => typeof value === 'number';
const isArray = (value: JsonValue): value is JsonValue[] => Array.isArray(value);

const numeric = (run: (value: number) => JsonValue): Builtin => plain((value) => run(need(value, isNumber, 'number required')));
const MATH = [
  'floor',
  'ceil',
  'round',
  'sqrt',
  'cbrt',
  'trunc',
  'exp',
  'log',
  'log2',
  'log10',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
] as const;

/** Functions that are not written in jq, by name and number of parameters. Those that begin with `_` serve the definitions only. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...Object.fromEntries(MATH.map((name) => [`${name}/0`, numeric((value) => Math[name](value))])),
  'fabs/0': numeric(Math.abs),
  'exp10/0': numeric((value) => 10 ** value),
  'exp2/0': numeric((value) => 2 ** value),
  'pow/2': plain((_value, base, exponent) => need(base, isNumber, 'number required') ** need(exponent, isNumber, 'number required')),
  'abs/0': plain((value) => (need(value, isNumber, 'has no absolute value') < 0 ? -(value as number) : value)),
  'infinite/0': plain(() => Number.POSITIVE_INFINITY),
  'nan/0': plain(() => Number.NaN),
  'isinfinite/0': numeric((value) => Math.abs(value) === Number.POSITIVE_INFINITY),
  'isnan/0': numeric((value) => Number.isNaN(value)),
  'isnormal/0': numeric((value) => Number.isFinite(value) && Math.abs(value) >= 2 ** -1022),
  'empty/0': () => () => {},
  'not/0': plain((value) => !isTruthy(value)),
  'error/0': plain((value) => {
    throw new JqError(value);
  }),
  'error/1': plain((_value, message) => {
    throw new JqError(message as JsonValue);
  }),
  'type/0': plain(typeOf),
  'length/0': plain(length),
  'utf8bytelength/0': plain((value) => toUtf8(need(value, isText, 'only strings have UTF-8 byte length')).length),
  'keys/0': plain((value) => (isRecord(value) ? sortedKeys(value) : positions(value))),
  'keys_unsorted/0': plain((value) => (isRecord(value) ? Object.keys(value) : positions(value))),
  'has/1': plain((value, key) => {
    if (isRecord(value) && isText(key as JsonValue)) return Object.hasOwn(value, key as string);
    if (isArray(value) && isNumber(key as JsonValue)) return (key as number) >= 0 && (key as number) < value.length;
    throw new JqError(`Cannot check whether ${typeOf(value)} has a ${typeOf(key as JsonValue)} key`);
  }),
  'contains/1': plain((value, other) => contains(value, other as JsonValue)),
  'reverse/0': plain((value) =>
    value === null ? [] : isText(value) ? [...value].reverse().join('') : [...need(value, isArray, 'cannot be reversed')].reverse(),
  ),
  'flatten/0': plain((value) => flatten(need(value, isArray, 'cannot be flattened'), Number.POSITIVE_INFINITY)),
  'flatten/1': plain((value, depth) => {
    if (!(need(depth as JsonValue, isNumber, 'is no depth') >= 0)) throw new JqError('flatten depth must not be negative');
    return flatten(need(value, isArray, 'cannot be flattened'), depth as number);
  }),
  'sort/0': plain((value) => [...need(value, isArray, 'cannot be sorted, as it is not an array')].sort(compare)),
  '_sort_by/1': plain((value, keys) => ranked(value, keys).map(({ item }) => item)),
  '_group_by/1': plain((value, keys) => {
    const groups: JsonValue[][] = [];
    let last: JsonValue | undefined;
    for (const { item, key } of ranked(value, keys)) {
      if (last !== undefined && compare(last, key) === 0) groups.at(-1)?.push(item);
      else groups.push([item]);
      last = key;
    }
    return groups;
  }),
  '_min_by/1': plain((value, keys) => ranked(value, keys)[0]?.item ?? null),
  '_max_by/1': plain((value, keys) => ranked(value, keys).at(-1)?.item ?? null),
  'transpose/0': plain((value) => {
    const rows = need(value, isArray, 'cannot be transposed').map((row) => need(row, isArray, 'cannot be transposed'));
    return Array.from({ length: Math.max(0, ...rows.map((row) => row.length)) }, (_, column) => rows.map((row) => row[column] ?? null));
  }),
  'from_entries/0': plain(fromEntries),
  'toarray/0': plain((value) => (isArray(value) ? value : [value])),
  'bsearch/1': plain((value, wanted) => bsearch(need(value, isArray, 'cannot be searched from'), wanted as JsonValue)),
  'tostring/0': plain(text),
  'tojson/0': plain(toJson),
  'fromjson/0': plain((value) => {
    try {
      return JSON.parse(need(value, isText, 'cannot be parsed as JSON')) as JsonValue;
    } catch (error) {
      throw error instanceof JqError ? error : new JqError(`${describe(value)} is not JSON: ${(error as Error).message}`);
    }
  }),
  'tonumber/0': plain((value) => {
    if (isNumber(value)) return value;
    if (!isText(value) || !/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value))
      throw new JqError(`${describe(value)} cannot be parsed as a number`);
    return Number(value);
  }),
  'explode/0': plain((value) => [...need(value, isText, 'cannot be exploded')].map((char) => char.codePointAt(0) as number)),
  'implode/0': plain((value) => {
    const points = need(value, isArray, 'implode input must be an array');
    const isPoint = (point: JsonValue): point is number => isNumber(point) && Number.isInteger(point) && point >= 0 && point <= 0x10ffff;
    return points.map((point) => String.fromCodePoint(need(point, isPoint, 'is no code point'))).join('');
  }),
  'ascii_downcase/0': plain((value) => need(value, isText, 'is not a string').replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  'ascii_upcase/0': plain((value) => need(value, isText, 'is not a string').replace(/[a-z]+/g, (part) => part.toUpperCase())),
  'startswith/1': plain((value, prefix) => texts('startswith', value, prefix, (a, b) => a.startsWith(b))),
  'endswith/1': plain((value, suffix) => texts('endswith', value, suffix, (a, b) => a.endsWith(b))),
  'ltrimstr/1': plain((value, prefix) =>
    isText(value) && isText(prefix as JsonValue) && value.startsWith(prefix as string) ? value.slice((prefix as string).length) : value,
  ),
  'rtrimstr/1': plain((value, suffix) =>
    isText(value) && isText(suffix as JsonValue) && suffix !== '' && value.endsWith(suffix as string)
      ? value.slice(0, -(suffix as string).length)
      : value,
  ),
  'trim/0': plain((value) => need(value, isText, 'cannot be trimmed').trim()),
  'ltrim/0': plain((value) => need(value, isText, 'cannot be trimmed').trimStart()),
  'rtrim/0': plain((value) => need(value, isText, 'cannot be trimmed').trimEnd()),
  'split/1': plain((value, separator) => texts('split', value, separator, split)),
  'split/2': plain((value, source, flags) => {
    const parts: JsonValue[] = [];
    const points = [...need(value, isText, 'cannot be matched, as it is not a string')];
    let from = 0;
    for (const match of matches(value, source as JsonValue, `g${text(flags ?? '') === 'null' ? '' : text(flags ?? '')}`) as {
      offset: number;
      length: number;
    }[]) {
      parts.push(points.slice(from, match.offset).join(''));
      from = match.offset + match.length;
    }
    return [...parts, points.slice(from).join('')];
  }),
  'join/1': plain((value, separator) => {
    const parts = need(value, isArray, 'cannot be joined');
    let joined: JsonValue = parts.length === 0 ? '' : null;
    for (const [index, part] of parts.entries()) {
      const piece = part === null ? '' : isNumber(part) || typeof part === 'boolean' ? text(part) : part;
      joined = index === 0 ? add('', piece) : add(add(joined, separator as JsonValue), piece);
    }
    return joined;
  }),
  'indices/1': plain((value, wanted) => findAll(value, wanted as JsonValue)),
  'index/1': plain((value, wanted) => (findAll(value, wanted as JsonValue) as JsonValue[] | null)?.[0] ?? null),
  'rindex/1': plain((value, wanted) => (findAll(value, wanted as JsonValue) as JsonValue[] | null)?.at(-1) ?? null),
  '_match/2': plain((value, source, flags) => matches(value, source as JsonValue, flags as JsonValue)),
  'format/1': plain((value, name) => {
    if (!isText(name as JsonValue) || !isFormat(name as string)) throw new JqError(`${text(name as JsonValue)} is not a valid format`);
    return format(name as string, value);
  }),
  ...Object.fromEntries(Object.entries(BROKEN_DOWN).map(([name, run]) => [name, plain(run)])),
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
  'setpath/2': plain((value, keys, next) =>
    update(value, need(keys as JsonValue, isArray, 'is no path: it must be an array'), () => next as JsonValue),
  ),
  'delpaths/1': plain((value, paths) =>
    remove(
      value,
      need(paths as JsonValue, isArray, 'are no paths: they must be an array').map((keys) =>
        need(keys, isArray, 'is no path: it must be an array'),
      ),
    ),
  ),
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

function flatten(items: readonly JsonValue[], depth: number): JsonValue[] {
  return items.flatMap((item) => (isArray(item) && depth > 0 ? flatten(item, depth - 1) : [item]));
}

function length(value: JsonValue): JsonValue {
  if (value === null) return 0;
  if (isText(value)) return [...value].length;
  if (isNumber(value)) return Math.abs(value);
  if (typeof value === 'boolean') throw new JqError(`${describe(value)} has no length`);
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

function positions(value: JsonValue): JsonValue {
  return [...need(value, isArray, 'has no keys').keys()];
}

function texts<T extends JsonValue>(
  name: string,
  value: JsonValue,
  other: JsonValue | undefined,
  run: (value: string, other: string) => T,
): T {
  if (!isText(value) || !isText(other as JsonValue))
    throw new JqError(`${name} input and parameter must be strings: ${describe(value)}, ${describe(other as JsonValue)}`);
  return run(value, other as string);
}

function contains(value: JsonValue, other: JsonValue): boolean {
  if (isRecord(value) && isRecord(other))
    return Object.entries(other).every(([key, item]) => Object.hasOwn(value, key) && contains(value[key] as JsonValue, item));
  if (isArray(value) && isArray(other))
    return other.every((wanted) => value.some((item) => typeOf(item) === typeOf(wanted) && contains(item, wanted)));
  if (isText(value) && isText(other)) return value.includes(other);
  if (typeOf(value) !== typeOf(other)) throw new JqError(`${describe(value)} and ${describe(other)} cannot have their containment checked`);
  return compare(value, other) === 0;
}

function ranked(value: JsonValue, keys: JsonValue | undefined): { item: JsonValue; key: JsonValue }[] {
  const items = need(value, isArray, 'cannot be sorted, as it is not an array');
  return items
    .map((item, index) => ({ item, key: (keys as JsonValue[])[index] as JsonValue }))
    .sort((left, right) => compare(left.key, right.key));
}

/** Keys go by key, k, name, Name, Key or K; values by value, v, Value or V. */
function fromEntries(value: JsonValue): JsonValue {
  const object: JsonRecord = {};
  const entries = isRecord(value) ? Object.values(value) : need(value, isArray, 'has no entries');
  for (const entry of entries) {
    const of = (names: readonly string[]): JsonValue => {
      const record = need(entry, isRecord, 'is no entry');
      for (const name of names)
        if (Object.hasOwn(record, name) && record[name] !== null && record[name] !== false) return record[name] as JsonValue;
      for (const name of names) if (Object.hasOwn(record, name)) return record[name] as JsonValue;
      return null;
    };
    const key = of(['key', 'k', 'name', 'Name', 'Key', 'K']);
    if (isArray(key) || isRecord(key)) throw new JqError(`Object keys must be strings, not ${describe(key)}`);
    setMember(object, text(key), of(['value', 'v', 'Value', 'V']));
  }
  return object;
}

function bsearch(items: readonly JsonValue[], wanted: JsonValue): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = compare(items[middle] as JsonValue, wanted);
    if (order === 0) return middle;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return -1 - from;
}

/** Where a text or an array has another one, or a value: places in a text count code points. */
function findAll(value: JsonValue, wanted: JsonValue): JsonValue {
  if (value === null) return null;
  if (isText(value) && isText(wanted)) return indices([...value], [...wanted]);
  if (isArray(value)) return indices(value, isArray(wanted) ? wanted : [wanted]);
  throw new JqError(`Cannot determine indices of ${describe(wanted)} in ${describe(value)}`);
}
