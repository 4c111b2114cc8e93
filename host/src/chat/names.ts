import { randomInt } from 'node:crypto';

export type ParsedName =
  | { readonly kind: 'name'; readonly name: string }
  /** `why` completes a sentence that begins with what was named. */
  | { readonly kind: 'refused'; readonly why: string };

const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
// U+2800 is the one symbol that is drawn as nothing
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
// not \s, which takes U+FEFF for a blank
const BLANKS = /\p{Zs}+/gu;

/**
 * A user's or a room's name as it is shown: trimmed, runs of blanks made one, composed (NFC), 1 to `maxLength` characters.
 * Refused: control characters, line separators, bidirectional controls, lone surrogates, and names of which nothing would be seen.
 */
export function parseName(value: unknown, maxLength: number): ParsedName {
  if (typeof value !== 'string') return refused(`must be text; got ${describeType(value)}`);
  const trimmed = value.trim();
  if (FORBIDDEN.test(trimmed)) {
    return refused('has a control character, a text-direction mark or a lone surrogate in it; take it out');
  }
  const spaced = trimmed.replace(BLANKS, ' ');
  const tooLong = refused(`is longer than ${maxLength} characters; choose a shorter one`);
  // before normalize, which sorts a run of combining marks in quadratic time (24,000 of them: 250 ms) and shortens no text this much
  if (spaced.length > 16 * maxLength) return tooLong;
  const name = spaced.normalize('NFC');
  if (nameKey(name) === '') return refused('has no visible character; choose one that can be read');
  if (exceeds(name, maxLength)) return tooLong;
  return { kind: 'name', name };
}

/** Equal for names that people would take for the same: other case, other width or ligature (NFKC), invisible characters in between. */
export function nameKey(name: string): string {
  // invisible characters go first: one between a letter and its accent would keep the two from composing
  const folded = name.replace(INVISIBLE, '').normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
  return folded.replace(BLANKS, ' ').trim();
}

/** Whether a text has more than `max` code points; counts only where its UTF-16 length leaves a doubt. */
export function exceeds(text: string, max: number): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count > max;
}

export function describeType(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const QUALITIES =
  'Amber Brave Calm Clever Copper Eager Fair Gentle Golden Happy Keen Kind Lively Lucky Merry Nimble Patient Quick Quiet Silver Steady Sunny Swift Witty';
const ANIMALS =
  'Badger Beaver Bison Crane Dolphin Falcon Finch Fox Gecko Hare Heron Ibis Koala Lark Lynx Marten Newt Otter Owl Panda Puffin Robin Seal Wren';
const [qualities, animals] = [QUALITIES.split(' '), ANIMALS.split(' ')];

/**
 * A readable name of at most 16 characters for a client that gave none, like "Quiet Heron", or "Guest 4711" where words run out.
 * `isTaken` is asked until it says no.
 */
export function makeName(isTaken: (name: string) => boolean = () => false): string {
  for (let attempt = 0; ; attempt += 1) {
    const name =
      attempt < 4
        ? `${qualities[randomInt(qualities.length)]} ${animals[randomInt(animals.length)]}`
        : `Guest ${randomInt(10 ** Math.min(attempt, 10))}`;
    if (!isTaken(name)) return name;
  }
}

function refused(why: string): ParsedName {
  return { kind: 'refused', why };
}
