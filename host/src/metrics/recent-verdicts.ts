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

/** The latest verdicts of each kind that were not a plain pass: what comes often pushes out nothing that is rare. */
export class RecentVerdicts {
  readonly #size: number;
  /** By kind, oldest overwritten. */
  readonly #rings = new Map<RecentVerdict['kind'], { readonly verdicts: RecentVerdict[]; at: number }>();
  #next = 0;

  /** `size`: how many of each kind are kept. */
  constructor(size: number) {
    this.#size = size;
  }

  /** The number that the next verdict gets. */
  get next(): number {
    return this.#next;
  }

  add(note: OutcomeNote, place: Omit<RecentVerdict, 'number' | keyof OutcomeNote>): void {
    let ring = this.#rings.get(note.kind);
    if (ring === undefined) {
      ring = { verdicts: [], at: 0 };
      this.#rings.set(note.kind, ring);
    }
    ring.verdicts[ring.at] = { number: this.#next, ...place, ...note };
    ring.at = (ring.at + 1) % this.#size;
    this.#next += 1;
  }

  /** Those from that number on which are still there, oldest first; of many at most `limit`, the latest of each kind, as many of one as of another as far as there are. */
  since(number: number, limit: number): RecentVerdict[] {
    const kinds = Array.from(this.#rings.values(), ({ verdicts }) =>
      verdicts.filter((verdict) => verdict.number >= number).sort((a, b) => b.number - a.number),
    );
    const chosen: RecentVerdict[] = [];
    for (let turn = 0; turn < this.#size && chosen.length < limit; turn++) {
      const round = kinds.flatMap((kind) => kind[turn] ?? []).sort((a, b) => b.number - a.number);
      chosen.push(...round.slice(0, limit - chosen.length));
    }
    return chosen.sort((a, b) => a.number - b.number);
  }
}
