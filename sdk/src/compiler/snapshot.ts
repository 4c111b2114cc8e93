import {
  concatBytes,
  EXTERNAL,
  encodeExports,
  encodeLimits,
  encodeSigned,
  encodeU32,
  readExports,
  readImports,
  readLimits,
  readSections,
  SECTION,
  sectionData,
  type WasmExport,
  WasmReader,
  type WasmSection,
} from '../abi/wasm-binary.js';
import { emptyFunctions, type UnusedParts } from './unused-parts.js';

/** Up to this address lies the engine's stack: dead between calls, so never part of a snapshot. */
const STACK_BYTES = 1024 * 1024;
/** Zero bytes inside a data segment are cheaper than a new segment's header, up to about this many. */
const MAX_GAP_WORDS = 8;
const WORD_BYTES = 4;
const PAGE_BYTES = 65_536;

const OPCODE = { end: 0x0b, globalGet: 0x23, i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44, refNull: 0xd0, refFunc: 0xd2 } as const;
const TYPE = { i32: 0x7f, i64: 0x7e } as const;

/**
 * A core's sections with the state of a running instance as their initial state: memory becomes data segments, mutable globals get
 * the instance's values. Custom sections, the start function, every export but `keep` and what is `unused` are gone.
 */
export function snapshot(
  core: Uint8Array,
  exports: WebAssembly.Exports,
  { keep, unused }: { readonly keep: ReadonlySet<string>; readonly unused: UnusedParts },
): WasmSection[] {
  const sections = readSections(core);
  const names = readExports(sections);
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  if ((exports.__stack_pointer as WebAssembly.Global).value !== STACK_BYTES)
    throw new Error('the engine is inside a call: no snapshot can be taken');
  const dropped: readonly number[] = [SECTION.custom, SECTION.start, SECTION.dataCount];
  return sections
    .filter(({ id }) => !dropped.includes(id))
    .map(({ id, data }) => {
      if (id === SECTION.memory) return { id, data: encodeMemory(data, memory.length / PAGE_BYTES) };
      if (id === SECTION.global) return { id, data: encodeGlobals(sections, names, exports) };
      if (id === SECTION.export) return { id, data: encodeExports(names.filter(({ name }) => keep.has(name))) };
      if (id === SECTION.code) return { id, data: emptyFunctions(data, unused.functions) };
      if (id === SECTION.data) return { id, data: encodeData(withoutUnused(memory, unused)) };
      return { id, data };
    });
}

function encodeMemory(data: Uint8Array, pages: number): Uint8Array {
  const reader = new WasmReader(data);
  reader.u32();
  return Uint8Array.from([...encodeU32(1), ...encodeLimits({ ...readLimits(reader), min: pages })]);
}

function encodeGlobals(sections: readonly WasmSection[], names: readonly WasmExport[], exports: WebAssembly.Exports): Uint8Array {
  const imported = readImports(sections).filter(({ kind }) => kind === EXTERNAL.global).length;
  const nameOf = new Map(names.filter(({ kind }) => kind === EXTERNAL.global).map(({ index, name }) => [index, name]));
  const reader = new WasmReader(sectionData(sections, SECTION.global));
  const count = reader.u32();
  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  for (let index = 0; index < count; index++) {
    const start = reader.position;
    const type = reader.u8();
    const mutable = reader.u8() === 1;
    skipInitialiser(reader);
    if (!mutable) {
      parts.push(reader.bytes.subarray(start, reader.position));
      continue;
    }
    const name = nameOf.get(imported + index);
    if (name === undefined) throw new Error(`mutable global ${imported + index} of the core is not exported: its value would be lost`);
    const value = (exports[name] as WebAssembly.Global).value as number | bigint;
    if (type !== TYPE.i32 && type !== TYPE.i64) throw new Error(`mutable global "${name}" is neither i32 nor i64`);
    parts.push(Uint8Array.from([type, 1, type === TYPE.i32 ? OPCODE.i32 : OPCODE.i64, ...encodeSigned(value), OPCODE.end]));
  }
  return concatBytes(parts);
}

function skipInitialiser(reader: WasmReader): void {
  const opcode = reader.u8();
  if (opcode === OPCODE.f32) reader.take(4);
  else if (opcode === OPCODE.f64) reader.take(8);
  else if (opcode === OPCODE.i32 || opcode === OPCODE.i64 || opcode === OPCODE.globalGet || opcode === OPCODE.refFunc) reader.skipLeb();
  else if (opcode === OPCODE.refNull) reader.u8();
  else throw new Error(`unknown opcode 0x${opcode.toString(16)} in a global's initialiser`);
  if (reader.u8() !== OPCODE.end) throw new Error("a global's initialiser has more than one instruction");
}

function withoutUnused(memory: Uint8Array, { data }: UnusedParts): Uint8Array {
  const rest = memory.slice();
  for (const { at, length } of data) rest.fill(0, at, at + length);
  return rest;
}

/** One active segment for each run of non-zero words above the stack. */
function encodeData(memory: Uint8Array): Uint8Array {
  const words = new Uint32Array(memory.buffer, 0, memory.length / WORD_BYTES);
  const parts: Uint8Array[] = [];
  let count = 0;
  for (let at = STACK_BYTES / WORD_BYTES; at < words.length; at++) {
    if (words[at] === 0) continue;
    let last = at;
    for (let next = at + 1; next < words.length && next - last <= MAX_GAP_WORDS; next++) if (words[next] !== 0) last = next;
    const start = at * WORD_BYTES;
    const end = (last + 1) * WORD_BYTES;
    parts.push(
      Uint8Array.from([0, OPCODE.i32, ...encodeSigned(start), OPCODE.end, ...encodeU32(end - start)]),
      memory.subarray(start, end),
    );
    count++;
    at = last;
  }
  return concatBytes([Uint8Array.from(encodeU32(count)), ...parts]);
}
