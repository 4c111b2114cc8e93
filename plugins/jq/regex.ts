import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import { describe } from './value.js';

const MAX_CACHED = 64;
const cache = new Map<string, RegExp>();

/** What `match` finds, as jq says it: places count code points. Flags: g all, i any case, n no empty matches, p `.` is a line break too, s as without. */
export function matches(value: JsonValue, source: JsonValue, flags: JsonValue): JsonValue[] {
  if (typeof value !== 'string') throw new JqError(`${describe(value)} cannot be matched, as it is not a string`);
  if (Array.isArray(source)) return matches(value, source[0] ?? null, source[1] ?? null);
  if (typeof source !== 'string') throw new JqError(`${describe(source)} cannot be matched, as it is not a string`);
  if (flags !== null && typeof flags !== 'string') throw new JqError(`${describe(flags)} is not a string`);
  const letters = flags ?? '';
  const pattern = compile(source, letters);
  const found: JsonValue[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(value); match !== null; match = pattern.exec(value)) {
    if (match[0] === '') pattern.lastIndex += isPair(value, pattern.lastIndex) ? 2 : 1;
    if (match[0] !== '' || !letters.includes('n')) found.push(toMatch(value, match));
    if (!letters.includes('g')) break;
  }
  return found;
}

function compile(source: string, letters: string): RegExp {
  const key = `${letters}/${source}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const unknown = /[^ginps]/.exec(letters);
  if (unknown !== null) throw new JqError(`${letters} is not a valid modifier string: ${unknown[0]} is not known here`);
  try {
    const pattern = new RegExp(source, `dgu${letters.includes('i') ? 'i' : ''}${letters.includes('p') ? 's' : ''}`);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(key, pattern);
    return pattern;
  } catch (error) {
    throw new JqError(`${source} (at offset 0) is not a valid regex: ${(error as Error).message}`);
  }
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}

function toMatch(text: string, match: RegExpExecArray): JsonValue {
  const ranges = match.indices as RegExpIndicesArray;
  const names = new Map(Object.keys(match.groups ?? {}).map((name) => [name, ranges.groups?.[name]]));
  const captures = match.slice(1).map((string: string | undefined, index): JsonValue => {
    const range = ranges[index + 1];
    const name = nameOf(names, range, index) ?? null;
    if (string === undefined || range === undefined) return { offset: -1, length: 0, string: null, name };
    return { offset: points(text, range[0]), length: points(string, string.length), string, name };
  });
  return { offset: points(text, match.index), length: points(match[0], match[0].length), string: match[0], captures };
}

/** A group's name: JavaScript has names and numbers apart, but in the same order. */
function nameOf(
  names: Map<string, readonly [number, number] | undefined>,
  range: readonly [number, number] | undefined,
  _index: number,
): string | undefined {
  for (const [name, own] of names) {
    if (own === range || (own !== undefined && range !== undefined && own[0] === range[0] && own[1] === range[1])) {
      names.delete(name);
      return name;
    }
  }
  return undefined;
}

/** Code points before a place. */
function points(text: string, to: number): number {
  let count = to;
  for (let at = 0; at < to; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) count--;
  return count;
}
