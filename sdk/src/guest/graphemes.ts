/**
 * What a reader takes for one character, by the rules of UAX #29 that chat text needs: combining marks, variation selectors,
 * skin tones, ZWJ sequences, flags, Hangul syllables, CR LF. Left out: Indic conjuncts (GB9c) and prepended marks (GB9b).
 * At most 31 code points belong to one base, as in UAX #15's Stream-Safe Text Format: a flood of marks counts as many.
 */
const EXTEND = '[\\p{M}\\p{Emoji_Modifier}\\u200c\\u200d\\u{e0020}-\\u{e007f}\\uff9e\\uff9f]{0,31}';
const CLUSTER = [
  '\\r\\n',
  '[\\p{Cc}\\p{Zl}\\p{Zp}]',
  `\\p{RI}\\p{RI}${EXTEND}`,
  `\\p{Extended_Pictographic}(?:[\\p{M}\\p{Emoji_Modifier}]{0,4}\\u200d\\p{Extended_Pictographic}){0,9}${EXTEND}`,
  `[\\u1100-\\u115f\\ua960-\\ua97c]{0,4}(?:[\\uac00-\\ud7a3]|[\\u1160-\\u11a7\\ud7b0-\\ud7c6])[\\u1160-\\u11ff\\ud7b0-\\ud7fb]{0,4}${EXTEND}`,
  `[^]${EXTEND}`,
].join('|');

let compiled: RegExp | undefined;

/** Compiled when it is first needed: while building it would add 20 KB to each module. */
function cluster(): RegExp {
  compiled ??= new RegExp(CLUSTER, 'gu');
  return compiled;
}

/** Below U+0300 every code unit is a grapheme but the line feed of a CR LF. */
const MAY_CLUSTER = /[\u0300-\uffff]|\r\n/;

/** The text's graphemes, in order; joined they are the text. */
export function graphemes(text: string): string[] {
  return MAY_CLUSTER.test(text) ? (text.match(cluster()) ?? []) : [...text];
}

/** How many graphemes the text has. Stops counting above `limit`, so a long text costs no more than a short one. */
export function countGraphemes(text: string, limit = Number.POSITIVE_INFINITY): number {
  if (!MAY_CLUSTER.test(text)) return text.length;
  const one = cluster();
  one.lastIndex = 0;
  let count = 0;
  while (count <= limit && one.test(text)) count++;
  return count;
}
