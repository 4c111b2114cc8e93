import type { JsonValue } from '@framegate/sdk';

/** Adds to `found` what it selects among a value's children. `root`: the whole document. */
export type Selector = (value: JsonValue, root: JsonValue, found: JsonValue[]) => void;

/** Whether a filter keeps a child. */
export type Test = (current: JsonValue, root: JsonValue) => boolean;

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value's elements or members. */
export function childrenOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

export function byName(name: string): Selector {
  return (value, _root, found) => {
    if (isObject(value) && Object.hasOwn(value, name)) found.push(value[name] as JsonValue);
  };
}

export function byIndex(index: number): Selector {
  return (value, _root, found) => {
    const element = Array.isArray(value) ? value.at(index) : undefined;
    if (element !== undefined) found.push(element);
  };
}

export const all: Selector = (value, _root, found) => {
  for (const child of childrenOf(value)) found.push(child);
};

export function byTest(test: Test): Selector {
  return (value, root, found) => {
    for (const child of childrenOf(value)) if (test(child, root)) found.push(child);
  };
}

/** `start:end:step` (RFC 9535, section 2.3.4.2.2). */
export function bySlice(start: number | undefined, end: number | undefined, step: number): Selector {
  return (value, _root, found) => {
    if (!Array.isArray(value) || step === 0) return;
    const { length } = value;
    const place = (index: number): number => (index >= 0 ? index : length + index);
    const clamp = (index: number, low: number, high: number): number => Math.min(Math.max(index, low), high);
    if (step > 0) {
      const upper = clamp(place(end ?? length), 0, length);
      for (let at = clamp(place(start ?? 0), 0, length); at < upper; at += step) found.push(value[at] as JsonValue);
    } else {
      const lower = end === undefined ? -1 : clamp(place(end), -1, length - 1);
      for (let at = clamp(place(start ?? length - 1), -1, length - 1); at > lower; at += step) found.push(value[at] as JsonValue);
    }
  };
}
