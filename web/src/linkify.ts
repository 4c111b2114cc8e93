export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"]+/giu;
/** Punctuation that belongs to the sentence rather than to the address before it. */
const TRAILING = /[.,;:!?'*_~…]+$/u;

/** Splits text into plain parts and http(s) links. The parts' texts joined are the text. */
export function linkify(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = trimAddress(match[0]);
    const href = webAddress(address);
    if (href === undefined) continue;
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) });
    parts.push({ kind: 'link', text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

/** Takes off what the sentence put behind the address: full stops, and brackets that were not opened in it. */
function trimAddress(candidate: string): string {
  const trimmed = candidate.replace(TRAILING, '');
  const last = trimmed.at(-1);
  const opening = last === ')' ? '(' : last === ']' ? '[' : undefined;
  if (opening === undefined || count(trimmed, opening) >= count(trimmed, last ?? '')) return trimmed;
  return trimAddress(trimmed.slice(0, -1));
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}
