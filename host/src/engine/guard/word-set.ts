import { LETTER, LETTER_E, LETTER_S, LETTERS, lettersOf, MAYBE, SEPARATOR, type Skeleton } from './skeleton.js';

interface Word {
  /** No two alike side by side. */
  readonly letters: readonly number[];
  /** How often each of them stands there; of words that differ in nothing else the least. */
  readonly counts: number[];
  /** The longest other word that ends where this one does. */
  shorter: Word | undefined;
}

/** What may still be looked at, in letters, before a text is not ruled out. */
interface Work {
  left: number;
}

/** Ways in which one text is read at once; one that can be read in more is not ruled out. */
const MAX_READINGS = 8;
/** A word of more characters without a separator may be no word at all to the guest, which then goes on behind it. */
const MAX_RUN = 128;
/** Letters of words that are compared for each of a text: many words may end at one, and a plugin's list can be made for that. */
const WORK_PER_CHARACTER = 16;
const WORK = 1024;

/**
 * Says of a text that none of these words is in it, or that one may be. Letters count whatever their case, digits and symbols as the
 * letters they are written for or as nothing, letters that repeat at least as often as in the word, and separators not at all, but that
 * a word begins where no letter stands before it, and ends where none follows but an E or an S, as in plurals.
 * Aho–Corasick over letters without their repetitions: one step a character, for ten words as for ten thousand.
 */
export class WordSet {
  /** The next state by state and letter. */
  readonly #next: Uint16Array;
  /** The longest word that ends at a state. */
  readonly #ends: readonly (Word | undefined)[];
  readonly #readings = new Uint16Array(MAX_READINGS + 1);

  /** Words with anything but printable ASCII in them are in no text that is ruled out. At most 65,535 characters in all. */
  constructor(words: readonly string[]) {
    const trie: Map<number, number>[] = [new Map()];
    const ends: (Word | undefined)[] = [undefined];
    for (const word of words) {
      const { letters, counts } = lettersOf(word);
      if (letters.length === 0) continue;
      let state = 0;
      for (const letter of letters) {
        let child = trie[state]?.get(letter);
        if (child === undefined) {
          child = trie.length;
          trie[state]?.set(letter, child);
          trie.push(new Map());
          ends.push(undefined);
        }
        state = child;
      }
      const same = ends[state];
      if (same === undefined) ends[state] = { letters, counts, shorter: undefined };
      else for (const [index, count] of counts.entries()) same.counts[index] = Math.min(same.counts[index] ?? count, count);
    }
    this.#next = link(trie, ends);
    this.#ends = ends;
  }

  /** False: none of the words is in it for certain. */
  mayOccurIn(text: Skeleton): boolean {
    const { classes, length } = text;
    const next = this.#next;
    const ends = this.#ends;
    const readings = this.#readings;
    const work = { left: WORK + WORK_PER_CHARACTER * length };
    let count = 1;
    let run = 0;
    readings[0] = 0;
    for (let at = 0; at < length; at++) {
      const found = classes[at] as number;
      if (found === SEPARATOR) {
        run = 0;
        continue;
      }
      if (++run > MAX_RUN) return true;
      const letter = found & LETTER;
      if (found === letter && count === 1) {
        const state = next[(readings[0] as number) * LETTERS + letter] as number;
        // A state that stays is a letter repeated: it was looked at, with its repetitions, where it stands first.
        if (state !== readings[0] && ends[state] !== undefined && isAny(ends[state], text, at, work)) return true;
        readings[0] = state;
        continue;
      }
      const before = count;
      if (found === letter) count = 0;
      for (let index = 0; index < before; index++) {
        const from = readings[index] as number;
        const state = next[from * LETTERS + letter] as number;
        if (state !== from && ends[state] !== undefined && isAny(ends[state], text, at, work)) return true;
        // In place: what is written lies before what is read next.
        if (!includes(readings, count, state)) readings[count++] = state;
        if (count > MAX_READINGS) return true;
      }
    }
    return false;
  }
}

function includes(states: Uint16Array, count: number, state: number): boolean {
  for (let index = 0; index < count; index++) if (states[index] === state) return true;
  return false;
}

function isAny(longest: Word | undefined, text: Skeleton, end: number, work: Work): boolean {
  for (let word = longest; word !== undefined; word = word.shorter) if (isWord(word, text, end, work)) return true;
  return false;
}

/**
 * Whether a word whose last letter stands at `end`, for the first time if it is repeated, begins and ends as words do, with all its letters.
 * Also true if that takes too much work.
 */
function isWord({ letters, counts }: Word, text: Skeleton, end: number, work: Work): boolean {
  const { classes } = text;
  let at = lastRepetition(text, end, work);
  if (at < 0) return at === UNCERTAIN;
  let begins = false;
  for (let index = letters.length - 1; index >= 0; index--) {
    let count = 0;
    for (; at >= 0; at--) {
      if (--work.left < 0) return true;
      const found = classes[at] as number;
      if (found === SEPARATOR) continue;
      if ((found & MAYBE) !== 0) return true;
      if (found !== letters[index]) break;
      count++;
      if (index === 0 && (at === 0 || classes[at - 1] === SEPARATOR)) begins = true;
    }
    if (count < (counts[index] as number)) return false;
  }
  return begins;
}

const UNCERTAIN = -1;
const NO_END = -2;

/** Where the letter at `end` is repeated last, whatever separators stand between; NO_END if a word can't end there. */
function lastRepetition({ classes, length }: Skeleton, end: number, work: Work): number {
  const letter = classes[end] as number;
  if ((letter & MAYBE) !== 0) return UNCERTAIN;
  let last = end;
  let ends = false;
  for (let at = end + 1; at < length; at++) {
    if (--work.left < 0) return UNCERTAIN;
    const found = classes[at] as number;
    if (found === SEPARATOR) ends = true;
    else if ((found & MAYBE) !== 0) return UNCERTAIN;
    else if (found === letter) last = at;
    else return ends || found === LETTER_E || found === LETTER_S ? last : NO_END;
  }
  return last;
}

/** Completes the trie to a table, breadth first; what ends at a state's longest proper suffix ends at the state as well. */
function link(trie: readonly Map<number, number>[], ends: (Word | undefined)[]): Uint16Array {
  const next = new Uint16Array(trie.length * LETTERS);
  const suffix = new Uint16Array(trie.length);
  const queue = [0];
  for (let index = 0; index < queue.length; index++) {
    const state = queue[index] as number;
    const back = suffix[state] as number;
    for (let letter = 1; letter < LETTERS; letter++) {
      const child = trie[state]?.get(letter);
      const fallback = state === 0 ? 0 : (next[back * LETTERS + letter] as number);
      if (child === undefined) {
        // Set before for the state's own letter: repeating it changes nothing.
        if (next[state * LETTERS + letter] === 0) next[state * LETTERS + letter] = fallback;
        continue;
      }
      next[state * LETTERS + letter] = child;
      next[child * LETTERS + letter] = child;
      suffix[child] = fallback;
      const inherited = ends[fallback];
      const own = ends[child];
      if (own === undefined) ends[child] = inherited;
      else own.shorter = inherited;
      queue.push(child);
    }
  }
  return next;
}
