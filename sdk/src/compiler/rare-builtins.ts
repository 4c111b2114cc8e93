import { BOOT } from './bundle.js';
import type { CoreGraph, CoreText } from './core-graph.js';
import type { Range } from './static-data.js';

/**
 * Their functions stand in the engine's lists of methods and nowhere else in its source (quickjs.c): a number in the code that happens to
 * be the slot means something else.
 */
const UNSHARED = [
  ...['normalize', 'groupBy', 'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom'],
  ...['asIntN', 'asUintN', 'getOwnPropertyDescriptors', '__lookupGetter__', '__lookupSetter__', 'setFromBase64', 'setFromHex'],
  ...['resize', 'grow'],
] as const;

const TYPES = ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'BigInt64', 'BigUint64', 'Float16', 'Float32', 'Float64'] as const;
const DATE_PARTS = ['Date', 'Month', 'FullYear', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'] as const;

/**
 * Names that hardly any plugin uses, and that the engine itself never looks up. What is called by one that does not stand in a plugin's
 * source is not in its module, on whatever object: neither the property nor the code and the tables that only it needs.
 */
const RARE_METHODS: readonly string[] = [
  ...['decodeURI', 'encodeURI', 'escape', 'unescape'],
  ...['compareExchange', 'isLockFree', 'waitAsync', 'notify', 'dispose', 'disposeAsync', 'adopt', 'defer', 'deref', 'unregister'],
  ...['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase', 'toSpliced', 'toSorted', 'toReversed', 'copyWithin', 'reduceRight'],
  ...['anchor', 'big', 'blink', 'bold', 'fixed', 'fontcolor', 'fontsize', 'italics', 'strike', 'sup', 'trimLeft', 'trimRight'],
  ...['sumPrecise', 'hypot', 'f16round', 'atan2', 'expm1', 'log1p', 'cbrt', 'cosh', 'tanh', 'rawJSON', 'isRawJSON'],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'asinh', 'acosh', 'atanh'],
  ...['toBase64', 'fromBase64', 'toHex', 'fromHex', 'transfer', 'transferToFixedLength', 'transferToImmutable', 'sliceToImmutable'],
  ...['captureStackTrace', '__defineGetter__', '__defineSetter__', 'isSealed', 'preventExtensions', 'getOrInsert', 'getOrInsertComputed'],
  ...TYPES.flatMap((type) => [`get${type}`, `set${type}`]),
  ...DATE_PARTS.flatMap((part) => [`set${part}`, `setUTC${part}`]),
  ...['getYear', 'setYear', 'toGMTString', 'toLocaleDateString', 'toLocaleTimeString'],
  ...UNSHARED,
];

const RARE_CLASSES: readonly string[] = [
  ...['Atomics', 'DataView', 'Proxy', 'Reflect', 'SharedArrayBuffer', 'WeakRef', 'FinalizationRegistry'],
  ...['DisposableStack', 'AsyncDisposableStack', 'SuppressedError'],
  ...TYPES.map((type) => `${type}Array`).filter((name) => name !== 'Uint8Array'),
];

export const RARE_BUILTINS: readonly string[] = [...RARE_METHODS, ...RARE_CLASSES];

/** An entry of the engine's lists of methods: name, kind, and the table slot of its function. */
const ENTRY = { bytes: 16, kind: 5, slot: 12 } as const;
const KIND_FUNCTION = 0;
const MAX_NAME = 40;

/** The rare built-ins whose names stand nowhere in these scripts as words. */
export function rareBuiltinsWithout(scripts: readonly string[]): ReadonlySet<string> {
  const words = new Set(scripts.flatMap((script) => script.match(/[\w$]+/g) ?? []));
  return new Set(RARE_BUILTINS.filter((name) => !words.has(name)));
}

/** A script that deletes properties of these names from all that the engine made. */
export function removalScript(names: ReadonlySet<string>): string {
  return `{ const seen = new Set([${BOOT}]);
    const names = ${JSON.stringify([...names])};
    const visit = (object) => {
      if ((typeof object !== 'object' && typeof object !== 'function') || object === null || seen.has(object)) return;
      seen.add(object);
      for (const name of names) delete object[name];
      for (const key of ['prototype', '__proto__']) if (key in object) visit(object[key]);
    };
    for (const name of Object.getOwnPropertyNames(globalThis)) visit(globalThis[name]);
  }`;
}

/** Slots that hold nothing but functions of rare built-ins. */
export function findBuiltinSlots({ constants, table }: CoreText, memory: Uint8Array, { start, end }: Range): CoreGraph['builtins'] {
  const view = new DataView(memory.buffer, memory.byteOffset);
  const named = new Map<number, string[]>();
  const elsewhere = new Set(constants.flatMap((found) => [...found]));
  const otherMethods = new Set<number>();
  for (let at = start; at + ENTRY.bytes <= end; at += 4) {
    const slot = view.getUint32(at + ENTRY.slot, true);
    const name = isEntry(view, at, { start, end }) ? nameAt(memory, view.getUint32(at, true)) : undefined;
    if (name === undefined) elsewhere.add(slot);
    else if (isRare(name)) named.set(slot, [...(named.get(slot) ?? []), name]);
    else otherMethods.add(slot);
  }
  return table.flatMap(([slot]) => {
    const names = named.get(slot);
    if (names === undefined || otherMethods.has(slot)) return [];
    return elsewhere.has(slot) && !names.every(isUnshared) ? [] : [{ slot, names }];
  });
}

const isRare = (name: string): boolean => RARE_METHODS.includes(name);
const isUnshared = (name: string): boolean => (UNSHARED as readonly string[]).includes(name);

/** Whether a method of a list may stand here. */
function isEntry(view: DataView, at: number, { start, end }: Range): boolean {
  const name = view.getUint32(at, true);
  return name >= start && name < end && view.getUint8(at + ENTRY.kind) === KIND_FUNCTION;
}

/** The name of a method at an address; undefined where none stands. */
function nameAt(memory: Uint8Array, address: number): string | undefined {
  const text = String.fromCharCode(...memory.subarray(address, memory.indexOf(0, address)).subarray(0, MAX_NAME));
  return /^(?:\w+|\[Symbol\.\w+\])$/.test(text) ? text : undefined;
}
