/** The percent-encode sets of the URL standard: whether a code unit of a text is to be encoded. */
export type PercentSet = (char: string) => boolean;

const set =
  (chars: string, base: PercentSet): PercentSet =>
  (char) =>
    base(char) || chars.includes(char);

export const isC0: PercentSet = (char) => char <= '\x1f' || char > '~';
export const FRAGMENT_SET = set(' "<>`', isC0);
export const QUERY_SET = set(' "#<>', isC0);
export const SPECIAL_QUERY_SET = set("'", QUERY_SET);
export const PATH_SET = set('?^`{}', QUERY_SET);
export const USERINFO_SET = set('/:;=@[\\]|', PATH_SET);

/** The text with the set's characters as %XX of their UTF-8. A lone surrogate becomes U+FFFD. */
export function percentEncode(text: string, isEncoded: PercentSet): string {
  let out = '';
  for (const char of text.toWellFormed()) out += isEncoded(char) ? encodeChar(char) : char;
  return out;
}

function encodeChar(char: string): string {
  return char <= '\x7f' ? `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : encodeURIComponent(char);
}

/** Decodes %XX as UTF-8, with U+FFFD for what is not UTF-8; what is no escape stays. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    const bytes = Uint8Array.from(escapes.slice(1).split('%'), (hex) => Number.parseInt(hex, 16));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  });
}
