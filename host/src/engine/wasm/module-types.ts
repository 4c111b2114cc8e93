import { readLimits, readSections, SECTION, type WasmLimits, WasmReader } from '@framegate/sdk/abi';

export interface FunctionType {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

type ExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function. */
  readonly type?: FunctionType;
}

interface ModuleExport {
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function. */
  readonly type?: FunctionType;
}

/** What a module's binary declares, read without compiling it. */
export interface ModuleTypes {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  readonly memories: readonly WasmLimits[];
}

const KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global', 'tag'];
const VALUE_TYPES: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};
const FUNCTION_FORM = 0x60;

/** Reads imports, exports and memories. Throws RangeError for a truncated module or a form that this host does not know. */
export function readModuleTypes(module: Uint8Array): ModuleTypes {
  const types: FunctionType[] = [];
  const functions: (FunctionType | undefined)[] = [];
  const imports: ModuleImport[] = [];
  const exports: ModuleExport[] = [];
  const memories: WasmLimits[] = [];
  let declared = 0;
  let defined = 0;
  for (const { id, data } of readSections(module)) {
    const reader = new WasmReader(data);
    if (id === SECTION.type) each(reader, () => types.push(readFunctionType(reader)));
    else if (id === SECTION.import) each(reader, () => imports.push(readImport(reader, types, functions)));
    else if (id === SECTION.function) {
      each(reader, () => {
        functions.push(types[reader.u32()]);
        declared++;
      });
    } else if (id === SECTION.code) defined = reader.u32();
    else if (id === SECTION.memory) each(reader, () => memories.push(readLimits(reader)));
    else if (id === SECTION.export) {
      each(reader, () => {
        const name = reader.name();
        const kind = readKind(reader);
        const type = functions[reader.u32()];
        exports.push(kind === 'function' && type ? { name, kind, type } : { name, kind });
      });
    }
  }
  if (declared !== defined) throw new RangeError(`${declared} functions are declared, ${defined} have code: the module is truncated`);
  return { imports, exports, memories };
}

/** `(i32, i64) -> i32`, as docs/abi.md writes types. */
export function formatType(type: FunctionType): string {
  return `(${type.params.join(', ')}) -> ${type.results.length === 1 ? type.results[0] : `(${type.results.join(', ')})`}`;
}

function each(reader: WasmReader, read: () => void): void {
  for (let left = reader.u32(); left > 0; left--) read();
}

function readFunctionType(reader: WasmReader): FunctionType {
  const form = reader.u8();
  if (form !== FUNCTION_FORM) throw new RangeError(`type form 0x${form.toString(16)} is not supported (GC types are not)`);
  return { params: readValueTypes(reader), results: readValueTypes(reader) };
}

function readValueTypes(reader: WasmReader): string[] {
  const types: string[] = [];
  each(reader, () => types.push(readValueType(reader)));
  return types;
}

function readValueType(reader: WasmReader): string {
  const byte = reader.u8();
  const type = VALUE_TYPES[byte];
  if (!type) throw new RangeError(`value type 0x${byte.toString(16)} is not supported`);
  return type;
}

function readKind(reader: WasmReader): ExternKind {
  const byte = reader.u8();
  const kind = KINDS[byte];
  if (!kind) throw new RangeError(`import or export kind ${byte} is not supported`);
  return kind;
}

function readImport(reader: WasmReader, types: readonly FunctionType[], functions: (FunctionType | undefined)[]): ModuleImport {
  const module = reader.name();
  const name = reader.name();
  const kind = readKind(reader);
  switch (kind) {
    case 'function': {
      const type = types[reader.u32()];
      functions.push(type);
      return type ? { module, name, kind, type } : { module, name, kind };
    }
    case 'table':
      readValueType(reader);
      readLimits(reader);
      break;
    case 'memory':
      readLimits(reader);
      break;
    case 'global':
      readValueType(reader);
      reader.u8();
      break;
    case 'tag':
      reader.u8();
      reader.u32();
      break;
  }
  return { module, name, kind };
}
