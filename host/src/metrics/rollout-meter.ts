import type { RolloutEvent } from '../rollout/rollout-event.js';

export interface RolloutCount {
  readonly route: string;
  readonly plugin: string;
  readonly kind: RolloutEvent['kind'];
  count: number;
}

export interface MigrationCount {
  readonly route: string;
  readonly plugin: string;
  readonly taken: 'migrated' | 'restored';
  entries: number;
  /** Seconds that frames have waited. */
  waited: number;
}

/** What has happened to plugins' versions since the start. */
export class RolloutMeter {
  readonly #counts = new Map<string, RolloutCount>();
  readonly #migrations = new Map<string, MigrationCount>();

  take(event: RolloutEvent): void {
    const { route, plugin, kind } = event;
    if (event.kind === 'plugin-migrated') this.#migrated(event);
    const key = JSON.stringify([route, plugin, kind]);
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { route, plugin, kind, count: 1 });
    else counted.count += 1;
  }

  /** The route is gone, and its figures with it. */
  forget(route: string): void {
    for (const [key, count] of this.#counts) if (count.route === route) this.#counts.delete(key);
  }

  get migrations(): Iterable<MigrationCount> {
    return this.#migrations.values();
  }

  #migrated({ route, plugin, taken, entries, waitedMs }: Extract<RolloutEvent, { kind: 'plugin-migrated' }>): void {
    const key = JSON.stringify([route, plugin, taken]);
    const before = this.#migrations.get(key);
    const waited = waitedMs / 1000;
    if (before === undefined) this.#migrations.set(key, { route, plugin, taken, entries, waited });
    else {
      before.entries += entries;
      before.waited += waited;
    }
  }

  get counts(): Iterable<RolloutCount> {
    return this.#counts.values();
  }
}
