import { fingerprint64, stripInvisible } from '@framegate/sdk';

/** Units at each end of a longer text that count, beside its length. Bounds the work: normalising may make a text 18 times as long. */
const END = 4096;

/** Texts of so many units are taken whole. */
export const WHOLE = 2 * END;

/** What a message is remembered by; the low half places it in a table. */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/**
 * The same for texts that a reader takes for one: width and ligatures (NFKC), case, white space and invisible characters apart.
 * Undefined for a text of fewer than `minLength` units after that.
 */
export function fingerprint(text: string, minLength: number): Fingerprint | undefined {
  const normal = text.length > WHOLE ? `${normalise(text.slice(0, END))}…${text.length}…${normalise(text.slice(-END))}` : normalise(text);
  return normal.length < minLength ? undefined : fingerprint64(normal);
}

/** In printable ASCII, as most of chat is, there is little to do: 4 µs a line instead of 25. */
const UNEVEN = /[^ -~]/;
const SPACES = /\s+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const HIDDEN = /[\0-\x08\x0e-\x1f\x7f-\uffff]/;

/** White space goes altogether: a blank that looks like one and is none would make another message otherwise. */
export function normalise(text: string): string {
  if (!UNEVEN.test(text)) return text.toLowerCase().split(' ').join('');
  // Composed again: what stood between a letter and its mark is gone.
  const visible = HIDDEN.test(text) ? stripInvisible(text.normalize('NFKC')).normalize('NFKC') : text;
  return visible.toLowerCase().replace(SPACES, '');
}
