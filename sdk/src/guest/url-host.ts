import { encodePunycode } from './punycode.js';
import { isC0, percentEncode } from './url-percent.js';

/** What may stand in no host, and in no domain (URL standard, "forbidden host code point", "forbidden domain code point"). */
const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;
/** Code points that UTS #46 takes away, and what it refuses: unassigned, private, controls, blanks; a mark at a label's start. */
const IGNORED = /\u034f|[\u180b-\u180d\u180f\ufe00-\ufe0f]|[\u00ad\u200b\u2060\u2064\ufeff]/g;
const REFUSED = /[\p{C}\p{Z}\ufffd]/u;
const JOINERS = /[\u200c\u200d]/g;
const STARTS_WITH_MARK = /(?:^|\.)\p{M}/u;
const ASCII = /^[\0-\x7f]*$/;

/** A host in its canonical form; undefined if it is none. `special`: of a scheme such as http, where a host is a domain or an address. */
export function parseHost(input: string, special: boolean): string | undefined {
  if (input.startsWith('[')) {
    const pieces = input.endsWith(']') ? parseIpv6(input.slice(1, -1)) : undefined;
    return pieces && `[${serializeIpv6(pieces)}]`;
  }
  if (!special) return FORBIDDEN_HOST.test(input) ? undefined : percentEncode(input, isC0);
  const domain = toAscii(input);
  if (domain === undefined || domain === '' || FORBIDDEN_DOMAIN.test(domain)) return undefined;
  if (!endsInNumber(domain)) return domain;
  const address = parseIpv4(domain);
  return address === undefined ? undefined : [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

/** Punycode of a domain, mapped by NFKC and lower case: what UTS #46 does for names that people register, without its tables. */
function toAscii(input: string): string | undefined {
  let domain: string;
  try {
    domain = decodeURIComponent(input);
  } catch {
    return undefined;
  }
  if (ASCII.test(domain)) return domain.toLowerCase();
  domain = domain
    .replace(IGNORED, '')
    .replace(/[\u3002\uff0e\uff61]/g, '.')
    .toLowerCase()
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFC');
  if (REFUSED.test(domain.replace(JOINERS, '')) || STARTS_WITH_MARK.test(domain)) return undefined;
  const labels = domain.split('.').map((label) => (ASCII.test(label) ? label : `xn--${encodePunycode(label)}`));
  return labels.join('.');
}

function endsInNumber(domain: string): boolean {
  const parts = domain.split('.');
  if (parts.at(-1) === '' && parts.length > 1) parts.pop();
  const last = parts.at(-1) ?? '';
  return /^\d+$/.test(last) || /^0x[\da-f]*$/i.test(last);
}

function parseIpv4(input: string): number | undefined {
  const parts = input.split('.');
  if (parts.at(-1) === '' && parts.length > 1) parts.pop();
  if (parts.length > 4) return undefined;
  const numbers = parts.map(parseIpv4Number);
  const last = numbers.pop();
  if (last === undefined || numbers.some((number) => !(number <= 255)) || !(last < 256 ** (4 - numbers.length))) return undefined;
  return numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
}

/** NaN if it is no number. */
function parseIpv4Number(part: string): number {
  if (/^0x[\da-f]*$/i.test(part)) return part.length === 2 ? 0 : Number.parseInt(part, 16);
  if (/^0[0-7]+$/.test(part)) return Number.parseInt(part, 8);
  return /^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : Number.NaN;
}

function parseIpv6(input: string): number[] | undefined {
  const halves = input.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => readPieces(half, index === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function readPieces(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const pieces: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) pieces.push(Number.parseInt(part, 16));
    else {
      const octets = part.split('.');
      const isIpv4 = mayEndInIpv4 && index === parts.length - 1 && octets.length === 4;
      if (!isIpv4 || !octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) return undefined;
      const [a, b, c, d] = octets.map(Number) as [number, number, number, number];
      pieces.push(a * 256 + b, c * 256 + d);
    }
  }
  return pieces;
}

function serializeIpv6(pieces: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (pieces[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((piece) => piece.toString(16)).join(':');
  return best.start < 0 ? hex(pieces) : `${hex(pieces.slice(0, best.start))}::${hex(pieces.slice(best.start + best.length))}`;
}
