import { concatBytes, encodeU32, WasmReader } from '../abi/wasm-binary.js';
import { type CoreGraph, unusedFunctions } from './core-graph.js';

/** What a plugin's module leaves out of its core. */
export interface UnusedParts {
  /** Positions in the code section. */
  readonly functions: readonly number[];
  readonly data: ReadonlyArray<{ readonly at: number; readonly length: number }>;
}

/** No locals; `unreachable`; `end`. */
const EMPTY_BODY = Uint8Array.of(3, 0, 0x00, 0x0b);

/** What is left out if these slots of the function table are never called. */
export function unusedParts(graph: CoreGraph, without: readonly number[]): UnusedParts {
  const functions = unusedFunctions(graph, without);
  const unused = new Set(functions);
  return { functions, data: graph.data.filter(({ by }) => by.every((position) => unused.has(position))) };
}

/** A code section in which these functions do nothing but trap. Indexes stay as they are. */
export function emptyFunctions(code: Uint8Array, positions: readonly number[]): Uint8Array {
  const empty = new Set(positions);
  const reader = new WasmReader(code);
  const count = reader.u32();
  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  for (let index = 0; index < count; index++) {
    const start = reader.position;
    reader.take(reader.u32());
    parts.push(empty.has(index) ? EMPTY_BODY : code.subarray(start, reader.position));
  }
  return concatBytes(parts);
}
