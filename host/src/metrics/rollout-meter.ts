import type { RolloutEvent } from '../rollout/rollout-event.js';

export interface RolloutCount {
  readonly route: string;
  readonly plugin: string;
  readonly kind: RolloutEvent['kind'];
  count: number;
}

/** What has happened to plugins' versions since the start. */
export class RolloutMeter {
  readonly #counts = new Map<string, RolloutCount>();

  take({ route, plugin, kind }: RolloutEvent): void {
    const key = JSON.stringify([route, plugin, kind]);
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { route, plugin, kind, count: 1 });
    else counted.count += 1;
  }

  /** The route is gone, and its figures with it. */
  forget(route: string): void {
    for (const [key, count] of this.#counts) if (count.route === route) this.#counts.delete(key);
  }

  get counts(): Iterable<RolloutCount> {
    return this.#counts.values();
  }
}
