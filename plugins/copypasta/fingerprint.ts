import { hash64 } from './hash.js';

/** Units at each end of a longer text that count, beside its length. Bounds the work: normalising may make a text 18 times as long. */
const END = 4096;

/** What a message is remembered by: 16 hexadecimal digits, and the number that places it in a table. */
export interface Fingerprint {
  readonly key: string;
  readonly number: number;
}

/**
 * The same for texts that a reader takes for one: width and ligatures (NFKC), case, white space and invisible characters apart.
 * Undefined for a text of fewer than `minLength` units after that.
 */
export function fingerprint(text: string, minLength: number): Fingerprint | undefined {
  const normal = text.length > 2 * END ? `${normalise(text.slice(0, END))}…${text.length}…${normalise(text.slice(-END))}` : normalise(text);
  if (normal.length < minLength) return undefined;
  const { high, low } = hash64(normal);
  return { key: high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0'), number: low };
}

const BEYOND_ASCII = /[\u0080-\uffff]/;
/** In printable ASCII with single spaces, as most of chat is, there is nothing to do but case: 4 µs a line instead of 25. */
const UNEVEN = /[^ -~]| {2}/;
const WIDE_SPACE = /\s\s|[^\S ]/;

export function normalise(text: string): string {
  if (!UNEVEN.test(text)) return text.toLowerCase().trim();
  const visible = BEYOND_ASCII.test(text) ? text.normalize('NFKC').replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '') : text;
  const lower = visible.toLowerCase();
  return (WIDE_SPACE.test(lower) ? lower.replace(/\s+/g, ' ') : lower).trim();
}
