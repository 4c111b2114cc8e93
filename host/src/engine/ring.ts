const HEAD = 0;
// In a cache line of its own: each side writes one of the two.
const TAIL = 16;
const HEADER_BYTES = 128;
const LENGTH_BYTES = 4;

/** Shared memory of a ring with room for `bytes` (rounded up to a power of two) of records, each its length and four bytes more. */
export function createRing(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + 2 ** Math.ceil(Math.log2(Math.max(bytes, 64))));
}

const padded = (length: number): number => (LENGTH_BYTES + length + 3) & ~3;

/** A queue of byte strings from one thread to one other. Positions grow for ever, modulo 2³². */
class Ring {
  protected readonly positions: Int32Array;
  protected readonly lengths: Int32Array;
  protected readonly bytes: Uint8Array;
  protected readonly mask: number;

  constructor(shared: SharedArrayBuffer) {
    this.positions = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.lengths = new Int32Array(shared, HEADER_BYTES);
    this.bytes = new Uint8Array(shared, HEADER_BYTES);
    this.mask = this.bytes.length - 1;
  }
}

/** The one end that writes. */
export class RingWriter extends Ring {
  #tail = 0;

  /** False, and nothing written, when there is no room at present, or never will be. */
  write(record: Uint8Array): boolean {
    const size = padded(record.length);
    const used = (this.#tail - Atomics.load(this.positions, HEAD)) >>> 0;
    if (size > this.bytes.length - used) return false;
    this.lengths[(this.#tail & this.mask) >> 2] = record.length;
    const start = (this.#tail + LENGTH_BYTES) & this.mask;
    const first = Math.min(record.length, this.bytes.length - start);
    if (first === record.length) {
      this.bytes.set(record, start);
    } else {
      this.bytes.set(record.subarray(0, first), start);
      this.bytes.set(record.subarray(first), 0);
    }
    this.#tail = (this.#tail + size) | 0;
    Atomics.store(this.positions, TAIL, this.#tail);
    return true;
  }
}

/** The one end that reads. */
export class RingReader extends Ring {
  #head = 0;

  get empty(): boolean {
    return Atomics.load(this.positions, TAIL) === this.#head;
  }

  /** The oldest record, in memory of its own; `undefined` when there is none. */
  read(): ArrayBuffer | undefined {
    if (this.empty) return undefined;
    const length = this.lengths[(this.#head & this.mask) >> 2] ?? 0;
    const start = (this.#head + LENGTH_BYTES) & this.mask;
    const first = Math.min(length, this.bytes.length - start);
    const record = new Uint8Array(length);
    record.set(this.bytes.subarray(start, start + first));
    if (first < length) record.set(this.bytes.subarray(0, length - first), first);
    this.#head = (this.#head + padded(length)) | 0;
    Atomics.store(this.positions, HEAD, this.#head);
    return record.buffer;
  }
}
