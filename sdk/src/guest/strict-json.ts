import type { JsonValue } from '../abi/manifest.js';
import { isNestedBeyond } from './json-strings.js';

/** What {@link strictJson} says of a text: its one value, or why nobody should rely on it. */
export type StrictJson =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'invalid'; readonly reason: 'not JSON' | 'nested too deep' | 'a member is written twice' };

/** Brackets around a value. Deeper JSON is refused: what walks it by recursion would overrun a guest's small stack. */
const MAX_DEPTH = 256;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/**
 * Parses JSON for whoever judges it: only what every parser reads alike (I-JSON, RFC 7493 §2.3). An object with two members of one
 * name is refused, as one parser takes the first of them and another the last; so are more than 256 levels. Never throws.
 */
export function strictJson(text: string): StrictJson {
  if (isNestedBeyond(text, MAX_DEPTH)) return { kind: 'invalid', reason: 'nested too deep' };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null) return { kind: 'value', value };
  // Outside of its strings a document has one colon a member.
  const written = text.replace(STRING, '').split(':').length - 1;
  return written === countMembers(value) ? { kind: 'value', value } : { kind: 'invalid', reason: 'a member is written twice' };
}

function countMembers(root: object): number {
  let members = 0;
  const open: object[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const children: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) members += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return members;
}
