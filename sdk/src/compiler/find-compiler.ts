import { BuildHost } from './build-host.js';

/** Bytes of a context in which the pointer is looked for. */
const CONTEXT_BYTES = 1024;

/** A core's engine with one context, before anything was evaluated in it. */
export interface BootedEngine {
  readonly memory: WebAssembly.Memory;
  readonly call: (name: string, ...parameters: number[]) => number;
}

export function bootEngine(module: WebAssembly.Module): BootedEngine {
  const host = new BuildHost(module, { memory: () => new Uint8Array(memory.buffer), stack: () => '' });
  const { exports } = new WebAssembly.Instance(module, host.imports);
  const memory = exports.memory as WebAssembly.Memory;
  const call = (name: string, ...parameters: number[]): number => (exports[name] as (...numbers: number[]) => number)(...parameters);
  call('_initialize');
  if (call('qjs_init') !== 0) throw new Error('QuickJS could not be initialised');
  return { memory, call };
}

/**
 * Where a context of this engine keeps its pointer to JavaScript's compiler, and what it points to: the one word that
 * `JS_AddIntrinsicEval` changes. With a null there, `eval` and `new Function` throw a TypeError.
 */
export function findCompiler({ memory, call }: BootedEngine): { offset: number; slot: number } {
  const context = call('JS_NewContextRaw', call('qjs_get_runtime_ptr'));
  const words = () => new Uint32Array(memory.buffer, context, CONTEXT_BYTES / 4).slice();
  const before = words();
  call('JS_AddIntrinsicEval', context);
  const after = words();
  const changed = [...after.keys()].filter((index) => after[index] !== before[index]);
  const [index] = changed;
  if (index === undefined || changed.length > 1 || before[index] !== 0)
    throw new Error(`JS_AddIntrinsicEval changed ${changed.length} words of the context; one that was 0 was expected`);
  return { offset: index * 4, slot: after[index] as number };
}
