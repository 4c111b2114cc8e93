import { HOST_FUNCTIONS, HOST_MODULE, IO, MAX_RECORDS, RECORD_BYTES } from '../abi/abi-v1.js';
import type { Native } from '../guest/native.js';
import type { NativeFunction } from './core-variant.js';
import { wat } from './js-value.js';

export const FRAMEGATE_IMPORTS = Object.entries(HOST_FUNCTIONS)
  .map(([name, { params, results }]) => {
    const result = results.length === 0 ? '' : ` (result ${results.join(' ')})`;
    return `(import "${HOST_MODULE}" "${name}" (func $host_${name}${params.length === 0 ? '' : ` (param ${params.join(' ')})`}${result}))`;
  })
  .join('\n');

/** Bytes of the table of what the records of the last verdict keep alive: a JSValue each, or a C string's address under tag 0. */
export const OWNER_BYTES = 8;

const field = (offset: number) => `(i32.load offset=${offset} (global.get $io))`;

/**
 * Records name the engine's own memory (a string's UTF-8, an ArrayBuffer's bytes), which `$release_records` gives back when the next call begins.
 * Above MAX_RECORDS only the count grows: the host refuses the verdict.
 */
export const FRAMEGATE_HELPERS = `
(func (export "framegate_io") (result i32) (global.get $io))
(func (export "framegate_reserve") (param $size i32) (result i32)
  (call $free (global.get $area))
  (global.set $area (call $malloc (local.get $size)))
  (global.get $area))
(func $release_records (local $at i32) (local $owner i64)
  (loop $next
    (if (global.get $owned) (then
      (global.set $owned (i32.sub (global.get $owned) (i32.const 1)))
      (local.set $at (i32.add (global.get $owners) (i32.mul (global.get $owned) (i32.const ${OWNER_BYTES}))))
      (local.set $owner (i64.load (local.get $at)))
      (if ${wat.isObject('(local.get $owner)')}
        (then (call $JS_FreeValue (global.get $context) (local.get $owner)))
        (else (call $JS_FreeCString (global.get $context) (i32.wrap_i64 (local.get $owner)))))
      (br $next)))))
(func $own (param $owner i64)
  (i64.store (i32.add (global.get $owners) (i32.mul (global.get $owned) (i32.const ${OWNER_BYTES}))) (local.get $owner))
  (global.set $owned (i32.add (global.get $owned) (i32.const 1))))
(func $pending (param $size i32) (param $binary i32) (result i64) (local $at i32) (local $value i64)
  (local.set $at (call $malloc (i32.add (local.get $size) (i32.const 1))))
  (if (i32.eqz (local.get $at)) (then (return (call $JS_ThrowOutOfMemory (global.get $context)))))
  (call $host_result_copy (local.get $at))
  (local.set $value (if (result i64) (local.get $binary)
    (then (call $buffer_of (local.get $at) (local.get $size)))
    (else (call $text_of (local.get $at) (local.get $size)))))
  (call $free (local.get $at))
  (local.get $value))`;

/** A key argument: its address in `$key`, its length in `$key_length`. */
const KEY = `(local.set $key (call $utf8 ${wat.argument(1)})) (if (i32.eqz (local.get $key)) (then (return ${wat.exception})))
  (local.set $key_length (global.get $length))`;
const FREE_KEY = '(call $JS_FreeCString (global.get $context) (local.get $key))';
const SCOPE = `(call $int ${wat.argument(0)})`;
const keyLocals = { key: 'i32', key_length: 'i32' } as const;

const stateGet = (binary: 0 | 1): NativeFunction => ({
  arity: 2,
  locals: { ...keyLocals, status: 'i32' },
  body: `${KEY}
    (local.set $status (call $host_state_get ${SCOPE} (local.get $key) (local.get $key_length)))
    ${FREE_KEY}
    (if (i32.eq (local.get $status) (i32.const -1)) (then (return ${wat.null})))
    (if (i32.lt_s (local.get $status) (i32.const 0)) (then (return (i64.extend_i32_u (local.get $status)))))
    (call $pending (local.get $status) (i32.const ${binary}))`,
});

/** ABI v1 as JavaScript sees it: interface `Native` in guest/native.ts, plus `Uint8Array` wherever it takes an `ArrayBuffer`. */
export const FRAMEGATE_NATIVES = {
  frameKind: { arity: 0, body: `(i64.extend_i32_u ${field(IO.kind)})` },
  frameLength: { arity: 0, body: `(call $from_u32 ${field(IO.length)})` },
  frameText: { arity: 0, body: `(call $text_of ${field(IO.payload)} ${field(IO.length)})` },
  frameBytes: { arity: 0, body: `(call $buffer_of ${field(IO.payload)} ${field(IO.length)})` },
  connectionHandle: { arity: 0, body: `(call $from_u32 ${field(IO.connection)})` },
  contextVersion: { arity: 0, body: `(call $from_u32 ${field(IO.contextVersion)})` },
  connectionJson: { arity: 0, body: '(call $pending (call $host_connection) (i32.const 0))' },
  configJson: { arity: 0, body: '(call $pending (call $host_config) (i32.const 0))' },
  emit: {
    arity: 3,
    locals: { index: 'i32', record: 'i32', at: 'i32', size: 'i32' },
    body: `(local.set $index ${field(IO.recordCount)})
      (if (i32.lt_u (local.get $index) (i32.const ${MAX_RECORDS})) (then
        (if (i64.ne ${wat.argument(2)} ${wat.undefined}) (then
          (local.set $at (call $data ${wat.argument(2)}))
          (if (i32.eqz (local.get $at)) (then (return ${wat.exception})))
          (local.set $size (global.get $length))
          (call $own (if (result i64) ${wat.isObject(wat.argument(2))}
            (then (call $JS_DupValue (global.get $context) ${wat.argument(2)}))
            (else (i64.extend_i32_u (local.get $at)))))))
        (local.set $record (i32.add (global.get $records) (i32.mul (local.get $index) (i32.const ${RECORD_BYTES}))))
        (i32.store (local.get $record) (call $int ${wat.argument(0)}))
        (i32.store offset=4 (local.get $record) (call $int ${wat.argument(1)}))
        (i32.store offset=8 (local.get $record) (local.get $at))
        (i32.store offset=12 (local.get $record) (local.get $size))))
      (i32.store offset=${IO.recordCount} (global.get $io) (i32.add (local.get $index) (i32.const 1)))
      (i32.store offset=${IO.records} (global.get $io) (global.get $records))
      ${wat.undefined}`,
  },
  now: { arity: 0, body: '(call $JS_NewNumber (global.get $context) (call $host_now))' },
  log: {
    arity: 2,
    locals: { at: 'i32' },
    body: `(local.set $at (call $utf8 ${wat.argument(1)})) (if (i32.eqz (local.get $at)) (then (return ${wat.exception})))
      (call $host_log (call $int ${wat.argument(0)}) (local.get $at) (global.get $length))
      (call $JS_FreeCString (global.get $context) (local.get $at)) ${wat.undefined}`,
  },
  stateGetText: stateGet(0),
  stateGetBytes: stateGet(1),
  stateSet: {
    arity: 4,
    locals: { ...keyLocals, at: 'i32', status: 'i32' },
    body: `${KEY}
      (local.set $at (call $data ${wat.argument(2)}))
      (if (i32.eqz (local.get $at)) (then ${FREE_KEY} (return ${wat.exception})))
      (local.set $status (call $host_state_set ${SCOPE} (local.get $key) (local.get $key_length) (local.get $at) (global.get $length) (call $number ${wat.argument(3)})))
      (call $release_data ${wat.argument(2)} (local.get $at))
      ${FREE_KEY}
      (i64.extend_i32_u (local.get $status))`,
  },
  stateDelete: {
    arity: 2,
    locals: { ...keyLocals, status: 'i32' },
    body: `${KEY} (local.set $status (call $host_state_delete ${SCOPE} (local.get $key) (local.get $key_length))) ${FREE_KEY} (i64.extend_i32_u (local.get $status))`,
  },
  stateAdd: {
    arity: 4,
    locals: { ...keyLocals, sum: 'f64' },
    body: `${KEY}
      (local.set $sum (call $host_state_add ${SCOPE} (local.get $key) (local.get $key_length) (call $number ${wat.argument(2)}) (call $number ${wat.argument(3)})))
      ${FREE_KEY} (call $JS_NewNumber (global.get $context) (local.get $sum))`,
  },
  stateTtl: {
    arity: 2,
    locals: { ...keyLocals, left: 'f64' },
    body: `${KEY} (local.set $left (call $host_state_ttl ${SCOPE} (local.get $key) (local.get $key_length))) ${FREE_KEY} (call $JS_NewNumber (global.get $context) (local.get $left))`,
  },
  migrationNext: {
    arity: 0,
    locals: { size: 'i32' },
    body: `(local.set $size (call $host_migration_next))
      (if (i32.lt_s (local.get $size) (i32.const 0)) (then (return ${wat.null})))
      (call $pending (local.get $size) (i32.const 0))`,
  },
  migrationOwner: {
    arity: 2,
    locals: { ...keyLocals, status: 'i32' },
    body: `${KEY} (local.set $status (call $host_migration_owner ${SCOPE} (local.get $key) (local.get $key_length))) ${FREE_KEY} (i64.extend_i32_u (local.get $status))`,
  },
} as const satisfies Record<keyof Native, NativeFunction>;
