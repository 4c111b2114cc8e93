import type { Row } from './rows.js';
import type { Targets } from './targets.js';

/** What a section of the bench is given. */
export interface Bench {
  readonly targets: Targets;
  /** Rounds that count. */
  readonly runs: number;
  /** Short measurements: to see that everything works. */
  readonly quick: boolean;
}

/** One part of the bench, selectable with `--only`. */
export interface BenchSection {
  readonly name: string;
  /** One sentence: what its figures say, and whether more or less is better. */
  readonly about: string;
  measure(bench: Bench): Promise<readonly Row[]>;
}
