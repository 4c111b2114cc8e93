import type { MaybeValue } from './filter-functions.js';
import { isEqual } from './is-equal.js';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Compares as RFC 9535, section 2.3.5.2.2: only numbers and texts have an order; nothing is equal to nothing. */
export function compare(left: MaybeValue, comparison: Comparison, right: MaybeValue): boolean {
  switch (comparison) {
    case '==':
      return isSame(left, right);
    case '!=':
      return !isSame(left, right);
    case '<':
      return isLess(left, right);
    case '<=':
      return isLess(left, right) || isSame(left, right);
    case '>':
      return isLess(right, left);
    case '>=':
      return isLess(right, left) || isSame(left, right);
  }
}

function isSame(left: MaybeValue, right: MaybeValue): boolean {
  return left === undefined || right === undefined ? left === right : isEqual(left, right);
}

function isLess(left: MaybeValue, right: MaybeValue): boolean {
  if (typeof left === 'number') return typeof right === 'number' && left < right;
  return typeof left === 'string' && typeof right === 'string' && isBefore(left, right);
}

/** By code points: JavaScript's own order is that of UTF-16 units, in which surrogates stand before U+E000. */
function isBefore(left: string, right: string): boolean {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (one !== other) return rank(one) < rank(other);
  }
  return left.length < right.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
