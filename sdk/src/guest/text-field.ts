import { isNestedBeyond, jsonStrings, quote } from './json-strings.js';

/** Where the words that a person wrote stand in a text frame. */
export interface TextFieldOptions {
  /** The member of a JSON object that holds the text. */
  readonly field: string;
  /** Whether a payload without that member is text as a whole. */
  readonly raw: boolean;
}

/** One piece of text in a payload. `nested`: below the top level, as in the `messages` of a history answer. */
export interface TextPart {
  readonly text: string;
  readonly nested: boolean;
}

/** Config schema members for {@link TextFieldOptions}, to be spread into a plugin's `properties`. */
export const TEXT_FIELD_PROPERTIES = {
  field: { type: 'string', minLength: 1, default: 'content', description: 'The member of a JSON message that holds the text.' },
  raw: {
    type: 'boolean',
    default: true,
    description:
      'Whether a payload without that member is text as a whole. Control frames (JSON objects with another `type` than "message") never are.',
  },
} as const;

/**
 * The text of a message: the top-level string member `field` of a JSON object; else, if `raw`, the payload itself.
 * Undefined if there is none, as in control frames: JSON objects with another `type` than "message" and without that member.
 * Malformed JSON is raw text, and so is JSON of more than 256 levels.
 */
export function textOf(payload: string, options: TextFieldOptions): string | undefined {
  const value = startsObject(payload) ? parseJson(payload) : undefined;
  if (value !== undefined) {
    const members = value as Readonly<Record<string, unknown>>;
    // Whatever the name is: nothing that an object inherits is a string.
    const text = members[options.field];
    if (typeof text === 'string') return text;
    if (isControl(members)) return undefined;
  }
  return options.raw ? payload : undefined;
}

/**
 * Every piece of text in a payload: string members called `field` at any depth; if there are none and the payload is no control
 * frame and `raw` is on, every string of a JSON document, or the payload itself if it is not JSON.
 */
export function textParts(payload: string, options: TextFieldOptions): readonly TextPart[] {
  const value = parseJson(payload);
  if (value === undefined) return options.raw ? [{ text: payload, nested: false }] : [];
  const parts = collect(value, options.field);
  return parts.length === 0 && options.raw && !(isObject(value) && isControl(value)) ? collect(value) : parts;
}

/**
 * The payload with `rewrite` applied to each of its {@link textParts}. Nothing else changes, not even white space: the new
 * literals are spliced in, so numbers, member order and repeated members stay as they were. JSON stays JSON.
 */
export function rewriteText(payload: string, options: TextFieldOptions, rewrite: (text: string) => string): string {
  const value = parseJson(payload);
  if (value === undefined) return options.raw ? rewrite(payload) : payload;
  const strings = jsonStrings(payload);
  let chosen = strings.filter((string) => string.member === options.field);
  if (chosen.length === 0) {
    if (!options.raw || (isObject(value) && isControl(value))) return payload;
    chosen = strings;
  }
  let out = '';
  let copied = 0;
  for (const string of chosen) {
    const text = rewrite(string.value);
    if (text === string.value) continue;
    out += payload.slice(copied, string.start) + quote(text);
    copied = string.end;
  }
  return out + payload.slice(copied);
}

/** String values of a document, outermost first; only of members called `field`, if given. No recursion: a guest's stack is small. */
function collect(root: unknown, field?: string): TextPart[] {
  if (typeof root === 'string') return field === undefined ? [{ text: root, nested: false }] : [];
  const parts: TextPart[] = [];
  const containers: unknown[] = [root];
  // By index and without `Object.entries`: an iterator or an array a member makes it three times as slow.
  for (let index = 0; index < containers.length; index++) {
    const container = containers[index] as Readonly<Record<string, unknown>>;
    const keys = Object.keys(container);
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at] as string;
      const value = container[key];
      if (typeof value === 'object') {
        if (value !== null) containers.push(value);
      } else if (typeof value === 'string' && (field === undefined || (key === field && !Array.isArray(container)))) {
        parts.push({ text: value, nested: container !== root });
      }
    }
  }
  return parts;
}

function isControl(value: Readonly<Record<string, unknown>>): boolean {
  const { type } = value;
  return type !== undefined && type !== null && type !== 'message';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deeper JSON is raw text: the engine's parser recurses on the native stack and would trap. */
const MAX_DEPTH = 256;
const DOCUMENT = /^[ \t\r\n]*["[{]/;
const OBJECT = /^[ \t\r\n]*\{/;
const BRACE = 0x7b;

/** The look at the first unit saves ordinary messages a regular expression: 0.4 µs of 3. */
function startsObject(payload: string): boolean {
  return payload.charCodeAt(0) === BRACE || OBJECT.test(payload);
}

/** Undefined for whatever is not a JSON object, array or string: a bare `true` or `42` is a word that somebody wrote. */
function parseJson(payload: string): unknown {
  if (payload.charCodeAt(0) !== BRACE && !DOCUMENT.test(payload)) return undefined;
  if (payload.length > MAX_DEPTH && isNestedBeyond(payload, MAX_DEPTH)) return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
