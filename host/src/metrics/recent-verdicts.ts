import type { Hook } from '@framegate/sdk/abi';
import type { OutcomeNote } from '../pipeline/outcome.js';

/** What one plugin said of one frame; never the frame itself. */
export interface RecentVerdict extends OutcomeNote {
  /** Grows by one from verdict to verdict. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly route: string;
  /** The connection's id. */
  readonly connection: string;
  readonly hook: Hook;
}

/** The latest verdicts that were not a plain pass; older ones are overwritten. */
export class RecentVerdicts {
  readonly #ring: (RecentVerdict | undefined)[];
  #next = 0;

  /** `size`: how many are kept. */
  constructor(size: number) {
    this.#ring = new Array<RecentVerdict | undefined>(size).fill(undefined);
  }

  /** The number that the next verdict gets. */
  get next(): number {
    return this.#next;
  }

  add(note: OutcomeNote, place: Omit<RecentVerdict, 'number' | keyof OutcomeNote>): void {
    this.#ring[this.#next % this.#ring.length] = { number: this.#next, ...place, ...note };
    this.#next += 1;
  }

  /** Those from that number on which are still there, oldest first; of many only the latest `limit`. */
  since(number: number, limit: number): RecentVerdict[] {
    const first = Math.max(number, this.#next - this.#ring.length, this.#next - limit, 0);
    return Array.from({ length: Math.max(0, this.#next - first) }, (_, index) => this.#ring[(first + index) % this.#ring.length]).filter(
      (verdict) => verdict !== undefined,
    );
  }
}
