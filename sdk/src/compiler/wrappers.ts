import {
  concatBytes,
  EXTERNAL,
  encodeName,
  encodeSigned,
  encodeU32,
  readImports,
  SECTION,
  sectionData,
  WasmReader,
  type WasmSection,
} from '../abi/wasm-binary.js';

const OPCODE = { end: 0x0b, call: 0x10, i32: 0x41 } as const;
/** `() -> i32` */
const FUNCTION_TYPE = [0x60, 0, 1, 0x7f];

/** Appends one exported function `() -> i32` a name, which calls function `target` with the name's number, from `first` on. */
export function addWrappers(sections: readonly WasmSection[], names: readonly string[], target: number, first: number): WasmSection[] {
  const type = countOf(sections, SECTION.type);
  const imported = readImports(sections).filter(({ kind }) => kind === EXTERNAL.function).length;
  const index = imported + countOf(sections, SECTION.function);
  const added: Readonly<Record<number, readonly number[][]>> = {
    [SECTION.type]: [FUNCTION_TYPE],
    [SECTION.function]: names.map(() => encodeU32(type)),
    [SECTION.export]: names.map((name, at) => [...encodeName(name), EXTERNAL.function, ...encodeU32(index + at)]),
    [SECTION.code]: names.map((_, at) => {
      const body = [0, OPCODE.i32, ...encodeSigned(first + at), OPCODE.call, ...encodeU32(target), OPCODE.end];
      return [...encodeU32(body.length), ...body];
    }),
  };
  return sections.map(({ id, data }) => ({ id, data: append(data, added[id] ?? []) }));
}

/** A section that is a vector, with more elements at its end. */
function append(vector: Uint8Array, elements: readonly number[][]): Uint8Array {
  if (elements.length === 0) return vector;
  const reader = new WasmReader(vector);
  const count = reader.u32();
  return concatBytes([
    Uint8Array.from(encodeU32(count + elements.length)),
    vector.subarray(reader.position),
    Uint8Array.from(elements.flat()),
  ]);
}

function countOf(sections: readonly WasmSection[], id: number): number {
  return new WasmReader(sectionData(sections, id)).u32();
}
