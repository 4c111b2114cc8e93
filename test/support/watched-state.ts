import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import type { StateWrite } from '../../host/src/state/state-store.js';

/** A store that remembers the most bytes that a plugin ever had. */
export class WatchedState extends StateMemoryStore {
  readonly #plugin: string;
  most = 0;

  constructor(plugin: string) {
    super();
    this.#plugin = plugin;
  }

  override apply(writes: readonly StateWrite[], now: number): void {
    super.apply(writes, now);
    this.most = Math.max(this.most, this.bytes(this.#plugin));
  }
}
