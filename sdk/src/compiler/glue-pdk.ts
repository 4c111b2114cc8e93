import type { NativeFunction } from './core-variant.js';
import { wat } from './js-value.js';

/** The functions of `extism:host/env` that a core imports. A handle is an i64. */
const EXTISM_FUNCTIONS = {
  alloc: '(param i64) (result i64)',
  free: '(param i64)',
  length: '(param i64) (result i64)',
  input_length: '(result i64)',
  input_load_u8: '(param i64) (result i32)',
  input_load_u64: '(param i64) (result i64)',
  load_u8: '(param i64) (result i32)',
  load_u64: '(param i64) (result i64)',
  store_u8: '(param i64 i32)',
  store_u64: '(param i64 i64)',
  output_set: '(param i64 i64)',
  error_set: '(param i64)',
  config_get: '(param i64) (result i64)',
  var_get: '(param i64) (result i64)',
  var_set: '(param i64 i64)',
  log_debug: '(param i64)',
  log_info: '(param i64)',
  log_warn: '(param i64)',
  log_error: '(param i64)',
} as const;

export const EXTISM_IMPORTS = Object.entries(EXTISM_FUNCTIONS)
  .map(([name, type]) => `(import "extism:host/env" "${name}" (func $extism_${name} ${type}))`)
  .join('\n');

/** A loop over `$size` bytes, eight at a time and then one by one; `$at` counts. */
const eachWord = (word: string, byte: string) => `
  (block $words (loop $next
    (br_if $words (i32.lt_u (i32.sub (local.get $size) (local.get $at)) (i32.const 8)))
    ${word}
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br $next)))
  (block $done (loop $next
    (br_if $done (i32.ge_u (local.get $at) (local.get $size)))
    ${byte}
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br $next)))`;

const HERE = '(i32.add (local.get $base) (local.get $at))';
const THERE = '(i64.add (local.get $handle) (i64.extend_i32_u (local.get $at)))';
const OFFSET = '(i64.extend_i32_u (local.get $at))';

/** Between memory and the host's blocks. `$host_*` take a handle; `$argument_block` makes one of a native's argument (-1: an exception is pending). */
export const EXTISM_HELPERS = `
(func $read_input (param $base i32) (param $size i32) (local $at i32)
  ${eachWord(`(i64.store align=1 ${HERE} (call $extism_input_load_u64 ${OFFSET}))`, `(i32.store8 ${HERE} (call $extism_input_load_u8 ${OFFSET}))`)})
(func $read_block (param $handle i64) (param $base i32) (param $size i32) (local $at i32)
  ${eachWord(`(i64.store align=1 ${HERE} (call $extism_load_u64 ${THERE}))`, `(i32.store8 ${HERE} (call $extism_load_u8 ${THERE}))`)})
(func $new_block (param $base i32) (param $size i32) (result i64) (local $handle i64) (local $at i32)
  (local.set $handle (call $extism_alloc (i64.extend_i32_u (local.get $size))))
  ${eachWord(`(call $extism_store_u64 ${THERE} (i64.load align=1 ${HERE}))`, `(call $extism_store_u8 ${THERE} (i32.load8_u ${HERE}))`)}
  (local.get $handle))
(func $block_of (param $value i64) (result i64) (local $at i32) (local $handle i64)
  (local.set $at (call $data (local.get $value)))
  (if (i32.eqz (local.get $at)) (then (return (i64.const -1))))
  (local.set $handle (call $new_block (local.get $at) (global.get $length)))
  (call $release_data (local.get $value) (local.get $at))
  (local.get $handle))
(func $block_value (param $handle i64) (param $binary i32) (result i64) (local $size i32) (local $at i32) (local $value i64)
  (local.set $size (i32.wrap_i64 (call $extism_length (local.get $handle))))
  (local.set $at (call $malloc (i32.add (local.get $size) (i32.const 1))))
  (if (i32.eqz (local.get $at)) (then (return (call $JS_ThrowOutOfMemory (global.get $context)))))
  (call $read_block (local.get $handle) (local.get $at) (local.get $size))
  (local.set $value (if (result i64) (local.get $binary)
    (then (call $buffer_of (local.get $at) (local.get $size)))
    (else (call $text_of (local.get $at) (local.get $size)))))
  (call $free (local.get $at))
  (local.get $value))
(func $input_value (param $binary i32) (result i64) (local $size i32) (local $at i32) (local $value i64)
  (local.set $size (i32.wrap_i64 (call $extism_input_length)))
  (local.set $at (call $malloc (i32.add (local.get $size) (i32.const 1))))
  (if (i32.eqz (local.get $at)) (then (return (call $JS_ThrowOutOfMemory (global.get $context)))))
  (call $read_input (local.get $at) (local.get $size))
  (local.set $value (if (result i64) (local.get $binary)
    (then (call $buffer_of (local.get $at) (local.get $size)))
    (else (call $text_of (local.get $at) (local.get $size)))))
  (call $free (local.get $at))
  (local.get $value))
;; The value that a lookup (var_get, config_get) answered with; null for handle 0.
(func $found (param $handle i64) (param $binary i32) (result i64) (local $value i64)
  (if (i64.eqz (local.get $handle)) (then (return ${wat.null})))
  (local.set $value (call $block_value (local.get $handle) (local.get $binary)))
  (call $extism_free (local.get $handle))
  (local.get $value))
(func $handle_of (param $value i64) (result i64) (local $handle i64)
  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
  (i64.store (global.get $sp) (i64.const 0))
  (drop (call $JS_ToInt64Ext (global.get $context) (global.get $sp) (local.get $value)))
  (local.set $handle (i64.load (global.get $sp)))
  (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
  (local.get $handle))`;

const block = (local: string, index: number) =>
  `(local.set $${local} (call $block_of ${wat.argument(index)})) (if (i64.eq (local.get $${local}) (i64.const -1)) (then (return ${wat.exception})))`;

const lookup = (name: string, binary: 0 | 1): NativeFunction => ({
  arity: 1,
  locals: { key: 'i64', handle: 'i64' },
  body: `${block('key', 0)}
    (local.set $handle (call $extism_${name} (local.get $key)))
    (call $extism_free (local.get $key))
    (call $found (local.get $handle) (i32.const ${binary}))`,
});

/** Console output of the pdk core; the other core sends it through ABI v1. */
export const EXTISM_LOG: NativeFunction = {
  arity: 2,
  locals: { message: 'i64', level: 'i32' },
  body: `${block('message', 1)}
    (local.set $level (call $int ${wat.argument(0)}))
    (if (i32.eqz (local.get $level)) (then (call $extism_log_debug (local.get $message))))
    (if (i32.eq (local.get $level) (i32.const 1)) (then (call $extism_log_info (local.get $message))))
    (if (i32.eq (local.get $level) (i32.const 2)) (then (call $extism_log_warn (local.get $message))))
    (if (i32.eq (local.get $level) (i32.const 3)) (then (call $extism_log_error (local.get $message))))
    (call $extism_free (local.get $message))
    ${wat.undefined}`,
};

/** What the PDK globals are made of (interface `PdkNative` in guest/pdk.ts). */
export const PDK_NATIVES = {
  inputText: { arity: 0, body: '(call $input_value (i32.const 0))' },
  inputBytes: { arity: 0, body: '(call $input_value (i32.const 1))' },
  output: {
    arity: 1,
    locals: { handle: 'i64' },
    body: `${block('handle', 0)} (call $extism_output_set (local.get $handle) (call $extism_length (local.get $handle))) ${wat.undefined}`,
  },
  varText: lookup('var_get', 0),
  varBytes: lookup('var_get', 1),
  varSet: {
    arity: 2,
    locals: { key: 'i64', handle: 'i64' },
    body: `${block('key', 0)} ${block('handle', 1)}
      (call $extism_var_set (local.get $key) (local.get $handle))
      (call $extism_free (local.get $key)) (call $extism_free (local.get $handle)) ${wat.undefined}`,
  },
  varRemove: {
    arity: 1,
    locals: { key: 'i64' },
    body: `${block('key', 0)} (call $extism_var_set (local.get $key) (i64.const 0)) (call $extism_free (local.get $key)) ${wat.undefined}`,
  },
  configText: lookup('config_get', 0),
  blockFrom: {
    arity: 1,
    locals: { handle: 'i64' },
    body: `${block('handle', 0)} (call $JS_NewBigInt64 (global.get $context) (local.get $handle))`,
  },
  blockLength: {
    arity: 1,
    body: `(call $JS_NewBigInt64 (global.get $context) (call $extism_length (call $handle_of ${wat.argument(0)})))`,
  },
  blockFree: { arity: 1, body: `(call $extism_free (call $handle_of ${wat.argument(0)})) ${wat.undefined}` },
  blockText: { arity: 1, body: `(call $block_value (call $handle_of ${wat.argument(0)}) (i32.const 0))` },
  blockBytes: { arity: 1, body: `(call $block_value (call $handle_of ${wat.argument(0)}) (i32.const 1))` },
  encode: {
    arity: 1,
    locals: { at: 'i32', value: 'i64' },
    body: `(local.set $at (call $utf8 ${wat.argument(0)})) (if (i32.eqz (local.get $at)) (then (return ${wat.exception})))
      (local.set $value (call $buffer_of (local.get $at) (global.get $length)))
      (call $JS_FreeCString (global.get $context) (local.get $at)) (local.get $value)`,
  },
  decode: {
    arity: 1,
    locals: { at: 'i32' },
    body: `(local.set $at (call $bytes ${wat.argument(0)})) (if (i32.eqz (local.get $at)) (then (return ${wat.exception})))
      (call $text_of (local.get $at) (global.get $length))`,
  },
  randomBytes: {
    arity: 1,
    locals: { at: 'i32', size: 'i32', value: 'i64' },
    body: `(local.set $size (call $int ${wat.argument(0)}))
      (local.set $at (call $malloc (i32.add (local.get $size) (i32.const 1))))
      (if (i32.eqz (local.get $at)) (then (return (call $JS_ThrowOutOfMemory (global.get $context)))))
      (drop (call $random_get (local.get $at) (local.get $size)))
      (local.set $value (call $buffer_of (local.get $at) (local.get $size)))
      (call $free (local.get $at)) (local.get $value)`,
  },
  // xorshift64*, seeded on first use: a seed of the build would give every instance the same numbers.
  random: {
    arity: 0,
    body: `(if (i64.eqz (global.get $seed)) (then
        (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
        (drop (call $random_get (global.get $sp) (i32.const 8)))
        (global.set $seed (i64.or (i64.load (global.get $sp)) (i64.const 1)))
        (global.set $sp (i32.add (global.get $sp) (i32.const 16)))))
      (global.set $seed (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 12))))
      (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 25))))
      (global.set $seed (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 27))))
      (call $JS_NewNumber (global.get $context)
        (f64.mul (f64.convert_i64_u (i64.shr_u (i64.mul (global.get $seed) (i64.const 0x2545f4914f6cdd1d)) (i64.const 11))) (f64.const 0x1p-53)))`,
  },
} as const satisfies Record<string, NativeFunction>;
