import type { JsonValue } from '@framegate/sdk';
import { isEqual } from './is-equal.js';
import type { Operator } from './operator.js';

/**
 * Whether a value is as the operator wants it; undefined: the path has named nothing. An operator that means nothing for a value of that
 * type does not hold, its negation neither: what isn't understood is invalid.
 */
export function holds(operator: Operator, value: JsonValue | undefined): boolean {
  if (value === undefined) return operator.kind === 'undefined';
  switch (operator.kind) {
    case 'defined':
      return true;
    case 'undefined':
      return false;
    case 'equal':
      return isAsExpected(value, operator.value);
    case 'size':
      return typeof value === 'string' || Array.isArray(value) ? operator.fits(value.length) : false;
    case 'contains':
      return contains(operator, value);
    case 'jsonContains': {
      const { element } = operator;
      return (Array.isArray(value) ? value : [value]).some((item) => element(JSON.stringify(item))) !== operator.not;
    }
    case 'starts':
      return texts(value)?.every((text) => text !== undefined && operator.matches(text)) ?? false;
    case 'text': {
      const text = textOf(value);
      return text !== undefined && operator.matches(text);
    }
  }
}

function contains(operator: Extract<Operator, { kind: 'contains' | 'jsonContains' }>, value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some((item) => typeof item === 'string' && operator.element(item)) !== operator.not;
  const text = textOf(value);
  return text !== undefined && operator.part(text) !== operator.not;
}

/** Texts, numbers and booleans have a text; null, objects and arrays have none. */
function textOf(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function texts(value: JsonValue): (string | undefined)[] | undefined {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? item : undefined));
  const text = textOf(value);
  return text === undefined ? undefined : [text];
}

function isAsExpected(value: JsonValue, expected: JsonValue): boolean {
  if (isEqual(value, expected)) return true;
  if (Array.isArray(value)) {
    if (typeof expected === 'string') return JSON.stringify(value) === expected;
    return !Array.isArray(expected) && value.some((item) => isEqual(item, expected));
  }
  return typeof expected === 'string' && textOf(value) === expected;
}
