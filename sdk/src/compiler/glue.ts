import type { CoreVariant, NativeFunction } from './core-variant.js';
import { ENGINE_HOOKS, ENGINE_IMPORTS, INVOKE, VALUE_HELPERS } from './glue-engine.js';
import { FRAMEGATE_HELPERS, FRAMEGATE_IMPORTS, FRAMEGATE_NATIVES } from './glue-framegate.js';
import { EXTISM_HTTP_IMPORTS, EXTISM_HTTP_NATIVES, FRAMEGATE_HTTP_NATIVES } from './glue-http.js';
import { EXTISM_HELPERS, EXTISM_IMPORTS, EXTISM_LOG, PDK_NATIVES } from './glue-pdk.js';

/** Mutable globals of the glue: exported while building, so that a snapshot can carry their values over. */
const GLOBALS = {
  pdk: { context: 'i32', runtime: 'i32', functions: 'i32', length: 'i32', seed: 'i64', answer: 'i64' },
  framegate: {
    context: 'i32',
    runtime: 'i32',
    functions: 'i32',
    length: 'i32',
    seed: 'i64',
    io: 'i32',
    records: 'i32',
    owners: 'i32',
    owned: 'i32',
    area: 'i32',
  },
} as const satisfies Record<CoreVariant, Record<string, 'i32' | 'i64'>>;

/** Exports of the glue that belong in every plugin of the variant. */
export const KEPT_EXPORTS = { pdk: ['memory'], framegate: ['memory', 'framegate_io', 'framegate_reserve'] } as const satisfies Record<
  CoreVariant,
  readonly string[]
>;

const PDK_TABLE: Readonly<Record<string, NativeFunction>> = { ...PDK_NATIVES, ...EXTISM_HTTP_NATIVES, log: EXTISM_LOG };
const FRAMEGATE_TABLE: Readonly<Record<string, NativeFunction>> = { ...PDK_NATIVES, ...FRAMEGATE_NATIVES, ...FRAMEGATE_HTTP_NATIVES };

/** Functions of the core that a plugin calls from outside: those exports, and what its wrappers call. */
export function keptFunctions(variant: CoreVariant): string[] {
  return [...KEPT_EXPORTS[variant].filter((name) => name !== 'memory'), 'glue_call'];
}

/** The natives of a variant in the order of their table slots. */
export function nativesOf(variant: CoreVariant): ReadonlyArray<readonly [name: string, native: NativeFunction]> {
  return Object.entries(variant === 'pdk' ? PDK_TABLE : FRAMEGATE_TABLE);
}

/** Names under which the glue's globals are exported. */
export function globalExports(variant: CoreVariant): string[] {
  return Object.keys(GLOBALS[variant]).map((name) => `glue_${name}`);
}

/** The module between QuickJS and the host, as WAT: one wasm function a native, put into the engine's table from `slot` on. */
export function glueWat(variant: CoreVariant, slot: number): string {
  const natives = nativesOf(variant);
  const framegate = variant === 'framegate';
  return `(module
${ENGINE_IMPORTS}
${EXTISM_IMPORTS}
${framegate ? FRAMEGATE_IMPORTS : EXTISM_HTTP_IMPORTS}
${Object.entries(GLOBALS[variant])
  .map(([name, type]) => `(global $${name} (export "glue_${name}") (mut ${type}) (${type}.const 0))`)
  .join('\n')}
(elem (i32.const ${slot}) func ${natives.map(([name]) => `$native_${name}`).join(' ')})
${ENGINE_HOOKS}
${VALUE_HELPERS}
${EXTISM_HELPERS}
${framegate ? FRAMEGATE_HELPERS : ''}
${natives.map(nativeWat).join('\n')}
${framegate ? '(func $before_call (call $release_records))' : '(func $before_call)'}
${framegate ? REPORT.framegate : REPORT.pdk}
${INVOKE}
)`;
}

/** Tells the host why the call is about to return non-zero. */
const REPORT = {
  pdk: '(func $report (param $at i32) (param $size i32) (call $extism_error_set (call $new_block (local.get $at) (local.get $size))))',
  framegate: '(func $report (param $at i32) (param $size i32) (call $host_fail (local.get $at) (local.get $size)))',
} as const satisfies Record<CoreVariant, string>;

function nativeWat([name, native]: readonly [string, NativeFunction]): string {
  const locals = Object.entries(native.locals ?? {}).map(([local, type]) => `(local $${local} ${type})`);
  return `(func $native_${name} (param $context_of_call i32) (param $this i64) (param $count i32) (param $args i32) (result i64) ${locals.join(' ')}\n  ${native.body})`;
}
