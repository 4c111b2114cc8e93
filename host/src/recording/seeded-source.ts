import { createHash, randomFillSync } from 'node:crypto';
import type { PluginServices } from '../engine/wasm/plugin-services.js';

/**
 * Time and random bytes for one plugin that follow from a seed and the number of the call alone: another version that takes
 * more of them in one call gets the same in the next. Between calls, and while the guest is set up, time is that of the last call.
 */
export class SeededSource implements Pick<Required<PluginServices>, 'now' | 'random'> {
  readonly #seed: string;
  #call = 0;
  #block = 0;
  #now: number;
  #rest: Uint8Array = new Uint8Array(0);
  #released = false;

  /** `startedAt`: milliseconds since the epoch, the time until the first call. */
  constructor(seed: string, startedAt: number) {
    this.#seed = seed;
    this.#now = startedAt;
  }

  begin(call: number, now: number): void {
    this.#call = call;
    this.#now = now;
    this.#block = 0;
    this.#rest = new Uint8Array(0);
  }

  /** From here on they are the real ones. */
  release(): void {
    this.#released = true;
  }

  readonly now = (): number => (this.#released ? Date.now() : this.#now);

  readonly random = (bytes: Uint8Array): void => {
    if (this.#released) {
      randomFillSync(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest.length === 0)
        this.#rest = createHash('sha256')
          .update(`${this.#seed}/${this.#call}/${this.#block++}`)
          .digest();
      const part = this.#rest.subarray(0, bytes.length - at);
      bytes.set(part, at);
      this.#rest = this.#rest.subarray(part.length);
      at += part.length;
    }
  };
}
