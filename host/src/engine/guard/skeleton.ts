import { BACKSLASH, unescapeByte } from './text-finder.js';

/** Classes of a text's characters as {@link WordSet} reads them: 0, a letter, or a letter with {@link MAYBE}. */
export const SEPARATOR = 0;
/** It may stand for the letter, or for nothing: digits and symbols. */
export const MAYBE = 0x40;
export const LETTER = 0x3f;
/** Letters and digits that are told apart. */
export const LETTERS = 32;
/** The next class after A to Z; 2 and 6 stand for no letter. */
const TWO = 27;
const SIX = 28;
const UNREADABLE = 0xff;

/** As digits and symbols are written for letters; I and L are one, for 1, ! and | stand for both. */
const WRITTEN_FOR = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  8: 'b',
  9: 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'i',
  '+': 't',
} as const;

const CLASSES = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const isInvisible = (code: number) => code < 9 || (code > 13 && code < 32) || code >= 127;
  for (let code = 0; code < 256; code++) if (isInvisible(code)) table[code] = UNREADABLE;
  for (let letter = 1; letter <= 26; letter++) {
    table[0x40 + letter] = letter;
    table[0x60 + letter] = letter;
  }
  table[codeOf('L')] = table[codeOf('l')] = letterOf('i');
  for (const [char, letter] of Object.entries(WRITTEN_FOR)) table[codeOf(char)] = MAYBE | letterOf(letter);
  table[codeOf('2')] = MAYBE | TWO;
  table[codeOf('6')] = MAYBE | SIX;
  return table;
}

function codeOf(char: string): number {
  return char.charCodeAt(0);
}

function letterOf(char: string): number {
  return codeOf(char) - 0x60;
}

export const LETTER_E = letterOf('e');
export const LETTER_S = letterOf('s');

/** A text as the class of each of its characters, one byte each. To be used again for the next text. */
export class Skeleton {
  classes = new Uint8Array(1024);
  length = 0;

  /** False for a text of anything but printable ASCII and white space. `escaped`: it stands in a JSON literal. */
  read(bytes: Uint8Array, start: number, end: number, escaped: boolean): boolean {
    if (this.classes.length < end - start) this.classes = new Uint8Array(2 * (end - start));
    const { classes } = this;
    let length = 0;
    for (let at = start; at < end; at++) {
      let byte = bytes[at] as number;
      if (escaped && byte === BACKSLASH) byte = unescapeByte(bytes[++at] as number);
      const found = CLASSES[byte] as number;
      if (found === UNREADABLE) return false;
      classes[length++] = found;
    }
    this.length = length;
    return true;
  }
}

/** The letters of a word as classes, those that stand side by side once, with how often they do; empty if no readable text has it. */
export function lettersOf(word: string): { readonly letters: number[]; readonly counts: number[] } {
  const letters: number[] = [];
  const counts: number[] = [];
  for (let index = 0; index < word.length; index++) {
    const code = word.charCodeAt(index);
    const found = code < CLASSES.length ? (CLASSES[code] as number) : UNREADABLE;
    if (found === UNREADABLE) return { letters: [], counts: [] };
    if (found === SEPARATOR) continue;
    const letter = found & LETTER;
    if (letters.at(-1) === letter) counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    else {
      letters.push(letter);
      counts.push(1);
    }
  }
  return { letters, counts };
}
