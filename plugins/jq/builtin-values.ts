import type { JsonValue } from '@framegate/sdk';
import { isArray, isNumber, isText, need, plain } from './builtin.js';
import { JqError } from './error.js';
import type { Builtin } from './filter.js';
import { text } from './formats.js';
import { indices, remove, update } from './path.js';
import { toUtf8 } from './utf8.js';
import { compare, describe, isRecord, isTruthy, type JsonRecord, setMember, sortedKeys, toJson, typeOf } from './value.js';

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

/** Functions of numbers, arrays and objects, and of values of any type. Those that begin with `_` serve the definitions only. */
export const VALUES: Readonly<Record<string, Builtin>> = {
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
  'indices/1': plain((value, wanted) => findAll(value, wanted as JsonValue)),
  'index/1': plain((value, wanted) => (findAll(value, wanted as JsonValue) as JsonValue[] | null)?.[0] ?? null),
  'rindex/1': plain((value, wanted) => (findAll(value, wanted as JsonValue) as JsonValue[] | null)?.at(-1) ?? null),
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
};

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
