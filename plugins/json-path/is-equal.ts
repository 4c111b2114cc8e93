import type { JsonValue } from '@framegate/sdk';

/** Whether two JSON values are the same, the order of members apart. */
export function isEqual(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => isEqual(item, right[index] as JsonValue));
  }
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && isEqual(member(left, name), member(right, name)));
}

function member(object: object, name: string): JsonValue {
  return (object as Record<string, JsonValue>)[name] as JsonValue;
}
