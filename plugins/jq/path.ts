import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import { compare, describe, isRecord, type JsonRecord, member, setMember, typeOf } from './value.js';

/** Where a value was found, innermost step first, as far as anybody asks: undefined if nobody does. */
export interface Path {
  readonly parent: Path | undefined;
  readonly key: JsonValue;
}

/** The document itself. */
export const ROOT: Path = { parent: undefined, key: null };
/** Of a value that was made, not found: nothing can be changed there. */
export const NOWHERE: Path = { parent: undefined, key: null };

/** The path of whatever a filter makes anew. */
export function made(path: Path | undefined): Path | undefined {
  return path === undefined ? undefined : NOWHERE;
}

/** One step on. Throws JqError from {@link NOWHERE}. */
export function step(path: Path | undefined, key: JsonValue, value: JsonValue): Path | undefined {
  if (path === undefined) return undefined;
  if (path === NOWHERE) throw new JqError(`Invalid path expression with result ${describe(value)}`);
  return { parent: path, key };
}

/** The steps from the document on. Throws JqError for {@link NOWHERE}. */
export function keysOf(path: Path | undefined, value: JsonValue): JsonValue[] {
  if (path === undefined || path === NOWHERE) throw new JqError(`Invalid path expression with result ${describe(value)}`);
  const keys: JsonValue[] = [];
  for (let at: Path = path; at.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}

/** `value[key]`: null if nothing is there. */
export function get(value: JsonValue, key: JsonValue): JsonValue {
  if (value === null && (key === null || typeof key === 'string' || typeof key === 'number' || isSlice(key))) return null;
  if (isRecord(value) && typeof key === 'string') return member(value, key);
  if (Array.isArray(value)) {
    if (typeof key === 'number') return value.at(Math.floor(key)) ?? null;
    if (isSlice(key)) return slice(value, key.start ?? null, key.end ?? null);
    if (Array.isArray(key)) return indices(value, key);
  }
  if (typeof value === 'string' && isSlice(key)) return slice(value, key.start ?? null, key.end ?? null);
  const what = typeof key === 'string' ? `string ${JSON.stringify(key)}` : typeOf(key);
  throw new JqError(`Cannot index ${typeOf(value)} with ${what}`);
}

function isSlice(key: JsonValue): key is { start: JsonValue; end: JsonValue } {
  return isRecord(key) && Object.hasOwn(key, 'start') && Object.hasOwn(key, 'end');
}

/** `value[from:to]`, of an array or, by code points, a text. */
export function slice(value: JsonValue, from: JsonValue, to: JsonValue): JsonValue {
  if (value === null) return null;
  if (typeof value !== 'string' && !Array.isArray(value)) throw new JqError(`Cannot index ${typeOf(value)} with object`);
  const items = typeof value === 'string' ? [...value] : value;
  const { start, end } = bounds(items.length, from, to);
  const part = items.slice(start, end);
  return typeof value === 'string' ? part.join('') : part;
}

function bounds(length: number, from: JsonValue, to: JsonValue): { start: number; end: number } {
  for (const bound of [from, to]) {
    if (bound !== null && typeof bound !== 'number') throw new JqError('Start and end indices of an array slice must be numbers');
  }
  const place = (at: number): number => Math.min(length, Math.max(0, at < 0 ? at + length : at));
  const start = from === null ? 0 : place(Math.floor(from as number));
  const end = to === null ? length : place(Math.ceil(to as number));
  return { start, end: Math.max(start, end) };
}

/** Where the second array begins in the first. */
export function indices(items: readonly JsonValue[], wanted: readonly JsonValue[]): JsonValue[] {
  const found: JsonValue[] = [];
  if (wanted.length === 0) return found;
  for (let at = 0; at + wanted.length <= items.length; at++) {
    if (wanted.every((item, offset) => compare(item, items[at + offset] as JsonValue) === 0)) found.push(at);
  }
  return found;
}

/** Elements that an array may grow to by a step beyond its end. */
const MAX_LENGTH = 1_048_576;

/** A copy with `change` made of what stands at the keys; what is missing on the way is created. */
export function update(value: JsonValue, keys: readonly JsonValue[], change: (old: JsonValue) => JsonValue, at = 0): JsonValue {
  if (at === keys.length) return change(value);
  const key = keys[at] as JsonValue;
  const next = update(get(value, key), keys, change, at + 1);
  if (typeof key === 'string') {
    const copy: JsonRecord = isRecord(value) ? { ...value } : {};
    setMember(copy, key, next);
    return copy;
  }
  const items = Array.isArray(value) ? [...value] : [];
  if (typeof key === 'number') {
    const index = Math.floor(key) < 0 ? Math.floor(key) + items.length : Math.floor(key);
    if (index < 0) throw new JqError('Out of bounds negative array index');
    if (index >= MAX_LENGTH) throw new JqError('Array index too large');
    while (items.length < index) items.push(null);
    items[index] = next;
    return items;
  }
  if (!isSlice(key)) throw new JqError(`Cannot update field at ${typeOf(key)} index of ${typeOf(value)}`);
  if (!Array.isArray(next)) throw new JqError('A slice of an array can only be assigned another array');
  const { start, end } = bounds(items.length, key.start, key.end);
  return [...items.slice(0, start), ...next, ...items.slice(end)];
}

/** A copy without what stands at the paths. */
export function remove(value: JsonValue, paths: readonly (readonly JsonValue[])[]): JsonValue {
  // From the last on: an array's places before it stay what they are.
  const ordered = [...paths].sort((left, right) => compare(right as JsonValue[], left as JsonValue[]));
  let rest = value;
  for (const keys of ordered) rest = keys.length === 0 ? null : removeOne(rest, keys, 0);
  return rest;
}

function removeOne(value: JsonValue, keys: readonly JsonValue[], at: number): JsonValue {
  const key = keys[at] as JsonValue;
  if (value === null) return null;
  if (at < keys.length - 1) {
    const child = get(value, key);
    if (child === null) return value;
    const rest = removeOne(child, keys, at + 1);
    return update(value, [key], () => rest);
  }
  if (isRecord(value) && typeof key === 'string') {
    const { [key]: _gone, ...rest } = value;
    return rest;
  }
  if (Array.isArray(value) && typeof key === 'number') {
    const index = Math.floor(key) < 0 ? Math.floor(key) + value.length : Math.floor(key);
    return value.filter((_, position) => position !== index);
  }
  if (Array.isArray(value) && isSlice(key)) {
    const { start, end } = bounds(value.length, key.start, key.end);
    return [...value.slice(0, start), ...value.slice(end)];
  }
  throw new JqError(`Cannot delete field at ${typeOf(key)} index of ${typeOf(value)}`);
}
