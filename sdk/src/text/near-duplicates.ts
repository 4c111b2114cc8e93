import { hammingDistance, type Simhash } from './simhash.js';

/** The part of a state scope that is used here: `ctx.state`, `ctx.state.room` and the others have it. */
export interface NearDuplicateStore {
  get(key: string): unknown;
  set(key: string, value: readonly number[], options: { readonly ttl: number }): void;
}

/** What counts as near, for how long, and how much is kept. */
export interface NearDuplicateOptions {
  /** Bits in which two texts may differ and still count as one, 0–7. Default 3. */
  readonly distance?: number;
  /** Milliseconds for which a hash is remembered after it was last put into its band. Default 60,000. */
  readonly ttlMs?: number;
  /** Hashes kept in one entry of the index; beyond it the oldest goes. Default 16. Bounds the work of a look-up. */
  readonly maxPerBand?: number;
  /** Put before the keys, which are `<prefix><band>:<bits>`. Default "near:". */
  readonly prefix?: string;
}

const BITS = 64;
const MAX_DISTANCE = 7;

/**
 * Finds hashes that differ in at most `distance` bits, in state. The 64 bits are cut into `distance + 1` bands: two hashes that near
 * agree in one of them at least, so a look-up reads as many entries and never misses a hash that is still in them.
 */
export class NearDuplicates {
  readonly #store: NearDuplicateStore;
  readonly #distance: number;
  readonly #ttlMs: number;
  readonly #maxPerBand: number;
  readonly #prefix: string;

  constructor(store: NearDuplicateStore, { distance = 3, ttlMs = 60_000, maxPerBand = 16, prefix = 'near:' }: NearDuplicateOptions = {}) {
    if (!Number.isInteger(distance) || distance < 0 || distance > MAX_DISTANCE)
      throw new RangeError(`NearDuplicates: distance is ${distance}; it is a whole number from 0 to ${MAX_DISTANCE}`);
    this.#store = store;
    this.#distance = distance;
    this.#ttlMs = ttlMs;
    this.#maxPerBand = maxPerBand;
    this.#prefix = prefix;
  }

  /** The nearest of the remembered hashes; undefined if none is near enough. */
  find(hash: Simhash): Simhash | undefined {
    let nearest: Simhash | undefined;
    let least = this.#distance + 1;
    for (const key of this.#keys(hash)) {
      for (const candidate of this.#read(key)) {
        const distance = hammingDistance(hash, candidate);
        if (distance >= least) continue;
        nearest = candidate;
        least = distance;
      }
    }
    return nearest;
  }

  /** Puts a hash into the index. Throws what the state throws when it is full. */
  remember(hash: Simhash): void {
    for (const key of this.#keys(hash)) {
      const others = this.#read(key).filter(({ high, low }) => high !== hash.high || low !== hash.low);
      const kept = [...others, hash].slice(-this.#maxPerBand);
      this.#store.set(
        key,
        kept.flatMap(({ high, low }) => [high, low]),
        { ttl: this.#ttlMs },
      );
    }
  }

  #read(key: string): Simhash[] {
    const stored = this.#store.get(key);
    if (!Array.isArray(stored)) return [];
    const hashes: Simhash[] = [];
    for (let at = 0; at + 1 < stored.length; at += 2) hashes.push({ high: Number(stored[at]), low: Number(stored[at + 1]) });
    return hashes;
  }

  #keys(hash: Simhash): string[] {
    const bits = hash.high.toString(2).padStart(BITS / 2, '0') + hash.low.toString(2).padStart(BITS / 2, '0');
    const bands = this.#distance + 1;
    return Array.from({ length: bands }, (_, band) => {
      const part = bits.slice(Math.floor((band * BITS) / bands), Math.floor(((band + 1) * BITS) / bands));
      return `${this.#prefix}${band}:${BigInt(`0b${part}`).toString(36)}`;
    });
  }
}
