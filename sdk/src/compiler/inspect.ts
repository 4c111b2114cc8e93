import { HOOKS, MANIFEST_SECTION, type PluginManifest } from '../abi/manifest.js';
import { readManifest } from '../abi/manifest-section.js';
import {
  EXTERNAL,
  isWasm,
  readExports,
  readImports,
  readLimits,
  readSections,
  SECTION,
  sectionData,
  type WasmLimits,
  WasmReader,
  type WasmSection,
} from '../abi/wasm-binary.js';

const KINDS = ['function', 'table', 'memory', 'global', 'tag'] as const;
const VALUE_TYPES: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};
const PAGE_BYTES = 65_536;

/** An import or an export. */
export interface ModuleMember {
  readonly name: string;
  readonly kind: string;
  /** A function's type, such as `() -> i32`; absent for other kinds, and for types beyond the numeric ones. */
  readonly type?: string;
}

/** What a Wasm module says of itself, read without compiling or running it. */
export interface ModuleReport {
  readonly bytes: number;
  /** What the module is made of; the bytes of each kind of section, headers and the small sections under `other`. */
  readonly parts: { readonly code: number; readonly data: number; readonly manifest: number; readonly other: number };
  /** How the host calls it: by the manifest's ABI, by the Otoroshi ABI (it exports message hooks), or not at all. */
  readonly abi: 'framegate' | 'otoroshi' | 'none';
  readonly manifest?: PluginManifest;
  /** Why the manifest cannot be used, if there is one. */
  readonly manifestError?: string;
  readonly exports: readonly ModuleMember[];
  /** By the module they come from. */
  readonly imports: Readonly<Record<string, readonly ModuleMember[]>>;
  readonly memory?: { readonly imported: boolean; readonly minBytes: number; readonly maxBytes?: number };
  /** Names and payload sizes, the manifest's among them. */
  readonly customSections: ReadonlyArray<{ readonly name: string; readonly bytes: number }>;
}

/** Reads a module. Throws an Error that says what is wrong with the bytes if they are none. */
export function inspectModule(bytes: Uint8Array): ModuleReport {
  if (bytes.length === 0) throw new Error('the file is empty');
  if (!isWasm(bytes)) throw new Error(describeForeign(bytes));
  const sections = readSections(bytes);
  const types = readFunctionTypes(sections);
  const imports = readImports(sections);
  const functionTypes = [
    ...imports.flatMap(({ kind, type }) => (kind === EXTERNAL.function && type !== undefined ? [type] : [])),
    ...readFunctionIndexes(sections),
  ];
  const member = (name: string, kind: number, type: number | undefined): ModuleMember => {
    const text = kind === EXTERNAL.function && type !== undefined ? types[type] : undefined;
    return { name, kind: KINDS[kind] ?? `kind ${kind}`, ...(text === undefined ? {} : { type: text }) };
  };
  const exports = readExports(sections).map(({ name, kind, index }) => member(name, kind, functionTypes[index]));
  const modules = [...new Set(imports.map(({ module }) => module))];
  const importsOf = (from: string) =>
    imports.filter(({ module }) => module === from).map(({ name, kind, type }) => member(name, kind, type));
  const manifest = tryManifest(bytes);
  const memory = readMemory(sections, imports.find(({ kind }) => kind === EXTERNAL.memory)?.limits);
  const hasHook = exports.some(
    ({ name, kind }) => kind === 'function' && (HOOKS as readonly string[]).includes(name) && name.endsWith('_message'),
  );
  return {
    bytes: bytes.length,
    parts: partsOf(bytes.length, sections),
    abi: manifest !== undefined ? 'framegate' : hasHook ? 'otoroshi' : 'none',
    ...manifest,
    exports,
    imports: Object.fromEntries(modules.map((module) => [module, importsOf(module)])),
    ...(memory === undefined ? {} : { memory }),
    customSections: sections.flatMap(({ id, data }) => {
      if (id !== SECTION.custom) return [];
      const reader = new WasmReader(data);
      const name = reader.name();
      return [{ name, bytes: data.length - reader.position }];
    }),
  };
}

function partsOf(total: number, sections: readonly WasmSection[]): ModuleReport['parts'] {
  const bytesOf = (chosen: (section: WasmSection) => boolean): number =>
    sections.filter(chosen).reduce((sum, section) => sum + section.data.length, 0);
  const code = bytesOf(({ id }) => id === SECTION.code);
  const data = bytesOf(({ id }) => id === SECTION.data);
  const manifest = bytesOf(isManifest);
  return { code, data, manifest, other: total - code - data - manifest };
}

function isManifest({ id, data }: WasmSection): boolean {
  return id === SECTION.custom && new WasmReader(data).name() === MANIFEST_SECTION;
}

function tryManifest(bytes: Uint8Array): { manifest: PluginManifest } | { manifestError: string } | undefined {
  try {
    const manifest = readManifest(bytes);
    return manifest === undefined ? undefined : { manifest };
  } catch (error) {
    return { manifestError: (error as Error).message };
  }
}

/** Texts of the function types; undefined where a type is none or uses something beyond the numeric types. */
function readFunctionTypes(sections: readonly WasmSection[]): readonly (string | undefined)[] {
  const reader = new WasmReader(sectionData(sections, SECTION.type));
  const types: (string | undefined)[] = [];
  const count = reader.u32();
  const list = (): string[] | undefined => {
    const names = Array.from({ length: reader.u32() }, () => VALUE_TYPES[reader.u8()]);
    return names.includes(undefined) ? undefined : (names as string[]);
  };
  while (types.length < count) {
    // A form of a later Wasm version: what follows cannot be told apart, so the rest stays unknown.
    if (reader.u8() !== 0x60) break;
    const parameters = list();
    const results = parameters && list();
    if (parameters === undefined || results === undefined) break;
    types.push(`(${parameters.join(', ')}) -> ${results.length === 1 ? results[0] : `(${results.join(', ')})`}`);
  }
  return types;
}

function readFunctionIndexes(sections: readonly WasmSection[]): number[] {
  const reader = new WasmReader(sectionData(sections, SECTION.function));
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

function readMemory(sections: readonly WasmSection[], imported: WasmLimits | undefined): ModuleReport['memory'] {
  const reader = new WasmReader(sectionData(sections, SECTION.memory));
  const limits = imported ?? (reader.u32() > 0 ? readLimits(reader) : undefined);
  if (limits === undefined) return undefined;
  return {
    imported: imported !== undefined,
    minBytes: limits.min * PAGE_BYTES,
    ...(limits.max === undefined ? {} : { maxBytes: limits.max * PAGE_BYTES }),
  };
}

function describeForeign(bytes: Uint8Array): string {
  const magic = bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (magic && bytes.length < 8) return 'the file ends after its first bytes: it was not written whole';
  if (magic && bytes[6] === 1) return 'this is a WebAssembly component; a plugin is a core module';
  if (magic) return `this is WebAssembly of version ${bytes[4]}; only version 1 is known`;
  return 'this is not a WebAssembly module: it does not begin with \\0asm. Build one with `framegate build`';
}
