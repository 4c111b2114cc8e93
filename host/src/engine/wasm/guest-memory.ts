/** A guest's exported memory. Growth detaches the buffer, so views are fetched for each use and never kept. */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #words: Uint32Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
  }

  /** Valid until the guest runs again. */
  get bytes(): Uint8Array {
    this.#refresh();
    return this.#bytes;
  }

  /** The same as 32-bit words (the hosts that Node runs on are little-endian, like Wasm). Valid until the guest runs again. */
  get words(): Uint32Array {
    this.#refresh();
    return this.#words;
  }

  /** A view of a range, or `undefined` if it does not lie in memory. Takes i32 as JavaScript gets them: signed. */
  range(address: number, length: number): Uint8Array | undefined {
    const start = address >>> 0;
    const end = start + (length >>> 0);
    const { bytes } = this;
    return end <= bytes.length ? bytes.subarray(start, end) : undefined;
  }

  /** A detached buffer has no length. */
  #refresh(): void {
    if (this.#bytes.length !== 0) return;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
  }
}
