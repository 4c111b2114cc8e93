import { concatBytes, encodeU32, WasmReader } from '../abi/wasm-binary.js';

/** Functions of a core that no plugin can reach, as positions in the code section, ascending. */
export interface UnusedFunctions {
  /** What only building needs. */
  readonly always: readonly number[];
  /** The same and JavaScript's own compiler, for a plugin without `eval` and `new Function`. */
  readonly withoutEval: readonly number[];
}

/** No locals; `unreachable`; `end`. */
const EMPTY_BODY = Uint8Array.of(3, 0, 0x00, 0x0b);

/**
 * Reads a module's call graph from its text (wasm-dis). Roots are the exports that a plugin keeps and all that stands in the function
 * table: anything there may be called. `evalSlot` is the table slot of the engine's compiler, which is called through one pointer only.
 */
export function findUnusedFunctions(wat: string, keptExports: readonly string[], evalSlot: number): UnusedFunctions {
  const { names, calls } = readCallGraph(wat);
  const exported = [...wat.matchAll(/^ \(export "([^"]+)" \(func (\$[^)]+)\)\)/gm)]
    .filter(([, name]) => keptExports.includes(name as string))
    .map(([, , name]) => name as string);
  if (exported.length !== keptExports.length) throw new Error(`the core does not export all of ${keptExports.join(', ')}`);
  const table = readTable(wat);
  const compiler = table.get(evalSlot);
  if (compiler === undefined) throw new Error(`slot ${evalSlot} of the core's table, where the engine's compiler should be, is empty`);
  const unused = (roots: readonly string[]): number[] => {
    const reached = reach(roots, calls);
    return names.flatMap((name, index) => (reached.has(name) ? [] : [index]));
  };
  const rest = [...table.values()].filter((name) => name !== compiler);
  return { always: unused([...exported, ...table.values()]), withoutEval: unused([...exported, ...rest]) };
}

function readCallGraph(wat: string): { names: string[]; calls: ReadonlyMap<string, readonly string[]> } {
  const names: string[] = [];
  const calls = new Map<string, readonly string[]>();
  for (const definition of wat.split(/^ \(func /m).slice(1)) {
    const [name = ''] = /^\$[^\s)]+/.exec(definition) ?? [];
    names.push(name);
    calls.set(
      name,
      [...definition.matchAll(/\((?:return_)?(?:call|ref\.func) (\$[^\s)]+)/g)].map(([, callee]) => callee as string),
    );
  }
  return { names, calls };
}

/** Slots of the function table, with what stands in them. */
function readTable(wat: string): ReadonlyMap<number, string> {
  const table = new Map<number, string>();
  for (const [, start, members = ''] of wat.matchAll(/^ \(elem \$\S+ \(i32\.const (\d+)\)((?: \$[^\s)]+)+)\)/gm)) {
    members
      .trim()
      .split(' ')
      .forEach((name, index) => {
        table.set(Number(start) + index, name);
      });
  }
  return table;
}

function reach(roots: readonly string[], calls: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    waiting.push(...(calls.get(name) ?? []));
  }
  return reached;
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
