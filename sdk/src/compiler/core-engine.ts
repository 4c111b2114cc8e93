import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  encodeExports,
  encodeLimits,
  encodeU32,
  readExports,
  readLimits,
  readSections,
  SECTION,
  WasmReader,
  writeSections,
} from '../abi/wasm-binary.js';

/** quickjs.wasm of the one version that the glue is written for; its table must have exactly this many slots. */
const ENGINE_VERSION = '3.6.2';
const ENGINE_TABLE_SLOTS = 532;

/** Exports of the engine that building a plugin uses; none of them stays in a plugin. */
export const BUILD_EXPORTS = [
  'memory',
  '_initialize',
  '__stack_pointer',
  'qjs_init',
  'qjs_set_max_stack_size',
  'qjs_get_context_ptr',
  'qjs_get_runtime_ptr',
  'malloc',
  'free',
  'JS_Eval',
  'JS_EvalFunction',
  'JS_NewContextRaw',
  'JS_AddIntrinsicEval',
  'JS_WriteObject',
  'JS_ReadObject',
  'js_malloc',
  'js_malloc_usable_size',
  'js_free',
  'JS_Call',
  'JS_NewObject',
  'JS_NewCFunction2',
  'JS_GetGlobalObject',
  'JS_GetPropertyStr',
  'JS_SetPropertyStr',
  'JS_GetException',
  'JS_ToCStringLen2',
  'JS_FreeCString',
  'JS_FreeValue',
  'JS_IsFunction',
  'JS_ExecutePendingJob',
  'JS_RunGC',
  'glue_call',
] as const;

export function readEngine(): Uint8Array {
  const require = createRequire(import.meta.url);
  const { version } = JSON.parse(readFileSync(require.resolve('quickjs-wasi/package.json'), 'utf8')) as { version: string };
  if (version !== ENGINE_VERSION) throw new Error(`quickjs-wasi is ${version}; the glue is written for ${ENGINE_VERSION} exactly`);
  return readFileSync(require.resolve('quickjs-wasi/quickjs.wasm'));
}

/** Appends slots to the engine's function table, for the natives. `slot` is the first of them. */
export function growTable(engine: Uint8Array, count: number): { wasm: Uint8Array; slot: number } {
  const sections = readSections(engine).map((section) => {
    if (section.id !== SECTION.table) return section;
    const reader = new WasmReader(section.data);
    const tables = reader.u32();
    const type = reader.u8();
    const limits = readLimits(reader);
    if (tables !== 1 || limits.min !== ENGINE_TABLE_SLOTS || limits.max !== undefined) {
      throw new Error(
        `quickjs.wasm has ${tables} table(s), the first of ${limits.min} slots; one growable table of ${ENGINE_TABLE_SLOTS} was expected`,
      );
    }
    return { id: section.id, data: Uint8Array.from([...encodeU32(1), type, ...encodeLimits({ ...limits, min: limits.min + count })]) };
  });
  return { wasm: writeSections(sections), slot: ENGINE_TABLE_SLOTS };
}

/** Drops every export that is not named, so that the optimiser can drop what only they reached. */
export function keepExports(module: Uint8Array, names: ReadonlySet<string>): Uint8Array {
  const sections = readSections(module);
  const kept = readExports(sections).filter((item) => names.has(item.name));
  const missing = [...names].filter((name) => !kept.some((item) => item.name === name));
  if (missing.length > 0) throw new Error(`the merged engine does not export ${missing.join(', ')}`);
  return writeSections(
    sections.map((section) => (section.id === SECTION.export ? { id: section.id, data: encodeExports(kept) } : section)),
  );
}
