import { countGraphemes } from '@framegate/sdk';

export const UNITS = ['characters', 'codepoints', 'bytes', 'graphemes'] as const;
export type Unit = (typeof UNITS)[number];

/**
 * Whether a text is longer than `max`. `characters` are UTF-16 units (what JavaScript's `length` counts), `bytes` are UTF-8's.
 * Costs no more for a text of megabytes than for one just above the limit.
 */
export function exceeds(text: string, max: number, unit: Unit): boolean {
  // A unit is one to three bytes; a code point is one or two units, a grapheme one or more.
  const { length } = text;
  switch (unit) {
    case 'characters':
      return length > max;
    case 'codepoints':
      return length > max && (length > 2 * max || countCodePoints(text) > max);
    case 'bytes':
      return length > max || (length * 3 > max && countBytes(text) > max);
    case 'graphemes':
      return length > max && countGraphemes(text, max) > max;
  }
}

export function countCodePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count--;
      index++;
    }
  }
  return count;
}

/** Bytes in UTF-8; a lone surrogate counts as U+FFFD, which it would be sent as: three. */
export function countBytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes++;
    else if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}
