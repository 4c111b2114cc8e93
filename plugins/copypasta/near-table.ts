import { fold, hammingDistance, type Simhash, simhash, tokenize } from '@framegate/sdk/text';
import type { Fingerprint } from './fingerprint.js';

/** Units of a message that are read, and letters and digits of it that count: they bound the work whatever is sent. */
const MAX_UNITS = 1024;
/** Words of an entry: the hash's halves, and the second until which the place is kept. */
const ENTRY_WORDS = 3;
const HEADER_WORDS = 1;
/** Inside a word they belong to it, for `tokenize`. */
const APOSTROPHES = /['’]/g;

/**
 * What a message is compared by, if it has `minLength` letters and digits: runs of three of them, folded. Blanks, punctuation, emoji,
 * case, width, accents and look-alikes make no difference at all. Undefined for a shorter one.
 */
export function nearHash(text: string, minLength: number): Simhash | undefined {
  const letters = tokenize(fold(text.slice(0, MAX_UNITS)))
    .join('')
    .replace(APOSTROPHES, '');
  return letters.length < minLength ? undefined : simhash(letters.slice(0, MAX_UNITS));
}

/** A place in the table, and the hash that stands for every message near to it. */
export interface NearPlace {
  readonly place: number;
  readonly key: Fingerprint;
}

/**
 * The hashes of the messages that were written lately, at most `places` of them. A new one takes the oldest place that is not kept. It is one
 * value of the state, 12 bytes a place, and a look-up compares with all of them: bands, which would find the near ones faster, miss those
 * that differ in more than a few bits (docs/rationale.md).
 */
export class NearTable {
  readonly #words: Uint32Array;
  readonly #places: number;

  /** `stored`: what `bytes` gave; anything else, and what has another number of places, is an empty table. */
  constructor(stored: Uint8Array | undefined, places: number) {
    const length = HEADER_WORDS + places * ENTRY_WORDS;
    const isOurs = stored?.byteLength === length * Uint32Array.BYTES_PER_ELEMENT;
    this.#words = isOurs ? new Uint32Array(stored.slice().buffer) : new Uint32Array(length);
    this.#places = places;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer);
  }

  /** The nearest message's place, if it differs in at most `distance` bits; else a place for this one, or undefined if all are kept. */
  find(hash: Simhash, distance: number, now: number): NearPlace | undefined {
    const other = { high: 0, low: 0 };
    let nearest: NearPlace | undefined;
    let least = distance + 1;
    for (let place = 0; place < this.#places; place++) {
      const at = HEADER_WORDS + place * ENTRY_WORDS;
      other.high = this.#words[at] as number;
      other.low = this.#words[at + 1] as number;
      if (other.high === 0 && other.low === 0) continue;
      const bits = hammingDistance(hash, other);
      if (bits >= least) continue;
      least = bits;
      nearest = { place, key: { ...other } };
    }
    return nearest ?? this.#enter(hash, now);
  }

  /** No other message takes this place before that time, in milliseconds. */
  keep(place: number, until: number): void {
    this.#words[HEADER_WORDS + place * ENTRY_WORDS + 2] = Math.ceil(until / 1000);
  }

  #enter(hash: Simhash, now: number): NearPlace | undefined {
    for (let step = 0; step < this.#places; step++) {
      const place = ((this.#words[0] as number) + step) % this.#places;
      const at = HEADER_WORDS + place * ENTRY_WORDS;
      if ((this.#words[at + 2] as number) * 1000 > now) continue;
      this.#words.set([hash.high, hash.low, 0], at);
      this.#words[0] = place + 1;
      return { place, key: hash };
    }
    return undefined;
  }
}
