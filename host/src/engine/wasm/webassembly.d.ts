/** The part of the WebAssembly JavaScript API that the engine uses. Node has it; @types/node leaves it to TypeScript's DOM library, which the host does not want. */
declare namespace WebAssembly {
  type ExportValue = ((...numbers: number[]) => unknown) | object;
  type Exports = Record<string, ExportValue>;
  type ModuleImports = Record<string, ExportValue>;
  type Imports = Record<string, ModuleImports>;

  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    /** Throws a RangeError at the maximum. */
    grow(pages: number): number;
  }
  class Global {
    constructor(descriptor: { value: 'i32' | 'i64'; mutable: boolean }, value: number | bigint);
    /** A number of an i32, a bigint of an i64. */
    value: number | bigint;
  }
  class CompileError extends Error {}
  class RuntimeError extends Error {}

  function compile(bytes: Uint8Array): Promise<Module>;
}
