/** ASCII of up to so many characters is cheaper to write by hand than through the platform. */
const SHORT_TEXT = 48;
/** Bytes that are copied faster one by one. */
const SHORT_BYTES = 64;
/** Stands for the text before it, in place of a length. */
const REPEATED = 0xffff_ffff;

/**
 * Appends little-endian numbers, byte strings and text to one growing buffer, which is reused from batch to batch.
 * Worker messages are such buffers, so that a batch costs one clone whatever it holds.
 */
export class ByteWriter {
  #buffer: Buffer<ArrayBuffer>;
  #view: DataView;
  #length = 0;
  #lastName: string | undefined;

  constructor(capacity = 4096) {
    this.#buffer = Buffer.from(new ArrayBuffer(capacity));
    this.#view = new DataView(this.#buffer.buffer);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#room(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length);
    this.#room(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  text(value: string): void {
    // A UTF-16 unit never takes more than three bytes of UTF-8.
    this.#room(4 + value.length * 3);
    const at = this.#length + 4;
    const written = value.length <= SHORT_TEXT && this.#ascii(value, at) ? value.length : this.#buffer.write(value, at, 'utf8');
    this.#view.setUint32(this.#length, written, true);
    this.#length += 4 + written;
  }

  /** A text that is often the same as the last one that was written so. */
  name(value: string): void {
    if (value === this.#lastName) {
      this.u32(REPEATED);
      return;
    }
    this.#lastName = value;
    this.text(value);
  }

  /** Everything appended so far, in a buffer of its own (to be transferred); the writer is empty again. */
  take(): ArrayBuffer {
    const taken = this.#buffer.buffer.slice(0, this.#length);
    this.clear();
    return taken;
  }

  /** Everything appended so far, where it is: valid until the writer is used again. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#lastName = undefined;
  }

  /** False if there is more than ASCII in it. */
  #ascii(value: string, at: number): boolean {
    const buffer = this.#buffer;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[at + index] = code;
    }
    return true;
  }

  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.from(new ArrayBuffer(Math.max(needed, this.#buffer.length * 2)));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what a {@link ByteWriter} wrote. Throws RangeError past the end. */
export class ByteReader {
  readonly #buffer: Buffer<ArrayBuffer>;
  readonly #view: DataView;
  #position = 0;
  #lastName = '';

  constructor(bytes: ArrayBuffer) {
    this.#buffer = Buffer.from(bytes);
    this.#view = new DataView(bytes);
  }

  get done(): boolean {
    return this.#position >= this.#buffer.length;
  }

  u8(): number {
    const value = this.#view.getUint8(this.#position);
    this.#position += 1;
    return value;
  }

  u32(): number {
    const value = this.#view.getUint32(this.#position, true);
    this.#position += 4;
    return value;
  }

  f64(): number {
    const value = this.#view.getFloat64(this.#position, true);
    this.#position += 8;
    return value;
  }

  /** A view into the batch: valid for as long as the batch is wanted, and keeping all of it alive. */
  view(): Uint8Array {
    const start = this.#skip(this.u32());
    return new Uint8Array(this.#buffer.buffer, start, this.#position - start);
  }

  /** A copy, for what outlives the batch. */
  bytes(): Uint8Array {
    const length = this.u32();
    const start = this.#skip(length);
    const copy = new Uint8Array(length);
    if (length > SHORT_BYTES) copy.set(this.#buffer.subarray(start, this.#position));
    else for (let index = 0; index < length; index++) copy[index] = this.#buffer[start + index] as number;
    return copy;
  }

  text(): string {
    const start = this.#skip(this.u32());
    return this.#buffer.toString('utf8', start, this.#position);
  }

  name(): string {
    if (this.#view.getUint32(this.#position, true) === REPEATED) this.#position += 4;
    else this.#lastName = this.text();
    return this.#lastName;
  }

  #skip(length: number): number {
    const start = this.#position;
    if (start + length > this.#buffer.length) throw new RangeError(`the batch ends before ${length} bytes at ${start}`);
    this.#position = start + length;
    return start;
  }
}

/** The member of a closed list that an index on the wire stands for. */
export function pick<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`index ${index} is outside a list of ${list.length}`);
  return value;
}
