import { runsOf } from './runs.js';

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Two letters in a row are ordinary spelling (good, god); three or more are stretching. */
const STRETCHED = /(.)\1{2,}/gu;

const TRIPLE = /(.)\1\1/u;

/** Nothing in it to fold, nothing in it to shorten. */
const PLAIN = /^(?:([a-z])(?!\1\1))+$/;

/** A shorter word with an `s` is another word: as, ass; ha, has. */
const MIN_SINGULAR = 4;

/** Its plural ends in `es`. */
const SIBILANT = /(?:[sxz]|[cs]h)$/;

/** A stretched word has at most this many stretched places that are looked at one by one. */
const MAX_PLACES = 5;

/** Shorter words are matched as whole spaced-out series only: `b a d g` is a guitar's tuning. */
const MIN_WITHIN_SERIES = 4;

/**
 * The banned words in the form in which they are looked up. A look-up costs the same for ten words as for ten thousand.
 * Built once an instance.
 */
export class WordList {
  readonly #words = new Set<string>();
  /** Phrases by their first word. */
  readonly #phrases = new Map<string, (readonly string[])[]>();
  /** First letters of the words that may be found within a longer series, and these words' lengths. */
  readonly #openings = new Set<string>();
  readonly #lengths = new Set<number>();
  #longestPhrase = 0;

  readonly #plurals: boolean;

  constructor(words: readonly string[], plurals = true) {
    this.#plurals = plurals;
    for (const word of words) {
      this.#add(word);
      // Greek capitals look like other Latin letters than their small ones.
      if (BEYOND_ASCII.test(word)) for (const form of new Set([word.toLowerCase(), word.toUpperCase()])) this.#add(form);
    }
  }

  #add(form: string): void {
    // Most entries are plain words: a list of ten thousand takes 30 ms so, and 300 otherwise.
    if (PLAIN.test(form)) this.#addWord(form);
    else this.#addDressed(form);
  }

  #addDressed(form: string): void {
    const tokens = runsOf(form)
      .map((run) => run.word.replace(STRETCHED, '$1$1'))
      .filter((token) => token !== '');
    const [first] = tokens;
    if (first === undefined) return;
    if (tokens.length > 1) {
      const phrases = this.#phrases.get(first) ?? [];
      this.#phrases.set(first, [...phrases, tokens]);
      this.#longestPhrase = Math.max(this.#longestPhrase, tokens.length);
    }
    this.#addWord(tokens.join(''));
  }

  #addWord(word: string): void {
    this.#words.add(word);
    if (word.length < MIN_WITHIN_SERIES) return;
    this.#openings.add(word.slice(0, MIN_WITHIN_SERIES));
    this.#lengths.add(word.length);
  }

  get all(): readonly string[] {
    return [...this.#words];
  }

  /** Whether the folded word is banned, as it is or, if it may be `stretched`, with fewer repeated letters. */
  has(word: string, stretched: boolean): boolean {
    return this.#lists(word) || (stretched && this.#hasStretched(word));
  }

  /** The word itself or the one whose plural it is: `idiots`, `twitches`. */
  #lists(word: string): boolean {
    if (this.#words.has(word)) return true;
    if (!this.#plurals || !word.endsWith('s')) return false;
    if (this.#isPlain(word.slice(0, -1)) && !SIBILANT.test(word.slice(0, -1))) return true;
    return word.endsWith('es') && SIBILANT.test(word.slice(0, -2)) && this.#isPlain(word.slice(0, -2));
  }

  #isPlain(word: string): boolean {
    return word.length >= MIN_SINGULAR && this.#words.has(word) && PLAIN.test(word);
  }

  #hasStretched(word: string): boolean {
    if (!TRIPLE.test(word)) return false;
    const places = word.match(STRETCHED)?.length ?? 0;
    if (places > MAX_PLACES) return this.#lists(word.replace(STRETCHED, '$1')) || this.#lists(word.replace(STRETCHED, '$1$1'));
    for (let choice = 0; choice < 1 << places; choice++) {
      let place = 0;
      const shortened = word.replace(STRETCHED, (_, letter: string) => (choice & (1 << place++) ? letter + letter : letter));
      if (this.#lists(shortened)) return true;
    }
    return false;
  }

  /** Words of the longest phrase; 0 if there is none. */
  get longestPhrase(): number {
    return this.#longestPhrase;
  }

  /** Phrases that begin with this word; each is the list of its words. */
  phrases(first: string): readonly (readonly string[])[] {
    return this.#phrases.get(first) ?? [];
  }

  /** The longest banned word that begins at `index` of a spaced-out series of letters, or ''. */
  within(series: string, index: number): string {
    if (!this.#openings.has(series.slice(index, index + MIN_WITHIN_SERIES))) return '';
    let longest = '';
    for (const length of this.#lengths) {
      const word = series.slice(index, index + length);
      if (word.length === length && length > longest.length && this.#words.has(word)) longest = word;
    }
    return longest;
  }
}
