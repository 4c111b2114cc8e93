/** Shared memory that says of each of so many plugins whether it is out of service. */
export function createQuarantineFlags(plugins: number): SharedArrayBuffer {
  return new SharedArrayBuffer(plugins * Int32Array.BYTES_PER_ELEMENT);
}

/** Which plugins of a chain are in quarantine at this moment, for threads that have frames of it already. */
export class QuarantineFlags {
  readonly #words: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
  }

  set(plugin: number, isOut: boolean): void {
    Atomics.store(this.#words, plugin, isOut ? 1 : 0);
  }

  has(plugin: number): boolean {
    return Atomics.load(this.#words, plugin) === 1;
  }
}
