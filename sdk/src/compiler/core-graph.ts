/** Raised whenever a core's graph is found in another way: cores are described anew then. */
export const GRAPH_VERSION = 3;

/**
 * What refers to what inside a core, so that a plugin can leave out what it never reaches. Functions are positions in the code
 * section, slots those of the function table.
 */
export interface CoreGraph {
  /** Functions that a plugin's exports and wrappers call. */
  readonly roots: readonly number[];
  readonly table: ReadonlyArray<readonly [slot: number, callee: number]>;
  /** By caller. */
  readonly calls: readonly (readonly number[])[];
  /** Static data that nothing but these functions refers to. */
  readonly data: ReadonlyArray<{ readonly at: number; readonly length: number; readonly by: readonly number[] }>;
  /** Slots whose functions are reached by nothing but these names of JavaScript's. */
  readonly builtins: ReadonlyArray<{ readonly slot: number; readonly names: readonly string[] }>;
}

/** A core's text (wasm-dis) taken apart. */
export interface CoreText extends Omit<CoreGraph, 'data' | 'builtins'> {
  /** By function: every number in it that may be an address. */
  readonly addresses: readonly ReadonlySet<number>[];
  /** By function: every number in it that may be a slot, which is never added to something else. */
  readonly constants: readonly ReadonlySet<number>[];
}

/** Reads a module's text. Throws if it does not export all of `kept`. */
export function readCoreText(wat: string, kept: readonly string[]): CoreText {
  const definitions = wat.split(/^ \(func /m).slice(1);
  const positions = new Map(definitions.map((text, position) => [/^\$[^\s)]+/.exec(text)?.[0] ?? '', position]));
  const positionsOf = (names: Iterable<string | undefined>): number[] =>
    [...new Set(names)].map((name) => positions.get(name ?? '')).filter((position) => position !== undefined);
  const roots = [...wat.matchAll(/^ \(export "([^"]+)" \(func (\$[^)]+)\)\)/gm)].filter(([, name = '']) => kept.includes(name));
  if (roots.length !== kept.length) throw new Error(`the core does not export all of ${kept.join(', ')}`);
  return {
    roots: positionsOf(roots.map(([, , callee]) => callee)),
    table: readTable(wat).flatMap(([slot, name]) => positionsOf([name]).map((callee) => [slot, callee] as const)),
    calls: definitions.map((text) =>
      positionsOf(Array.from(text.matchAll(/\((?:return_)?(?:call|ref\.func) (\$[^\s)]+)/g), ([, callee]) => callee)),
    ),
    addresses: definitions.map((text) => numbersIn(text, /(?:i32\.const |offset=)(\d+)/g)),
    constants: definitions.map((text) => numbersIn(text, /i32\.const (\d+)/g)),
  };
}

function numbersIn(text: string, pattern: RegExp): ReadonlySet<number> {
  return new Set(Array.from(text.matchAll(pattern), ([, digits]) => Number(digits)));
}

function readTable(wat: string): [slot: number, name: string][] {
  return [...wat.matchAll(/^ \(elem \$\S+ \(i32\.const (\d+)\)((?: \$[^\s)]+)+)\)/gm)].flatMap(([, start, members = '']) =>
    members
      .trim()
      .split(' ')
      .map((name, index): [number, string] => [Number(start) + index, name]),
  );
}

/**
 * Functions that nothing reaches once these slots are never called, ascending. All that stands in the other slots counts as reached:
 * anything there may be called.
 */
export function unusedFunctions(
  { roots, table, calls }: Pick<CoreGraph, 'roots' | 'table' | 'calls'>,
  without: readonly number[],
): number[] {
  const reached = new Set<number>();
  const waiting = [...roots, ...table.filter(([slot]) => !without.includes(slot)).map(([, callee]) => callee)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(calls[next] ?? []));
  }
  return [...calls.keys()].filter((position) => !reached.has(position));
}
