import type { JsonValue } from '@framegate/sdk';

/** An escape of a surrogate, the only way in which half a pair can get into a document that is valid UTF-8. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * Whether every string and member name of a parsed document has a form in UTF-8 (no lone surrogates, RFC 8259 §8.2). `source` is
 * what it was parsed from: without such an escape nobody needs to look. No recursion: a guest's stack is small.
 */
export function isWellFormedJson(source: string, value: JsonValue): boolean {
  if (!ESCAPED_SURROGATE.test(source)) return true;
  const open: JsonValue[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') {
      if (!next.isWellFormed()) return false;
    } else if (typeof next === 'object' && next !== null) {
      if (!Array.isArray(next) && !Object.keys(next).every((name) => name.isWellFormed())) return false;
      for (const child of Object.values(next)) open.push(child as JsonValue);
    }
  }
  return true;
}
