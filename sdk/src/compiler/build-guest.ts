import { IO_BYTES, MAX_RECORDS, RECORD_BYTES } from '../abi/abi-v1.js';
import { BuildHost } from './build-host.js';
import type { Core } from './core.js';
import { OWNER_BYTES } from './glue-framegate.js';
import { TAG, tagOf } from './js-value.js';

/** Bytes of JavaScript stack: well inside the engine's 1 MiB, so that deep recursion is a RangeError and not a trap. */
const JS_STACK_BYTES = 192 * 1024;

/** Flags of QuickJS-NG's JS_Eval, JS_WriteObject and JS_ReadObject. */
const COMPILE_ONLY = 1 << 5;
const WRITE_BYTECODE = 1;
const WRITE_WITHOUT_SOURCE = 1 << 4;
const READ_BYTECODE = 1;

/** JavaScript inside the guest threw. `guestStack` is QuickJS's, with positions in the evaluated file. */
export class GuestError extends Error {
  readonly guestStack: string;

  constructor(message: string, guestStack: string) {
    super(message);
    this.name = 'GuestError';
    this.guestStack = guestStack;
  }
}

/** Larger than any hole that evaluating a plugin leaves in its heap. */
const HEAP_TOP_BYTES = 256 * 1024;

/** More than the engine takes at once for blocks of one size. */
const LARGEST_LIST_BYTES = 16 * 1024;
/** The engine keeps blocks of up to 504 bytes by size, in steps of 8 or more; larger ones come from `malloc` at once. */
const BLOCK_SIZES = Array.from({ length: 64 }, (_, index) => 8 * (index + 1));

type WasmFunction = (...parameters: (number | bigint)[]) => number | bigint;

/** The engine of a core, running in this process to evaluate one plugin's source. Every value it hands out must be freed. */
export class BuildGuest {
  readonly core: Core;
  readonly host: BuildHost;
  readonly #exports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #context: number;
  readonly #runtime: number;
  #compilation: BuildGuest | undefined;

  constructor(core: Core) {
    this.core = core;
    this.host = new BuildHost(core.module, { memory: () => this.memory, stack: () => this.#currentStack() });
    this.#exports = new WebAssembly.Instance(core.module, this.host.imports).exports;
    this.#memory = this.#exports.memory as WebAssembly.Memory;
    this.#function('_initialize')();
    if (this.#number('qjs_init') !== 0) throw new Error('QuickJS could not be initialised');
    this.#number('qjs_set_max_stack_size', JS_STACK_BYTES);
    this.#context = this.#number('qjs_get_context_ptr');
    this.#runtime = this.#number('qjs_get_runtime_ptr');
    this.setGlobal('context', this.#context);
    this.setGlobal('runtime', this.#runtime);
    if (core.variant === 'framegate') {
      this.setGlobal('io', this.#allocate(IO_BYTES));
      this.setGlobal('records', this.#allocate(MAX_RECORDS * RECORD_BYTES));
      this.setGlobal('owners', this.#allocate(MAX_RECORDS * OWNER_BYTES));
    }
  }

  /** A view of the guest's memory as it is now; growing replaces it. */
  get memory(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  get exports(): WebAssembly.Exports {
    return this.#exports;
  }

  /** Evaluates a script and drops its value. Throws GuestError. */
  run(source: string, file: string): void {
    this.#free(this.#evaluate(source, file));
    this.#drainJobs();
  }

  /** Evaluates an expression and returns it as a string. Throws GuestError. */
  read(source: string, file: string): string {
    const value = this.#evaluate(source, file);
    const text = this.#text(value);
    this.#free(value);
    return text;
  }

  /** The raw bits of an expression's value; the value itself is freed. */
  bitsOf(source: string): bigint {
    const value = this.#evaluate(source, '<value>');
    this.#free(value);
    return value;
  }

  /** Puts the core's natives into an object at `globalThis[name]`. */
  defineNatives(name: string): void {
    const { natives, slot } = this.core.info;
    const object = this.#value('JS_NewObject', this.#context);
    natives.forEach((native, index) => {
      this.#withString(native.name, (at) => {
        const value = this.#value('JS_NewCFunction2', this.#context, slot + index, at, native.arity, 0, 0);
        this.#number('JS_SetPropertyStr', this.#context, object, at, value);
      });
    });
    const globals = this.#value('JS_GetGlobalObject', this.#context);
    this.#withString(name, (at) => this.#number('JS_SetPropertyStr', this.#context, globals, at, object));
    this.#free(globals);
  }

  /** Stores the functions of an array (a global's property) where `glue_call` finds them. */
  defineFunctions(global: string, property: string, count: number): void {
    const table = this.#allocate(8 * count);
    const globals = this.#value('JS_GetGlobalObject', this.#context);
    const owner = this.#property(globals, global);
    const array = this.#property(owner, property);
    for (let index = 0; index < count; index++) {
      new DataView(this.#memory.buffer).setBigUint64(table + 8 * index, BigInt.asUintN(64, this.#property(array, String(index))), true);
    }
    for (const value of [array, owner, globals]) this.#free(value);
    this.setGlobal('functions', table);
  }

  /**
   * Collects garbage and forgets the build's random numbers: the last step before a snapshot. Without `keepsEval` nothing can be
   * compiled from then on.
   */
  settle(keepsEval: boolean): void {
    if (!keepsEval) this.#dropCompiler();
    this.#number('JS_RunGC', this.#runtime);
    this.setGlobal('seed', 0n);
    this.#scrubHeap();
  }

  #dropCompiler(): void {
    const { offset, slot } = this.core.info.compiler;
    const view = new DataView(this.#memory.buffer);
    if (view.getUint32(this.#context + offset, true) !== slot) throw new Error("the engine's compiler is not where the core says it is");
    view.setUint32(this.#context + offset, 0, true);
  }

  /**
   * Zeroes what is free inside the heap: remains of parsing would only make the snapshot bigger. First what the engine keeps for its own
   * small blocks, by size, then what it has given back.
   */
  #scrubHeap(): void {
    // too large for any hole: it lies above all that is in use
    const top = this.#allocate(HEAP_TOP_BYTES);
    const blocks: number[] = [];
    for (const size of BLOCK_SIZES) {
      let at = this.#allocateBlock(size);
      for (; at < top; at = this.#allocateBlock(size)) blocks.push(at);
      this.#number('js_free', this.#context, at);
    }
    const held: number[] = [];
    for (let size = 4096; size >= 16; size >>= 1) {
      let at = this.#allocate(size);
      for (; at < top; at = this.#allocate(size)) held.push(at);
      this.#release(at);
    }
    // what the first of each size above the rest left behind
    held.push(this.#allocate(LARGEST_LIST_BYTES), top);
    for (const at of held) this.#release(at);
    for (const at of blocks) this.#number('js_free', this.#context, at);
  }

  /** By the engine's own allocator. */
  #allocateBlock(size: number): number {
    const at = this.#number('js_malloc', this.#context, size);
    if (at === 0) throw new Error('the guest is out of memory');
    this.memory.fill(0, at, at + this.#number('js_malloc_usable_size', this.#context, at));
    return at;
  }

  setGlobal(name: string, value: number | bigint): void {
    (this.#exports[`glue_${name}`] as WebAssembly.Global).value = value;
  }

  #evaluate(source: string, file: string): bigint {
    const script = this.#load(this.#compiler().compile(source, file));
    const value = this.#value('JS_EvalFunction', this.#context, script);
    if (tagOf(value) === TAG.exception) throw this.#takeException();
    return value;
  }

  /** Another engine, so that no remains of parsing lie about in the heap that goes into the snapshot. */
  #compiler(): BuildGuest {
    this.#compilation ??= new BuildGuest(this.core);
    return this.#compilation;
  }

  /** The bytecode of a script. Positions are in it, the functions' text is not. Throws GuestError. */
  compile(source: string, file: string): Uint8Array {
    const script = this.#withString(source, (at, length) =>
      this.#withString(file, (name) => this.#value('JS_Eval', this.#context, at, length, name, COMPILE_ONLY)),
    );
    if (tagOf(script) === TAG.exception) throw this.#takeException();
    const size = this.#allocate(4);
    const at = this.#number('JS_WriteObject', this.#context, size, script, WRITE_BYTECODE | WRITE_WITHOUT_SOURCE);
    if (at === 0) throw this.#takeException();
    const bytes = this.memory.slice(at, at + new DataView(this.#memory.buffer).getUint32(size, true));
    this.#number('js_free', this.#context, at);
    this.#release(size);
    this.#free(script);
    return bytes;
  }

  #load(bytecode: Uint8Array): bigint {
    const at = this.#allocate(bytecode.length);
    this.memory.set(bytecode, at);
    const script = this.#value('JS_ReadObject', this.#context, at, bytecode.length, READ_BYTECODE);
    this.memory.fill(0, at, at + bytecode.length);
    this.#release(at);
    if (tagOf(script) === TAG.exception) throw this.#takeException();
    return script;
  }

  #takeException(): GuestError {
    const error = this.#value('JS_GetException', this.#context);
    const stack = this.#property(error, 'stack');
    const failure = new GuestError(this.#text(error), tagOf(stack) === TAG.undefined ? '' : this.#text(stack));
    this.#free(stack);
    this.#free(error);
    return failure;
  }

  /** Where the guest is right now; called from inside an import. */
  #currentStack(): string {
    return this.read('new Error().stack', '<host>');
  }

  #drainJobs(): void {
    const place = this.#allocate(4);
    for (let status = 1; status !== 0; ) {
      status = this.#number('JS_ExecutePendingJob', this.#runtime, place);
      if (status < 0) throw this.#takeException();
    }
    this.#release(place);
  }

  #property(object: bigint, name: string): bigint {
    return this.#withString(name, (at) => this.#value('JS_GetPropertyStr', this.#context, object, at));
  }

  #text(value: bigint): string {
    const at = this.#number('JS_ToCStringLen2', this.#context, 0, value, 0);
    if (at === 0) return 'an exception without a message';
    const memory = this.memory;
    const text = new TextDecoder().decode(memory.subarray(at, memory.indexOf(0, at)));
    this.#number('JS_FreeCString', this.#context, at);
    return text;
  }

  /** Zeroed afterwards: what is free in the heap must not end up in the snapshot. */
  #withString<T>(text: string, use: (at: number, length: number) => T): T {
    const bytes = new TextEncoder().encode(text);
    const at = this.#allocate(bytes.length + 1);
    this.memory.set(bytes, at);
    try {
      return use(at, bytes.length);
    } finally {
      this.memory.fill(0, at, at + bytes.length);
      this.#release(at);
    }
  }

  #allocate(size: number): number {
    const at = this.#number('malloc', size);
    if (at === 0) throw new Error('the guest is out of memory');
    this.memory.fill(0, at, at + size);
    return at;
  }

  #release(at: number): void {
    this.#number('free', at);
  }

  #free(value: bigint): void {
    this.#number('JS_FreeValue', this.#context, value);
  }

  #function(name: string): WasmFunction {
    return this.#exports[name] as WasmFunction;
  }

  #number(name: string, ...parameters: (number | bigint)[]): number {
    return this.#function(name)(...parameters) as number;
  }

  #value(name: string, ...parameters: (number | bigint)[]): bigint {
    return this.#function(name)(...parameters) as bigint;
  }
}
