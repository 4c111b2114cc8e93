/** 64 bits as two halves. */
export interface Simhash {
  readonly high: number;
  readonly low: number;
}

/** Units of a feature. Three tell words apart and still leave most of them untouched when a letter changes. */
const SHINGLE = 3;
const HALF = 32;

/**
 * A 64-bit hash that differs in few bits for texts that differ little (Charikar 2002), over all runs of three units. Fold the text first.
 * Short texts have few features: below some 40 units one changed letter may change a dozen bits.
 */
export function simhash(text: string): Simhash {
  const votes = new Int32Array(2 * HALF);
  const last = Math.max(0, text.length - SHINGLE);
  for (let at = 0; at <= last; at++) {
    let one = 0x811c9dc5;
    let other = 0x9e3779b9;
    for (let unit = at; unit < Math.min(text.length, at + SHINGLE); unit++) {
      const code = text.charCodeAt(unit);
      one = Math.imul(one ^ code, 0x01000193);
      other = Math.imul(other ^ code, 0x85ebca6b) ^ (other >>> 13);
    }
    vote(votes, 0, mix(one));
    vote(votes, HALF, mix(other ^ (one << 7)));
  }
  return { high: tally(votes, 0), low: tally(votes, HALF) };
}

/** In how many of the 64 bits two hashes differ. */
export function hammingDistance(one: Simhash, other: Simhash): number {
  return countBits(one.high ^ other.high) + countBits(one.low ^ other.low);
}

function vote(votes: Int32Array, from: number, hash: number): void {
  for (let bit = 0; bit < HALF; bit++) votes[from + bit] = (votes[from + bit] as number) + (((hash >>> bit) & 1) === 1 ? 1 : -1);
}

function tally(votes: Int32Array, from: number): number {
  let half = 0;
  for (let bit = 0; bit < HALF; bit++) if ((votes[from + bit] as number) > 0) half |= 1 << bit;
  return half >>> 0;
}

/** The finaliser of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function countBits(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
