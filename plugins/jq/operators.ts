import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import { compare, describe, isRecord, type JsonRecord, member, setMember } from './value.js';

/** UTF-16 units that a text may be repeated to. */
const MAX_TEXT = 1_048_576;

type Operator = (left: JsonValue, right: JsonValue) => JsonValue;

/** `+ - * / %` and the comparisons, of two values. They throw JqError for types that they don't take. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
  '==': (left, right) => compare(left, right) === 0,
  '!=': (left, right) => compare(left, right) !== 0,
  '<': (left, right) => compare(left, right) < 0,
  '<=': (left, right) => compare(left, right) <= 0,
  '>': (left, right) => compare(left, right) > 0,
  '>=': (left, right) => compare(left, right) >= 0,
};

export function add(left: JsonValue, right: JsonValue): JsonValue {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (isRecord(left) && isRecord(right)) return { ...left, ...right };
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be added`);
}

function subtract(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (Array.isArray(left) && Array.isArray(right)) return left.filter((item) => !right.some((other) => compare(item, other) === 0));
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be subtracted`);
}

function multiply(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  if (typeof left === 'string' && typeof right === 'number') return repeat(left, right);
  if (typeof left === 'number' && typeof right === 'string') return repeat(right, left);
  if (isRecord(left) && isRecord(right)) return merge(left, right);
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be multiplied`);
}

function repeat(text: string, times: number): JsonValue {
  if (!(times > 0)) return null;
  if (text.length * times > MAX_TEXT) throw new JqError(`a text repeated ${times} times is too long`);
  return text.repeat(Math.max(1, Math.floor(times)));
}

function merge(left: JsonRecord, right: JsonRecord): JsonRecord {
  const merged = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = member(left, key);
    setMember(merged, key, isRecord(old) && isRecord(value) ? merge(old, value) : value);
  }
  return merged;
}

function divide(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') {
    if (right === 0) throw new JqError(`${describe(left)} and ${describe(right)} cannot be divided because the divisor is zero`);
    return left / right;
  }
  if (typeof left === 'string' && typeof right === 'string') return split(left, right);
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be divided`);
}

/** By code points, if the separator is empty. */
export function split(text: string, separator: string): JsonValue[] {
  if (text === '') return [];
  return separator === '' ? [...text] : text.split(separator);
}

/** Of whole numbers: fractions are cut off before, the sign is that of the dividend. */
function remainder(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left !== 'number' || typeof right !== 'number')
    throw new JqError(`${describe(left)} and ${describe(right)} cannot be divided (remainder)`);
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  const divisor = Math.abs(Math.trunc(right));
  if (divisor === 0)
    throw new JqError(`${describe(left)} and ${describe(right)} cannot be divided (remainder) because the divisor is zero`);
  return (Math.trunc(left) % divisor) + 0;
}
