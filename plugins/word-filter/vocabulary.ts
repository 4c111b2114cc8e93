/**
 * What a piece of text without white space is on its own. `suspect`: it has a banned word, or a phrase begins in it; `single`: a
 * lone letter, which may belong to a spaced-out word; `empty`: nothing but separators.
 */
export type ChunkVerdict = 'clean' | 'single' | 'empty' | 'suspect';

const WHITE_SPACE = /[ \t\n\v\f\r]+/;

/** Longer ones are hardly ever seen again. */
const MAX_CHUNK = 32;
const MAX_CHUNKS = 4096;

/**
 * Remembers the words of earlier messages that were found clean, so that ordinary text needs one look-up a word, whatever its
 * script. It never decides that a text is banned; what it doesn't know for clean is searched.
 */
export class Vocabulary {
  readonly #judge: (chunk: string) => ChunkVerdict;
  readonly #verdicts = new Map<string, ChunkVerdict>();

  constructor(judge: (chunk: string) => ChunkVerdict) {
    this.#judge = judge;
  }

  /** Whether a search would find nothing for certain. */
  isClean(text: string): boolean {
    let afterSingle = false;
    for (const chunk of text.split(WHITE_SPACE)) {
      const verdict = this.#verdicts.get(chunk) ?? this.#learn(chunk);
      if (verdict === 'clean') afterSingle = false;
      else if (verdict === 'suspect') return false;
      else if (verdict === 'single') {
        if (afterSingle) return false;
        afterSingle = true;
      }
    }
    return true;
  }

  #learn(chunk: string): ChunkVerdict {
    if (chunk.length > MAX_CHUNK) return 'suspect';
    const verdict = this.#judge(chunk);
    if (this.#verdicts.size >= MAX_CHUNKS) this.#verdicts.clear();
    this.#verdicts.set(chunk, verdict);
    return verdict;
  }
}
