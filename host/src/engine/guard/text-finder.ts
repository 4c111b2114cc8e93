/** What a payload has for a text: a range of it, nothing, or something that takes a closer look. */
type Finding = 'text' | 'none' | 'unsure';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The whole of a number's grammar (RFC 8259 §6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LITERALS = ['true', 'false', 'null'];
/** JSON above this many bytes may be more than the SDK looks into. */
const MAX_JSON_BYTES = 16_384;
/** Bytes of the longest number or literal that is looked at. */
const MAX_SCALAR = 64;

const encoder = new TextEncoder();
const TYPE = encoder.encode('type');
const MESSAGE = encoder.encode('message');

/**
 * Finds the text in a payload without decoding it, as the SDK's `textsOf` and `textParts` would: the string member `field` of a flat
 * JSON object, or a payload that can't be JSON. It says `unsure` wherever those might say anything else: nested, repeated or escaped
 * members, malformed JSON, arrays. Linear, and builds nothing.
 */
export class TextFinder {
  /** The text that was found, from `start` to `end`; in JSON what stands between the quotes, `escaped` or not (\\n, \\" … but no \\u). */
  start = 0;
  end = 0;
  escaped = false;
  readonly #field: Uint8Array;
  readonly #raw: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #stringEscaped = false;

  constructor(field: string, raw: boolean) {
    this.#field = encoder.encode(field);
    this.#raw = raw;
  }

  find(payload: Uint8Array): Finding {
    this.#bytes = payload;
    this.#at = 0;
    this.#skipBlanks();
    const first = payload[this.#at];
    if (first === OPEN_BRACE) return payload.length > MAX_JSON_BYTES ? 'unsure' : this.#object();
    if (first === QUOTE || first === OPEN_BRACKET) return 'unsure';
    if (!this.#raw) return 'none';
    this.start = 0;
    this.end = payload.length;
    this.escaped = false;
    return 'text';
  }

  #object(): Finding {
    const bytes = this.#bytes;
    let hasText = false;
    let hasType = false;
    let isControl = false;
    this.#at++;
    this.#skipBlanks();
    let more = bytes[this.#at] !== CLOSE_BRACE;
    while (more) {
      const name = this.#at + 1;
      if (!this.#string() || this.#stringEscaped) return 'unsure';
      const nameEnd = this.#at - 1;
      this.#skipBlanks();
      if (bytes[this.#at++] !== COLON) return 'unsure';
      this.#skipBlanks();
      const value = this.#at + 1;
      const isString = bytes[this.#at] === QUOTE;
      if (!(isString ? this.#string() : this.#scalar())) return 'unsure';
      if (this.#is(name, nameEnd, this.#field)) {
        if (hasText || !isString) return 'unsure';
        hasText = true;
        this.start = value;
        this.end = this.#at - 1;
        this.escaped = this.#stringEscaped;
      } else if (this.#is(name, nameEnd, TYPE)) {
        if (hasType || this.#stringEscaped) return 'unsure';
        hasType = true;
        isControl = isString ? !this.#is(value, this.#at - 1, MESSAGE) : bytes[value - 1] !== 0x6e;
      }
      this.#skipBlanks();
      more = bytes[this.#at] === COMMA;
      if (!more) break;
      this.#at++;
      this.#skipBlanks();
    }
    if (bytes[this.#at++] !== CLOSE_BRACE) return 'unsure';
    this.#skipBlanks();
    if (this.#at < bytes.length) return 'unsure';
    if (hasText) return 'text';
    return isControl || !this.#raw ? 'none' : 'unsure';
  }

  /** Goes past a string; false if there is none, or one with an escape that may stand for any character. */
  #string(): boolean {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = this.#at;
    this.#stringEscaped = false;
    if (bytes[at++] !== QUOTE) return false;
    for (; at < length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (byte < SPACE) return false;
      if (byte === BACKSLASH) {
        if (unescapeByte(bytes[++at] ?? 0) === 0) return false;
        this.#stringEscaped = true;
      }
    }
    return false;
  }

  /** Goes past a number, true, false or null. */
  #scalar(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let source = '';
    this.#stringEscaped = false;
    for (; at < bytes.length && at - start <= MAX_SCALAR; at++) {
      const byte = bytes[at] as number;
      if (byte === COMMA || byte === CLOSE_BRACE || isBlank(byte)) break;
      source += String.fromCharCode(byte);
    }
    this.#at = at;
    return LITERALS.includes(source) || NUMBER.test(source);
  }

  #is(start: number, end: number, wanted: Uint8Array): boolean {
    if (end - start !== wanted.length) return false;
    for (let index = 0; index < wanted.length; index++) if (this.#bytes[start + index] !== wanted[index]) return false;
    return true;
  }

  #skipBlanks(): void {
    while (isBlank(this.#bytes[this.#at] ?? 0)) this.#at++;
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === TAB || byte === CARRIAGE_RETURN;
}

/** What stands behind a backslash in JSON, or 0: for `u`, and for what must not stand there. */
export function unescapeByte(byte: number): number {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return byte;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return LINE_FEED;
    case 0x72:
      return CARRIAGE_RETURN;
    case 0x74:
      return TAB;
    default:
      return 0;
  }
}
