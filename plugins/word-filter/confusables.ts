import { BLANKS, INVISIBLE } from '@framegate/sdk';
import { lazyRegExp } from './lazy-reg-exp.js';

/**
 * Letters that look like Latin ones and have no compatibility decomposition. Shapes after Unicode's confusables (UTS #39), cut
 * down to single letters that people use to get round filters: Cyrillic, Greek, Armenian, small capitals, crossed letters, Lisu.
 * Strings, not a map of 150 members: those would be 15 KB more in the module.
 * A table of its own: that of `@framegate/sdk/text` is such a map, and has no capitals (test/look-alikes.test.ts: they agree).
 */
const LOOKALIKES: readonly (readonly [letters: string, latin: string])[] = [
  ['авекмнорстухіѕјԛԝӏһԁьгпѵ', 'abekmhopctyxisjqwlhdbrnv'],
  ['АВЕКМНОРСТУХІЅЈԚԜӀҺԀЬГП', 'abekmhopctyxisjqwlhdbrn'],
  ['αβγεηικνορτυχωςϳ', 'abyenikvoptuxwcj'],
  ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'abezhikmnoptyx'],
  ['օսոհց', 'ounhg'],
  ['ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ', 'abcdefghijklmnoprstuvwyz'],
  ['ıɩɑɡłŁøØđĐðÐħĦŧŦƀɓɗɛɔƒ', 'iiagllooddddhhttbbdeof'],
  ['ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ', 'bpdtgkjczfmnlsrvhwxyaeiou'],
];
const TWO_LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', Æ: 'ae', œ: 'oe', Œ: 'oe' };

/** Digits that are written for letters. `1` is an `i` here; see {@link EITHER}. */
const DIGITS: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b', 9: 'g' };

/** Symbols that are written for letters, but inside a word only: `sh!t`, yet `bad!`. */
const SYMBOLS: Readonly<Record<string, string>> = { ...pairs('@$!|+€£¢¥¡°', 'asiitelcyio') };

/** Written for `i` and for `l`. */
export const EITHER = '1!|¡';

type CharKind = 'separator' | 'letter' | 'digit' | 'symbol' | 'invisible';

/** What one code point is to the filter. `text`: the letters it stands for; '' for separators, invisible ones and blanks (symbols). */
export interface FoldedChar {
  readonly kind: CharKind;
  readonly text: string;
}

const SEPARATOR: FoldedChar = { kind: 'separator', text: '' };
const HIDDEN: FoldedChar = { kind: 'invisible', text: '' };

/** By code; filled as they are met. */
const ascii: FoldedChar[] = [];

/** Code points beyond ASCII that an instance remembers; above it the memory starts anew. */
const MAX_REMEMBERED = 4096;
const remembered = new Map<string, FoldedChar>();

/** Folds one code point: case, width, diacritics, look-alikes. Marks, zero-width and control characters are invisible. */
export function foldChar(char: string): FoldedChar {
  const code = char.charCodeAt(0);
  if (code < 128) {
    ascii[code] ??= foldAscii(char);
    return ascii[code];
  }
  let folded = remembered.get(char);
  if (folded === undefined) {
    folded = foldBeyondAscii(char);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(char, folded);
  }
  return folded;
}

function foldAscii(char: string): FoldedChar {
  if (/[a-z]/i.test(char)) return { kind: 'letter', text: char.toLowerCase() };
  if (/[0-9]/.test(char)) return { kind: 'digit', text: DIGITS[char] ?? char };
  const symbol = SYMBOLS[char];
  if (symbol !== undefined) return { kind: 'symbol', text: symbol };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  return /[\x00-\x08\x0e-\x1f\x7f]/.test(char) ? HIDDEN : SEPARATOR;
}

const hidden = lazyRegExp(`\\p{M}|${INVISIBLE}`, 'gu');
const decimalDigit = lazyRegExp('\\p{Nd}', 'u');
const letterOrNumber = lazyRegExp('[\\p{L}\\p{N}]', 'u');

function foldBeyondAscii(char: string): FoldedChar {
  const enclosed = enclosedLetter(char.codePointAt(0) ?? 0);
  if (enclosed !== undefined) return { kind: 'letter', text: enclosed };
  const symbol = BLANKS.includes(char) ? '' : SYMBOLS[char];
  if (symbol !== undefined) return { kind: 'symbol', text: symbol };
  const visible = char.normalize('NFKD').replace(hidden(), '');
  if (visible === '') return HIDDEN;
  if (visible.length === 1 && visible !== char && visible.charCodeAt(0) < 128) return foldAscii(visible);
  const letters = [...visible].filter((part) => letterOrNumber().test(part));
  if (letters.length === 0) return SEPARATOR;
  if (letters.length === 1 && /[0-9]/.test(letters[0] ?? '')) return foldAscii(letters[0] ?? '');
  const digit = letters.length === 1 ? digitOf(letters[0] ?? '') : undefined;
  if (digit !== undefined) return foldAscii(digit);
  return {
    kind: 'letter',
    text: letters.map((letter) => latin(letter) ?? latin(letter.toLowerCase()) ?? letter.toLowerCase()).join(''),
  };
}

/** What looks like a zero although it is a five. */
const ROUND_FIVES = '\u0665\u06f5';

/** The ASCII digit of the same value as a decimal digit of another script. Those stand in rows of ten. */
function digitOf(char: string): string | undefined {
  if (!decimalDigit().test(char)) return undefined;
  if (ROUND_FIVES.includes(char)) return '0';
  const code = char.codePointAt(0) ?? 0;
  let zero = code;
  while (decimalDigit().test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}

/** The Latin letters that the letter looks like, if it looks like any. */
function latin(letter: string): string | undefined {
  for (const [letters, lookalikes] of LOOKALIKES) {
    const at = letters.indexOf(letter);
    if (at >= 0) return lookalikes[at];
  }
  return TWO_LETTERS[letter];
}

/** Letters in circles and squares that have no decomposition, and the regional indicators that flags are made of. */
function enclosedLetter(code: number): string | undefined {
  for (const first of [0x1f150, 0x1f170, 0x1f1e6]) {
    if (code >= first && code < first + 26) return String.fromCharCode(97 + code - first);
  }
  return undefined;
}

function pairs(from: string, to: string): Record<string, string> {
  return Object.fromEntries([...from].map((char, index) => [char, to[index] ?? '']));
}
