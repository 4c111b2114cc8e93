/** Blocks of the host's memory; a handle is a 64-bit number. */
export interface MemoryNative {
  blockFrom(data: string | ArrayBuffer | Uint8Array): bigint;
  blockLength(handle: bigint): bigint;
  blockFree(handle: bigint): void;
  blockText(handle: bigint): string;
  blockBytes(handle: bigint): ArrayBuffer;
}

/** `Memory` and `MemoryHandle` of the Extism JS PDK. Numbers are little-endian. */
export function createMemory(
  native: MemoryNative,
  bytesOf: (value: ArrayBuffer | ArrayBufferView) => Uint8Array,
): { Memory: object; MemoryHandle: object } {
  class MemoryHandle {
    readonly offset: bigint;
    readonly len: bigint;

    constructor(offset: bigint | number, length: bigint | number) {
      this.offset = BigInt(offset);
      this.len = BigInt(length);
    }

    readString = (): string => native.blockText(this.offset);
    readBytes = (): ArrayBuffer => native.blockBytes(this.offset);
    readJsonObject = (): unknown => JSON.parse(this.readString());
    readUInt32 = (): number => this.#view().getUint32(0, true);
    readUInt64 = (): bigint => this.#view().getBigUint64(0, true);
    readFloat32 = (): number => this.#view().getFloat32(0, true);
    readFloat64 = (): number => this.#view().getFloat64(0, true);
    /** The name that the PDK's type declarations have for it. */
    readUFloat64 = (): number => this.readFloat64();
    free = (): void => native.blockFree(this.offset);

    #view(): DataView {
      return new DataView(this.readBytes());
    }
  }

  const store = (data: string | Uint8Array): MemoryHandle => {
    const offset = native.blockFrom(data);
    return new MemoryHandle(offset, native.blockLength(offset));
  };
  const number = (size: number, write: (view: DataView) => void): MemoryHandle => {
    const bytes = new Uint8Array(size);
    write(new DataView(bytes.buffer));
    return store(bytes);
  };
  const Memory = {
    fromString: (text: string) => store(String(text)),
    fromBuffer: (buffer: ArrayBuffer | ArrayBufferView) => store(bytesOf(buffer)),
    fromJsonObject: (value: unknown) => store(JSON.stringify(value)),
    allocUInt32: (value: number) => number(4, (view) => view.setUint32(0, value, true)),
    allocUInt64: (value: bigint) => number(8, (view) => view.setBigUint64(0, BigInt(value), true)),
    allocFloat32: (value: number) => number(4, (view) => view.setFloat32(0, value, true)),
    allocFloat64: (value: number) => number(8, (view) => view.setFloat64(0, value, true)),
    find: (offset: bigint | number) => {
      const length = native.blockLength(BigInt(offset));
      return length === 0n ? undefined : new MemoryHandle(offset, length);
    },
  };
  return { Memory, MemoryHandle };
}
