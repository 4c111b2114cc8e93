import type { Decoding } from './text-encoding.js';

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
