/**
 * Source of a character class (for the flag `u`) of what doesn't show: control characters that are no white space, format characters,
 * fillers, variation selectors, tags and other default-ignorables (UAX #44), and two symbols drawn as nothing. A source, not a regular
 * expression: one that is compiled while building makes each module 10 KB bigger.
 */
export const INVISIBLE = '[\\0-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800\\u{1d159}]';

/** Those of them that may be drawn as wide as a letter, so that a reader takes them for a blank: Hangul fillers, the empty Braille cell. */
export const BLANKS = '\u115f\u1160\u3164\uffa0\u2800';

let compiled: RegExp | undefined;

/** The text without what doesn't show. White space stays. */
export function stripInvisible(text: string): string {
  compiled ??= new RegExp(INVISIBLE, 'gu');
  return text.replace(compiled, '');
}
