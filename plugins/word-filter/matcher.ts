import { AllowList } from './allow-list.js';
import { foldChar } from './confusables.js';
import { lazyRegExp } from './lazy-reg-exp.js';
import { type Run, runsOf } from './runs.js';
import { type ChunkVerdict, type Stretch, Vocabulary } from './vocabulary.js';
import { WordList } from './word-list.js';

/** A banned word or phrase in a text. `start`, `end`: UTF-16 units; `word`: what it folds to. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly word: string;
}

/** Text is looked at in windows of about this many units, cut at white space, so that a long one needs no more memory. */
const WINDOW = 4096;

/** Letters of a spaced-out word stand at most this many characters apart. */
const MAX_GAP = 4;

const NONE: readonly Match[] = [];

const APOSTROPHES = "'’ʼ`´";
/** Other punctuation is put inside a word (`ba-d`), but he'll is no single word. */
const NO_JOINER = `${APOSTROPHES} \t\n\v\f\r\u00a0\u2028\u2029\u3000`;
const letter = lazyRegExp('\\p{L}', 'u');
const TRIPLE = /([a-z])\1\1/i;
const BREAK = /\s/g;

/**
 * Finds banned words however they are dressed up: case, width, diacritics, look-alikes, digits and symbols for letters,
 * stretched, spaced out, or with invisible characters or punctuation inside. Only whole words match: Scunthorpe passes.
 */
export class WordMatcher {
  readonly #words: WordList;
  readonly #allowed: AllowList;
  readonly #vocabulary: Vocabulary;

  /** `plurals`: words of four letters or more are meant with `s` or `es` at their end as well. */
  constructor(words: readonly string[], allow: readonly string[] = [], plurals = true) {
    this.#words = new WordList(words, plurals);
    this.#allowed = new AllowList(allow);
    // A phrase begins in a suspicious word, and what is allowed may begin before it and end after it.
    this.#vocabulary = new Vocabulary((chunk) => this.#judge(chunk), this.#words.longestPhrase + this.#allowed.longest);
  }

  /** As they are looked up, phrases without what stands between their words. */
  get words(): readonly string[] {
    return this.#words.all;
  }

  /** Every match, in order of its start; they may overlap. */
  find(text: string): readonly Match[] {
    const suspicious = this.#vocabulary.suspicious(text);
    return suspicious === undefined ? NONE : this.search(text, suspicious);
  }

  /** The same without the {@link Vocabulary}'s short cut, hence slower. */
  search(text: string, { start, end }: Stretch = { start: 0, end: text.length }): readonly Match[] {
    const found: Match[] = [];
    for (let from = start; from < end; ) {
      const to = Math.min(windowEnd(text, from), end);
      this.#findWithin(text, from, to, found);
      from = to;
    }
    return found.sort((one, other) => one.start - other.start);
  }

  #findWithin(text: string, from: number, to: number, found: Match[]): void {
    const runs = runsOf(text, from, to);
    this.#searchRuns(text, runs, (first, last, match) => {
      if (!this.#allowed.covers(text, runs, first, last)) found.push(match);
    });
  }

  /** What a piece of text between white space is on its own: only phrases and spaced-out series reach across white space. */
  #judge(chunk: string): ChunkVerdict {
    const runs = runsOf(chunk);
    let isHit = false;
    this.#searchRuns(chunk, runs, () => {
      isHit = true;
    });
    if (isHit || runs.some((run) => this.#words.phrases(run.word).length > 0)) return 'suspect';
    if (runs.length === 0) return 'empty';
    return runs.some((run) => isSingle(chunk, run)) ? 'single' : 'clean';
  }

  #searchRuns(text: string, runs: readonly Run[], report: Report): void {
    const stretched = TRIPLE.test(text);
    let seriesFrom = 0;
    let compoundFrom = 0;
    let single = runs[0] !== undefined && isSingle(text, runs[0]);
    for (let index = 0; index < runs.length; index++) {
      const run = runs[index] as Run;
      if (run.readings === undefined) {
        if (this.#words.has(run.word, stretched || run.folded)) report(index, index, run);
      } else {
        for (const reading of run.readings) if (this.#words.has(reading.word, true)) report(index, index, reading);
      }
      this.#findPhrases(runs, index, report);
      const next = runs[index + 1];
      const gap = next === undefined ? Number.POSITIVE_INFINITY : next.start - run.end;
      const nextSingle = next !== undefined && isSingle(text, next);
      if (gap > MAX_GAP || !single || !nextSingle) {
        if (index > seriesFrom) this.#findSeries(text, runs, seriesFrom, index, report);
        seriesFrom = index + 1;
      }
      if (gap !== 1 || NO_JOINER.includes(text.charAt(run.end))) {
        if (index > compoundFrom) this.#findCompound(runs, compoundFrom, index, report);
        compoundFrom = index + 1;
      }
      single = nextSingle;
    }
  }

  #findPhrases(runs: readonly Run[], index: number, report: Report): void {
    const run = runs[index] as Run;
    for (const phrase of this.#words.phrases(run.word)) {
      const last = runs[index + phrase.length - 1];
      if (last === undefined || !phrase.every((word, offset) => matches(runs[index + offset], word))) continue;
      report(index, index + phrase.length - 1, { word: phrase.join(' '), start: run.start, end: last.end });
    }
  }

  /** `i d i o t`: the whole series, or a word of four letters or more within it. */
  #findSeries(text: string, runs: readonly Run[], first: number, last: number, report: Report): void {
    while (first < last && isSymbol(runs[first])) first++;
    while (last > first && isSymbol(runs[last])) last--;
    const letters = runs.slice(first, last + 1).map((run) => letterOf(text, run));
    if (letters.length < 2 || !runs.slice(first, last + 1).some((run) => letter().test(run.word))) return;
    const series = letters.join('');
    const at = (from: number, to: number) => ({ start: (runs[from] as Run).start, end: (runs[to] as Run).end });
    if (this.#words.has(series, true)) {
      report(first, last, { word: series, ...at(first, last) });
      return;
    }
    // A letter that folds to two would put the offsets out; such a series is taken as a whole only.
    if (series.length !== letters.length) return;
    for (let index = 0; index < series.length; index++) {
      const word = this.#words.within(series, index);
      if (word === '') continue;
      const [from, to] = [first + index, first + index + word.length - 1];
      report(from, to, { word, ...at(from, to) });
      index += word.length - 1;
    }
  }

  /** `id-iot`, `b.ad`: runs with one character of punctuation between them, as a whole. */
  #findCompound(runs: readonly Run[], first: number, last: number, report: Report): void {
    const parts = runs.slice(first, last + 1);
    const word = parts.map((run) => run.word).join('');
    if (this.#words.has(word, true)) report(first, last, { word, start: (parts[0] as Run).start, end: (parts.at(-1) as Run).end });
  }
}

type Report = (first: number, last: number, match: Match) => void;

function matches(run: Run | undefined, word: string): boolean {
  if (run === undefined) return false;
  return run.word === word || run.readings?.some((reading) => reading.word === word) === true;
}

/** One letter, digit or symbol by itself; not what follows an apostrophe (it's, I'd). */
function isSingle(text: string, run: Run): boolean {
  if (run.word.length > 1 || (run.word === '' && run.end - run.start > 1)) return false;
  return run.start < 2 || !APOSTROPHES.includes(text.charAt(run.start - 1)) || !letter().test(text.charAt(run.start - 2));
}

function isSymbol(run: Run | undefined): boolean {
  return run?.word === '';
}

/** The letter that a lone digit or symbol stands for. */
function letterOf(text: string, run: Run): string {
  return run.folded ? [...text.slice(run.start, run.end)].map((char) => foldChar(char).text).join('') : run.word;
}

/** Where the window ends: after white space if there is any, so that no word is cut. */
function windowEnd(text: string, from: number): number {
  if (text.length - from <= WINDOW) return text.length;
  BREAK.lastIndex = from + WINDOW;
  return BREAK.test(text) ? BREAK.lastIndex : text.length;
}
