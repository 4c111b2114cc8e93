import type { JsonValue } from '@framegate/sdk';

export type JsonRecord = { [key: string]: JsonValue };
export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export function typeOf(value: JsonValue): TypeName {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : (typeof value as TypeName);
}

export function isRecord(value: JsonValue): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isTruthy(value: JsonValue): boolean {
  return value !== null && value !== false;
}

const MAX_SHOWN = 11;

/** As errors name a value: `number (1)`, `object ({"a":...)`. */
export function describe(value: JsonValue): string {
  const json = toJson(value);
  return `${typeOf(value)} (${json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN - 1)}...` : json})`;
}

/** JSON text. NaN is null, an infinity the largest number there is. */
export function toJson(value: JsonValue): string {
  return JSON.stringify(value, (_, member: unknown) =>
    member === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : member === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : member,
  );
}

/** A member of its own of that name, `__proto__` too. */
export function setMember(object: JsonRecord, key: string, value: JsonValue): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

export function member(object: JsonRecord, key: string): JsonValue {
  return Object.hasOwn(object, key) ? (object[key] as JsonValue) : null;
}

const ORDER: Readonly<Record<TypeName, number>> = { null: 0, boolean: 1, number: 3, string: 4, array: 5, object: 6 };

function rank(value: JsonValue): number {
  return value === true ? 2 : ORDER[typeOf(value)];
}

/** Order of all values: null, false, true, numbers, texts by code points, arrays, objects by their sorted names and then by their values. */
export function compare(left: JsonValue, right: JsonValue): number {
  if (left === right) return 0;
  const difference = rank(left) - rank(right);
  if (difference !== 0) return difference;
  if (typeof left === 'number')
    return left < (right as number) ? -1 : left > (right as number) ? 1 : Number.isNaN(left) ? -1 : Number.isNaN(right) ? 1 : 0;
  if (typeof left === 'string') return compareTexts(left, right as string);
  if (Array.isArray(left)) return compareArrays(left, right as JsonValue[]);
  if (!isRecord(left)) return 0;
  const names = sortedKeys(left);
  const others = sortedKeys(right as JsonRecord);
  const byNames = compareArrays(names, others);
  if (byNames !== 0) return byNames;
  for (const name of names) {
    const byValue = compare(member(left, name), member(right as JsonRecord, name));
    if (byValue !== 0) return byValue;
  }
  return 0;
}

function compareArrays(left: readonly JsonValue[], right: readonly JsonValue[]): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const order = compare(left[index] as JsonValue, right[index] as JsonValue);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** By code points: JavaScript's own order puts what lies above U+FFFF before U+E000. */
function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    const isPairA = (a & 0xf800) === 0xd800;
    const isPairB = (b & 0xf800) === 0xd800;
    return isPairA === isPairB ? a - b : isPairA ? 1 : -1;
  }
  return left.length - right.length;
}

export function sortedKeys(object: JsonRecord): string[] {
  return Object.keys(object).sort(compareTexts);
}
