/** What a decoder made of some bytes. `rest`: bytes at the end that begin a character and don't finish it; there are none at the end. */
interface Decoded {
  readonly text: string;
  readonly isMalformed: boolean;
  readonly rest: number;
}

export type Decoding = (bytes: Uint8Array, isEnd: boolean) => Decoded;

/** Labels of the Encoding standard for what a plugin can decode; the first of each is its name. */
export const LABELS = {
  'utf-8': ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
  'utf-16le': ['utf-16le', 'utf-16', 'ucs-2', 'iso-10646-ucs-2', 'unicode', 'unicodefeff', 'csunicode'],
  'utf-16be': ['utf-16be', 'unicodefffe'],
  'windows-1252': [
    ...['windows-1252', 'latin1', 'iso-8859-1', 'iso8859-1', 'iso88591', 'iso_8859-1', 'iso_8859-1:1987', 'l1', 'ascii', 'us-ascii'],
    ...['ansi_x3.4-1968', 'cp1252', 'x-cp1252', 'cp819', 'ibm819', 'csisolatin1', 'iso-ir-100'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EncodingName = keyof typeof LABELS;

/** Windows-1252 at 0x80–0x9f; elsewhere a byte is its code point. */
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
/** Units that one call of String.fromCharCode takes. */
const CHUNK = 4096;

export const decodeWindows1252: Decoding = (bytes) => {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return { text: text.replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] as string), isMalformed: false, rest: 0 };
};

/** UTF-16 in the given byte order. */
export const utf16Decoding =
  (littleEndian: boolean): Decoding =>
  (bytes, isEnd) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let length = bytes.length & ~1;
    const isHigh = length >= 2 && (view.getUint16(length - 2, littleEndian) & 0xfc00) === 0xd800;
    if (!isEnd && isHigh) length -= 2;
    let units = '';
    for (let at = 0; at < length; at += 2 * CHUNK) {
      const chunk: number[] = [];
      for (let unit = at; unit < Math.min(length, at + 2 * CHUNK); unit += 2) chunk.push(view.getUint16(unit, littleEndian));
      units += String.fromCharCode(...chunk);
    }
    const isCut = isEnd && length < bytes.length;
    // A high surrogate and an odd byte at the end are one error.
    if (isCut && isHigh) units = units.slice(0, -1);
    return {
      text: units.toWellFormed() + (isCut ? '\ufffd' : ''),
      isMalformed: isCut || !units.isWellFormed(),
      rest: isEnd ? 0 : bytes.length - length,
    };
  };

/** UTF-8 by the engine's own decoder. */
export const utf8Decoding =
  (decode: (bytes: Uint8Array) => string, encode: (text: string) => ArrayBuffer): Decoding =>
  (bytes, isEnd) => {
    const rest = isEnd ? 0 : openTail(bytes);
    const whole = bytes.subarray(0, bytes.length - rest);
    const text = decode(whole);
    // The engine makes a lone surrogate of what is written as one.
    const isMalformed = !text.isWellFormed() || (text.includes('\ufffd') && !sameBytes(new Uint8Array(encode(text)), whole));
    return { text: isMalformed ? replaceMalformed(whole) : text, isMalformed, rest };
  };

/** One U+FFFD for each maximal part that could have begun a character, as the web does; the engine counts otherwise. */
function replaceMalformed(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = lengthOf(first);
    let end = at + 1;
    while (end < at + length && isContinuation(bytes[end]) && (end > at + 1 || mayFollow(first, bytes[end]))) end++;
    if (first < 0x80) text += String.fromCharCode(first);
    else if (length === 1 || end < at + length) text += '\ufffd';
    else {
      let point = first & (0xff >> (length + 1));
      for (const byte of bytes.subarray(at + 1, end)) point = (point << 6) | (byte & 0x3f);
      text += String.fromCodePoint(point);
    }
    at = end;
  }
  return text;
}

/** Bytes of the character that this byte begins; 1 if it begins none. */
function lengthOf(first: number): number {
  return first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Bytes at the end that begin a character, could go on as one, and don't finish it. */
function openTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    return lengthOf(byte) > back && mayFollow(byte, back > 1 ? bytes[bytes.length - back + 1] : undefined) ? back : 0;
  }
  return 0;
}

/** The second bytes that rule out overlong forms, surrogates and code points above U+10FFFF (Unicode, table 3-7). */
function mayFollow(first: number, second: number | undefined): boolean {
  if (second === undefined) return true;
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  return first !== 0xf4 || second < 0x90;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
