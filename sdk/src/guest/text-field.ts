import { countMembers, isNestedBeyond, type JsonString, jsonStrings, quote } from './json-strings.js';

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
 * The texts of a message: the top-level string member `field` of a JSON object; else, if `raw`, the payload itself. One, or none,
 * as in control frames: JSON objects with another `type` than "message" and without that member. Several only if the member is
 * written more than once: one parser takes the first, another the last. Malformed JSON is raw text, and so is JSON of more than
 * 256 levels, or with more than 16,384 quotes, commas and opening brackets.
 */
export function textsOf(payload: string, options: TextFieldOptions): readonly string[] {
  const { field } = options;
  const value = startsObject(payload) ? parseJson(payload) : undefined;
  if (value !== undefined) {
    // Whatever the name is: nothing that an object inherits is a string.
    const text = (value as Readonly<Record<string, unknown>>)[field];
    const known = typeof text === 'string' ? 1 : 0;
    if (hasMore(payload, field, known) && hasMore(payload, field, collect(value, field).length)) {
      if (payload.length > MAX_SCANNED) return [payload];
      const texts = jsonStrings(payload, field).filter((string) => string.depth === 1);
      if (texts.length > 0) return texts.map((string) => string.value);
    } else if (typeof text === 'string') return [text];
    if (isControl(payload, value)) return [];
  }
  return options.raw ? [payload] : [];
}

/** The {@link textsOf} a message as one, line by line; undefined if there is none. */
export function textOf(payload: string, options: TextFieldOptions): string | undefined {
  const texts = textsOf(payload, options);
  return texts.length > 1 ? texts.join('\n') : texts[0];
}

/**
 * Every piece of text in a payload: string members called `field` at any depth, those that are written more than once too; if there
 * are none and the payload is no control frame and `raw` is on, every string of a JSON document, or the payload itself if it is not JSON.
 */
export function textParts(payload: string, options: TextFieldOptions): readonly TextPart[] {
  const value = parseJson(payload);
  if (value === undefined) return options.raw ? [{ text: payload, nested: false }] : [];
  const { field } = options;
  const parts = collect(value, field);
  const isRepeated = hasMore(payload, field, parts.length);
  if (parts.length > 0 && !isRepeated) return parts;
  if (payload.length > MAX_SCANNED && isRepeated) return [{ text: payload, nested: false }];
  if (!isRepeated && (!options.raw || isControl(payload, value))) return parts;
  if (payload.length > MAX_SCANNED) return collect(value);
  return chosenStrings(payload, value, options).map((string) => ({ text: string.value, nested: string.depth > 1 }));
}

/**
 * The payload with `rewrite` applied to each of its {@link textParts}. Nothing else changes, not even white space: the new
 * literals are spliced in, so numbers, member order and repeated members stay as they were. JSON stays JSON.
 */
export function rewriteText(payload: string, options: TextFieldOptions, rewrite: (text: string) => string): string {
  const value = parseJson(payload);
  if (value === undefined) return options.raw ? rewrite(payload) : payload;
  if (payload.length > MAX_SCANNED && hasMore(payload, options.field, collect(value, options.field).length)) return rewrite(payload);
  let out = '';
  let copied = 0;
  for (const string of chosenStrings(payload, value, options)) {
    const text = rewrite(string.value);
    if (text === string.value) continue;
    out += payload.slice(copied, string.start) + quote(text);
    copied = string.end;
  }
  return out + payload.slice(copied);
}

/** The strings of a JSON document that are its text, as they stand in the source. */
function chosenStrings(payload: string, value: unknown, options: TextFieldOptions): readonly JsonString[] {
  const fields = jsonStrings(payload, options.field);
  if (fields.length > 0) return fields;
  return options.raw && !isControl(payload, value) ? jsonStrings(payload) : [];
}

/** Strings of a parsed document, outermost first; only of members called `field`, if given. No recursion: a guest's stack is small. */
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

/** A name that can be hidden by `\\u00xx` of printable ASCII only. */
const PLAIN_NAME = /^[ !#-.0-[\]-~]*$/;
const ESCAPED_ASCII = /\\u00[2-7]/;

/**
 * Whether the source has more members called `name` than the `known` that the parser gave: it keeps one of those that are
 * written twice. Screened by `split`: the engine's `indexOf` and `includes` take four times as long.
 */
function hasMore(payload: string, name: string, known: number): boolean {
  if (payload.split(`"${name}"`).length - 1 <= known) {
    if (payload.split('\\').length === 1) return false;
    if (PLAIN_NAME.test(name) && !ESCAPED_ASCII.test(payload)) return false;
  }
  return (payload.match(memberCalled(name))?.length ?? 0) > known;
}

const members = new Map<string, RegExp>();

/** A member's name and colon, each unit of the name as it is or escaped. Not within a string: a quote there has a backslash before it. */
function memberCalled(name: string): RegExp {
  let pattern = members.get(name);
  if (pattern === undefined) {
    const units = name.split('').map((unit) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
      const digits = hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
      const short = SHORT_ESCAPES[unit];
      return `(?:\\u${hex}|\\\\u${digits}${short === undefined ? '' : `|\\\\${short}`})`;
    });
    pattern = new RegExp(`(?<!\\\\)"${units.join('')}"[ \\t\\r\\n]*:`, 'g');
    members.set(name, pattern);
  }
  return pattern;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\\\',
  '/': '/',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

/** Units of a document that is read as it is written. In a longer one with a repeated member all of it is text: reading it costs too much. */
const MAX_SCANNED = 16_384;

/** An object with another type than "message". One with several types is none: who knows which of them is read. */
function isControl(payload: string, value: unknown): boolean {
  if (!isObject(value)) return false;
  const { type } = value;
  if (type === undefined || type === null || type === 'message') return false;
  const isSole = !hasMore(payload, 'type', 1) || !hasMore(payload, 'type', collect(value, 'type').length);
  return isSole || (payload.length <= MAX_SCANNED && countMembers(payload, 'type') === 1);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deeper JSON is raw text: the engine's parser recurses on the native stack and would trap. */
const MAX_DEPTH = 256;

/**
 * So is JSON with more quotes, commas and opening brackets than that: ten thousands of small values cost more to look at, in an interpreter,
 * than a filter has time for. Five hundred messages of a history have fewer.
 */
const MAX_MARKS = 16_384;

function countMarks(payload: string): number {
  return payload.split('"').length + payload.split(',').length + payload.split('{').length + payload.split('[').length - 4;
}

const DOCUMENT = /^[ \t\r\n]*["[{]/;
const OBJECT = /^[ \t\r\n]*\{/;
const BRACE = 0x7b;

/** The look at the first unit saves ordinary messages a regular expression: 0.4 µs of 3. */
function startsObject(payload: string): boolean {
  return payload.charCodeAt(0) === BRACE || OBJECT.test(payload);
}

/** Undefined for whatever is not a JSON object, array or string: a bare `true` or `42` is a word that somebody wrote. */
export function parseJson(payload: string): unknown {
  if (payload.charCodeAt(0) !== BRACE && !DOCUMENT.test(payload)) return undefined;
  if (payload.length > MAX_MARKS && countMarks(payload) > MAX_MARKS) return undefined;
  if (payload.length > MAX_DEPTH && isNestedBeyond(payload, MAX_DEPTH)) return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
