import { type Run, runsOf } from './runs.js';

/** Leet symbols at a word's edges are punctuation here. */
const EDGES = /^[@$!|+]+|[@$!|+]+$/g;

/** Words and phrases that are never touched. Compared as written, but for case and width: allowing `A55` allows no other spelling. */
export class AllowList {
  /** By the phrase's words, joined. */
  readonly #phrases = new Set<string>();
  #longest = 0;

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const words = runsOf(entry).map((run) => plain(entry, run));
      if (words.length === 0) continue;
      this.#phrases.add(words.join(' '));
      this.#longest = Math.max(this.#longest, words.length);
    }
  }

  /** Words of the longest phrase. */
  get longest(): number {
    return this.#longest;
  }

  /** Whether the runs from `first` to `last` are, or are part of, something that is allowed. */
  covers(text: string, runs: readonly Run[], first: number, last: number): boolean {
    for (let from = Math.max(0, last - this.#longest + 1); from <= first; from++) {
      let phrase = '';
      for (let to = from; to < from + this.#longest && to < runs.length; to++) {
        phrase += (to === from ? '' : ' ') + plain(text, runs[to] as Run);
        if (to >= last && this.#phrases.has(phrase)) return true;
      }
    }
    return false;
  }
}

function plain(text: string, run: Run): string {
  return text.slice(run.start, run.end).normalize('NFKC').toLowerCase().replace(EDGES, '');
}
