import type { RecentVerdict, Snapshot } from './model.js';

/** Two minutes of snapshots, two a second. */
const MAX_POINTS = 240;
/** Of each kind: what comes often pushes out nothing that is rare. */
const MAX_VERDICTS = 100;

/** Columns as uPlot takes them: seconds, then one column of values for each name; null where there is none. */
export interface Series {
  readonly names: readonly string[];
  readonly columns: readonly [number[], ...(number | null)[][]];
}

type Value = (snapshot: Snapshot) => ReadonlyMap<string, number | undefined>;

/** What the latest snapshots said, bounded in time and in number, for charts and for the list of verdicts. */
export class LiveHistory {
  #snapshots: readonly (Snapshot | undefined)[] = [];
  #verdicts: readonly RecentVerdict[] = [];
  #missed = 0;

  add(snapshot: Snapshot): void {
    this.#snapshots = [...this.#snapshots, snapshot].slice(-MAX_POINTS);
    // after a reconnection the latest verdicts come again, and after a restart of the host their numbers begin anew
    const latest = snapshot.verdicts.at(-1)?.number ?? Number.POSITIVE_INFINITY;
    const known = this.#verdicts[0]?.number ?? -1;
    if (latest < known) this.#verdicts = [];
    const fresh = latest < known ? snapshot.verdicts : snapshot.verdicts.filter(({ number }) => number > known);
    if (fresh.length > 0) this.#verdicts = latestOfEachKind([...[...fresh].reverse(), ...this.#verdicts]);
    this.#missed += snapshot.verdictsLeftOut;
  }

  /** Nothing is known for a while: lines are not drawn across it. */
  interrupt(): void {
    if (this.#snapshots.at(-1) !== undefined) this.#snapshots = [...this.#snapshots, undefined].slice(-MAX_POINTS);
  }

  /** Newest first. */
  get verdicts(): readonly RecentVerdict[] {
    return this.#verdicts;
  }

  /** Verdicts that were too many to be told. */
  get missed(): number {
    return this.#missed;
  }

  /** At most `max` names, in the order in which the newest snapshot has them. */
  series(value: Value, max: number): Series {
    const latest = this.#snapshots.findLast((snapshot) => snapshot !== undefined);
    const names = latest === undefined ? [] : [...value(latest).keys()].slice(0, max);
    const times: number[] = [];
    const columns: (number | null)[][] = names.map(() => []);
    for (const snapshot of this.#snapshots) {
      times.push(snapshot === undefined ? (times.at(-1) ?? 0) + 0.001 : snapshot.at / 1000);
      const values = snapshot === undefined ? undefined : value(snapshot);
      for (const [index, name] of names.entries()) columns[index]?.push(values?.get(name) ?? null);
    }
    return { names, columns: [times, ...columns] };
  }
}

/** Newest first, here and there. */
function latestOfEachKind(verdicts: readonly RecentVerdict[]): RecentVerdict[] {
  const counts = new Map<string, number>();
  return verdicts.filter(({ kind }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= MAX_VERDICTS;
  });
}

/** `route · plugin`, or the plugin alone where its name stands for one place only. */
export function pluginLabel({ plugins }: Snapshot, route: string, name: string): string {
  return plugins.filter((plugin) => plugin.name === name).length > 1 ? `${name} (${route})` : name;
}
