/** One section of a Wasm binary (WebAssembly core specification §5.5.2). `data` is a view, not a copy. */
export interface WasmSection {
  readonly id: number;
  readonly data: Uint8Array;
}

/** Ids of a module's sections (WebAssembly core, 5.5.2). */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

const MAGIC = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { fatal: true }) };

/** Reads LEB128 numbers, names and bytes in order. Throws RangeError past the end: a truncated module is refused, never misread. */
export class WasmReader {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  u8(): number {
    const byte = this.bytes[this.position++];
    if (byte === undefined) throw new RangeError('unexpected end of the module');
    return byte;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('a LEB128 number has more than five bytes');
  }

  /** Skips a LEB128 number of any width. */
  skipLeb(): void {
    while (this.u8() >= 0x80);
  }

  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError('unexpected end of the module');
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  name(): string {
    return utf8.decoder.decode(this.take(this.u32()));
  }
}

/** Unsigned LEB128. */
export function encodeU32(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return out;
}

/** Signed LEB128 of a 32- or 64-bit integer. */
export function encodeSigned(value: number | bigint): number[] {
  const out: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) {
      out.push(low);
      return out;
    }
    out.push(low | 0x80);
  }
}

/** A length-prefixed UTF-8 name. */
export function encodeName(name: string): number[] {
  const bytes = utf8.encoder.encode(name);
  return [...encodeU32(bytes.length), ...bytes];
}

/** Whether the first eight bytes are those of a Wasm 1.0 binary. Looks at nothing else. */
export function isWasm(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((byte, index) => bytes[index] === byte);
}

/** Splits a module into its sections. Throws RangeError if it is not a Wasm 1.0 binary or is truncated. */
export function readSections(module: Uint8Array): WasmSection[] {
  if (!isWasm(module)) throw new RangeError('not a WebAssembly binary: the first eight bytes are not \\0asm 1');
  const reader = new WasmReader(module, MAGIC.length);
  const sections: WasmSection[] = [];
  while (!reader.done) {
    const id = reader.u8();
    sections.push({ id, data: reader.take(reader.u32()) });
  }
  return sections;
}

/** Joins sections to a module. */
export function writeSections(sections: readonly WasmSection[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [MAGIC];
  for (const section of sections) parts.push(Uint8Array.of(section.id, ...encodeU32(section.data.length)), section.data);
  return concatBytes(parts);
}

/** The parts one after another, in a buffer of their own. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The payload of the first custom section of that name, without compiling the module. */
export function readCustomSection(module: Uint8Array, name: string): Uint8Array | undefined {
  for (const section of readSections(module)) {
    if (section.id !== SECTION.custom) continue;
    const reader = new WasmReader(section.data);
    if (reader.name() === name) return section.data.subarray(reader.position);
  }
  return undefined;
}

/** Flags (bit 0: has a maximum; bit 1: shared; bit 2: 64-bit), minimum and maximum of a table or memory. */
export interface WasmLimits {
  flags: number;
  min: number;
  max?: number;
}

/** Limits of a memory (pages of 64 KiB) or a table (elements), from where the reader stands. Throws RangeError if the module ends there. */
export function readLimits(reader: WasmReader): WasmLimits {
  const flags = reader.u8();
  const min = reader.u32();
  return flags & 1 ? { flags, min, max: reader.u32() } : { flags, min };
}

/** The same limits as bytes; whether there is a maximum decides the flag. */
export function encodeLimits(limits: WasmLimits): number[] {
  const flags = limits.max === undefined ? limits.flags & ~1 : limits.flags | 1;
  return [flags, ...encodeU32(limits.min), ...(limits.max === undefined ? [] : encodeU32(limits.max))];
}

/** One export: its kind (0 function, 1 table, 2 memory, 3 global) and index. */
export interface WasmExport {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

/** One import. `type` is a function's type index; the others describe themselves elsewhere. */
export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  readonly type?: number;
  readonly limits?: WasmLimits;
}

/** What an import or an export is. */
export const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** The content of the first section with that id; an empty vector if there is none. */
export function sectionData(sections: readonly WasmSection[], id: number): Uint8Array {
  return sections.find((section) => section.id === id)?.data ?? Uint8Array.of(0);
}

/** The exports, in the module's order. Throws RangeError if the section is truncated. */
export function readExports(sections: readonly WasmSection[]): WasmExport[] {
  const reader = new WasmReader(sectionData(sections, SECTION.export));
  return Array.from({ length: reader.u32() }, () => ({ name: reader.name(), kind: reader.u8(), index: reader.u32() }));
}

/** The content of an export section. */
export function encodeExports(exports: readonly WasmExport[]): Uint8Array {
  return Uint8Array.from([
    ...encodeU32(exports.length),
    ...exports.flatMap(({ name, kind, index }) => [...encodeName(name), kind, ...encodeU32(index)]),
  ]);
}

/** The imports, in the module's order. Throws RangeError for a truncated section and for a kind that Wasm 1.0 does not have. */
export function readImports(sections: readonly WasmSection[]): WasmImport[] {
  const reader = new WasmReader(sectionData(sections, SECTION.import));
  return Array.from({ length: reader.u32() }, () => {
    const head = { module: reader.name(), name: reader.name(), kind: reader.u8() };
    if (head.kind === EXTERNAL.function) return { ...head, type: reader.u32() };
    if (head.kind === EXTERNAL.memory) return { ...head, limits: readLimits(reader) };
    if (head.kind === EXTERNAL.table) reader.u8();
    if (head.kind === EXTERNAL.table) return { ...head, limits: readLimits(reader) };
    if (head.kind !== EXTERNAL.global) throw new RangeError(`unknown kind of import: ${head.kind}`);
    reader.take(2);
    return head;
  });
}

/** A custom section with this name and payload. */
export function customSection(name: string, payload: Uint8Array): WasmSection {
  return { id: SECTION.custom, data: concatBytes([Uint8Array.from(encodeName(name)), payload]) };
}
