import { stripInvisible } from '@framegate/sdk';
import { canonicalHost } from './host-name.js';
import { isTopLevelDomain } from './top-level-domains.js';

/** A link in a text, from `start` to before `end`. */
export interface Link {
  /** What the host may be read as, in canonical form, the likeliest first. One that is no host is given as it is written, in lower case. */
  readonly hosts: readonly string[];
  /** Whether something in front of an `@` may be taken for the host. */
  readonly hasUserinfo: boolean;
  readonly start: number;
  readonly end: number;
}

/** Which links without a scheme count: those under a known top-level domain, whatever looks like one, or none. */
export type BareLinks = 'known' | 'any' | 'ignore';

/** No link is without one of these, or a character that may be read as one. */
const MAY_LINK = /[.:[({]|[^\0-\x7f]/;
const WORD = /(?:\S|\ufeff)+/g;
const UNEVEN = /[^!-~]/;
/** How dots and colons are hidden from those who look for links. */
const HIDDEN_DOT = /[[({](?:\.|dot)[\])}]/gi;
const HIDDEN_COLON = /[[({]:[\])}]/g;
/** Ligatures of whole sentences, blanks and all: no host has them, and each would become up to 18 characters. */
const SENTENCES = /[\ufdfa\ufdfb]/g;
const OTHER_DOTS = /[\u3002\uff0e\uff61]/g;

/** A scheme of the web, or `hxxp`; browsers take any number of slashes behind it, and backslashes too. */
const SCHEME = /(?<![a-z\d])(?:h(?:tt|xx|\*\*)ps?:[/\\]*|(?:ftps?|wss?):[/\\]{2,})/gi;
/** What may stand in an authority, as far as a reader's program would follow: the user's name as well. */
const AUTHORITY = /^[^\s/\\?#<>"]*/;
const HOST = /^(?:\[[\da-fA-F:.]*\]|[^\s!-$&-,/:-@[-^`{-\x7f\u2000-\u206f\u3000-\u3003\u3008-\u3011\u300c-\u301f]+)/;
const REST = /^[^\s<>"'()[\]{}|]*/;
/** Labels of bounded length, so that a text without end is walked through once. */
const BARE =
  /(?:[^\s!-,./:-@[-^`{-\x7f\u2000-\u206f\u3000-\u3003\u3008-\u3011\u300c-\u301f]{1,63}\.)+[^\s!-,./:-@[-^`{-\x7f\u2000-\u206f\u3000-\u3003\u3008-\u3011\u300c-\u301f]{1,63}/g;
const FOUR_NUMBERS = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const ASCII_LABEL = /^[\w-]+/;
const PLAIN_HOST = /[\w-]+(?:\.[\w-]+)+/g;
/** Letters and marks of Latin, Greek and Cyrillic that are not plain; `\p{L}` would add 10 KB to the module. */
const OF_A_WORD =
  /[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037f\u0386-\u0481\u0483-\u052f\u1e00-\u1fff]|[\u0300-\u036f]/;
/** Characters of a host on the wire. Of what is longer the end counts. */
const MAX_HOST = 253;

/**
 * The links in a text, in no order, those in the path or the query of another one too if they have a scheme; `most` of them and one more
 * at most, for each takes a walk over its word.
 */
export function findLinks(text: string, bare: BareLinks, most: number): Link[] {
  if (!MAY_LINK.test(text)) return [];
  const links: Link[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!MAY_LINK.test(word)) continue;
    const plain = reveal(word);
    const found = linksOf(plain, bare, most + 1 - links.length);
    // where the word had to be read otherwise than it is written, all of it is the link
    for (const link of found) {
      links.push(
        plain === word
          ? { ...link, start: index + link.start, end: index + link.end }
          : { ...link, start: index, end: index + word.length },
      );
    }
    if (links.length > most) break;
  }
  return links;
}

/** A word as programs and readers would put it right: compatibility forms, what doesn't show, other dots, and those in brackets. */
function reveal(word: string): string {
  const even = UNEVEN.test(word)
    ? stripInvisible(word.replace(OTHER_DOTS, '.').replace(SENTENCES, ' ').normalize('NFKC')).replace(OTHER_DOTS, '.')
    : word;
  return even.replace(HIDDEN_DOT, '.').replace(HIDDEN_COLON, ':');
}

function linksOf(word: string, bare: BareLinks, most: number): Link[] {
  const links: Link[] = [];
  let remaining = word;
  for (const { 0: scheme, index: start } of word.matchAll(SCHEME)) {
    if (links.length === most) return links;
    const rest = word.slice(start + scheme.length);
    const authority = AUTHORITY.exec(rest)?.[0] ?? '';
    const user = authority.lastIndexOf('@') + 1;
    const written = HOST.exec(authority.slice(user))?.[0] ?? '';
    const other = hostBehindBackslash(rest, authority.length);
    const hosts = [...readings(written), ...readings(other)];
    if (hosts.length === 0) continue;
    const length = Math.max(REST.exec(rest)?.[0].length ?? 0, user + written.length);
    const end = start + scheme.length + length;
    links.push({ hosts, hasUserinfo: user > 0 || other !== '', start, end });
    remaining = blank(remaining, start, end);
  }
  if (bare !== 'ignore') links.push(...bareLinksOf(remaining, bare, most - links.length));
  return links;
}

/** In `good.com\@evil.com` a browser goes to the first host, and a program that takes a backslash for a name's to the second. */
function hostBehindBackslash(rest: string, authorityLength: number): string {
  if (rest.charAt(authorityLength) !== '\\') return '';
  const lenient = /^[^\s/?#]*/.exec(rest)?.[0] ?? '';
  const at = lenient.lastIndexOf('@');
  return at < authorityLength ? '' : (HOST.exec(lenient.slice(at + 1))?.[0] ?? '');
}

function bareLinksOf(word: string, bare: 'known' | 'any', most: number): Link[] {
  const links: Link[] = [];
  for (const { 0: name, index } of word.matchAll(BARE)) {
    if (links.length === most) return links;
    const end = index + name.length;
    const hasMore = /^(?::\d|[/\\])/.test(word.slice(end));
    if (word.charAt(end) === '@') continue;
    const isMail = word.charAt(index - 1) === '@';
    if (isMail && !hasMore) continue;
    if (!hasMore && !name.toLowerCase().startsWith('www.') && !looksLikeHost(name, bare)) continue;
    links.push({ hosts: readings(name), hasUserinfo: isMail, start: index, end: end + (REST.exec(word.slice(end))?.[0].length ?? 0) });
  }
  return links;
}

function looksLikeHost(name: string, bare: 'known' | 'any'): boolean {
  if (FOUR_NUMBERS.test(name)) return false;
  const label = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (bare === 'any') return !/^\d/.test(label);
  return isTopLevelDomain(label) || isTopLevelDomain(ASCII_LABEL.exec(label)?.[0] ?? '');
}

/**
 * What a host that was found in a text may be meant as. Scripts without blanks run into it: in 看evil.com吧 programs find the host
 * itself, evil.com吧, or evil.com.
 */
function readings(written: string): string[] {
  const host = written
    .slice(-MAX_HOST)
    .replace(/[._-]+$/, '')
    .replace(/^[._]+/, '');
  if (host === '') return [];
  const inside = hostInside(host);
  const forms = inside === undefined || inside === host ? [host] : [host, inside];
  return forms.map((form) => canonicalHost(form) ?? form.toLowerCase());
}

/**
 * The host in plain letters that programs find in another one: between characters of scripts without blanks, and in front of any that
 * are not plain. Not behind a letter of an alphabet, which is of the same word for all of them: nobody reads cher.de in bücher.de.
 */
function hostInside(host: string): string | undefined {
  for (const { 0: found, index } of host.matchAll(PLAIN_HOST)) {
    if (OF_A_WORD.test(host.charAt(index - 1))) continue;
    if (!OF_A_WORD.test(host.charAt(index + found.length)) || isTopLevelDomain(found.slice(found.lastIndexOf('.') + 1).toLowerCase()))
      return found;
  }
  return undefined;
}

function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + ' '.repeat(end - start) + text.slice(end);
}
