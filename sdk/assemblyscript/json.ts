import { EndOfValue, readString, skipBlanks, skipValue } from './json-scan';

/** Just enough JSON for a plugin: finds, reads and writes values without building trees. Text that is not JSON has no members and no elements. */
export namespace json {
  /** The JSON of an object's member; null if this is no object, or has none of that name. Of members of one name the last counts. */
  export function member(text: string, name: string): string | null {
    let at = skipBlanks(text, 0);
    if (at >= text.length || text.charCodeAt(at) != 0x7b || !isValid(text)) return null;
    let found: string | null = null;
    at = skipBlanks(text, at + 1);
    while (text.charCodeAt(at) != 0x7d) {
      if (text.charCodeAt(at) == 0x2c) at = skipBlanks(text, at + 1);
      const afterKey = skipValue(text, at, 0);
      const start = skipBlanks(text, skipBlanks(text, afterKey) + 1);
      const end = skipValue(text, start, 0);
      if (readString(text, at, afterKey) == name) found = text.substring(start, end);
      at = skipBlanks(text, end);
    }
    return found;
  }

  /** The JSON of each element; empty if this is no array. */
  export function elements(text: string): string[] {
    const found: string[] = [];
    let at = skipBlanks(text, 0);
    if (at >= text.length || text.charCodeAt(at) != 0x5b || !isValid(text)) return found;
    at = skipBlanks(text, at + 1);
    while (text.charCodeAt(at) != 0x5d) {
      if (text.charCodeAt(at) == 0x2c) at = skipBlanks(text, at + 1);
      const end = skipValue(text, at, 0);
      found.push(text.substring(at, end));
      at = skipBlanks(text, end);
    }
    return found;
  }

  /** What a JSON string says; null if this is none. */
  export function text(value: string | null): string | null {
    if (value === null) return null;
    const start = skipBlanks(value, 0);
    if (start >= value.length || value.charCodeAt(start) != 0x22 || !isValid(value)) return null;
    return readString(value, start, skipValue(value, start, 0));
  }

  /** NaN if this is no JSON number. A number written with an exponent may be off by a few units in its last place. */
  export function number(value: string | null): f64 {
    if (value === null) return NaN;
    const start = skipBlanks(value, 0);
    if (start >= value.length || !isValid(value)) return NaN;
    const first = value.charCodeAt(start);
    return first == 0x2d || (first >= 0x30 && first <= 0x39) ? parse(value.substring(start, skipValue(value, start, 0))) : NaN;
  }

  /** Text as a JSON string. */
  export function quote(text: string): string {
    let quoted = '"';
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x20 && code != 0x22 && code != 0x5c) continue;
      quoted += text.substring(from, at) + escaped(code);
      from = at + 1;
    }
    return quoted + text.substring(from) + '"';
  }

  /** Whether this is JSON: one value, at most 512 levels deep. */
  export function isValid(text: string): bool {
    const end = skipValue(text, skipBlanks(text, 0), 0);
    return end != EndOfValue.NONE && skipBlanks(text, end) == text.length;
  }
}

/** The largest exponent that may count, whatever the digits before it. */
const MAX_EXPONENT: f64 = 700;
/** Of the largest number there is: its digits and its exponent. */
const MAX_DIGITS: f64 = 1.7976931348623157;
const MAX_EXPONENT_ALONE: f64 = 308;

/** parseFloat of AssemblyScript 0.28 is wrong by powers of ten for many digits and an exponent from 23 to 37: it gets the digits alone. */
function parse(text: string): f64 {
  const at = max(text.indexOf('e'), text.indexOf('E'));
  if (at < 0) return parseFloat(text);
  const digits = parseFloat(text.substring(0, at));
  if (digits == 0) return digits;
  const exponent = max(-MAX_EXPONENT, min(MAX_EXPONENT, parseFloat(text.substring(at + 1))));
  const half = Math.trunc(exponent / 2);
  const value = digits * 10 ** half * 10 ** (exponent - half);
  if (
    Math.abs(value) <= f64.MAX_VALUE ||
    exponent > MAX_EXPONENT_ALONE ||
    Math.abs(digits) * 10 ** (exponent - MAX_EXPONENT_ALONE) > MAX_DIGITS
  )
    return value;
  // The powers' own rounding has carried the largest numbers over the edge.
  return digits < 0 ? -f64.MAX_VALUE : f64.MAX_VALUE;
}

function escaped(code: i32): string {
  if (code == 0x22) return '\\"';
  if (code == 0x5c) return '\\\\';
  if (code == 0x0a) return '\\n';
  if (code == 0x0d) return '\\r';
  if (code == 0x09) return '\\t';
  return '\\u00' + (code < 16 ? '0' : '') + code.toString(16);
}
