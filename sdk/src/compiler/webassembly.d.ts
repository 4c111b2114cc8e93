/** The part of the WebAssembly JavaScript interface that the compiler uses: it is declared in TypeScript's DOM library only. */
declare namespace WebAssembly {
  type ExportValue = ((...parameters: (number | bigint)[]) => unknown) | Global | Memory | object;
  type ImportValue = ((...parameters: never[]) => unknown) | object;
  type Imports = Record<string, Record<string, ImportValue>>;
  type Exports = Record<string, ExportValue>;

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Global {
    value: unknown;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
