import { readSections, SECTION, sectionData, WasmReader } from '../abi/wasm-binary.js';
import type { CoreGraph, CoreText } from './core-graph.js';

/** Shorter pieces are not worth their mention. */
const MIN_BYTES = 16;
const MIN_TABLE_BYTES = 256;

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where a core's static data lies in memory. */
export function staticRange(core: Uint8Array): Range {
  const reader = new WasmReader(sectionData(readSections(core), SECTION.data));
  const count = reader.u32();
  let range: Range = { start: Number.POSITIVE_INFINITY, end: 0 };
  for (let index = 0; index < count; index++) {
    // an active segment of memory 0 at a constant: all that the linker writes
    if (reader.u32() !== 0 || reader.u8() !== 0x41) throw new Error('a data segment of the core is not active at a constant address');
    const start = reader.u32();
    reader.u8();
    const end = start + reader.take(reader.u32()).length;
    range = { start: Math.min(range.start, start), end: Math.max(range.end, end) };
  }
  return range;
}

/**
 * Pieces of static data that only code refers to, and that can go with that code: from an address that stands in a function up to the
 * next that stands anywhere. Two kinds of them. Texts that begin behind the end of another: what comes before cannot reach into them.
 * And large tables of functions that are `called` in a plugin with all built-ins, so that only a rare built-in's absence takes them away; tests
 * go through what stays from end to end. Anything else may be the middle of something whose beginning is in use.
 */
export function findStaticData(
  { addresses }: Pick<CoreText, 'addresses'>,
  {
    memory,
    range: { start, end },
    called,
  }: { readonly memory: Uint8Array; readonly range: Range; readonly called: (position: number) => boolean },
): CoreGraph['data'] {
  const by = new Map<number, number[]>();
  addresses.forEach((found, position) => {
    for (const address of found) if (address >= start && address < end) by.set(address, [...(by.get(address) ?? []), position]);
  });
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const pointedTo = new Set(words.filter((word) => word >= start && word < end));
  const bounds = [...new Set([...by.keys(), ...pointedTo, end])].sort((one, other) => one - other);
  return bounds.flatMap((at, index) => {
    const length = (bounds[index + 1] ?? end) - at;
    const positions = by.get(at);
    if (positions === undefined || pointedTo.has(at) || length < MIN_BYTES) return [];
    const isText = memory[at - 1] === 0 && memory.subarray(at, at + length).every(isTextByte);
    return isText || (length >= MIN_TABLE_BYTES && positions.every(called)) ? [{ at, length, by: positions }] : [];
  });
}

/** ASCII, or the zero behind a text. */
function isTextByte(byte: number): boolean {
  return byte === 0 || byte === 0x0a || (byte >= 0x20 && byte < 0x7f);
}
