import { wat } from './js-value.js';

/** QuickJS-NG functions that the glue calls: parameter types and result. */
const ENGINE_FUNCTIONS = {
  JS_NewStringLen: '(param i32 i32 i32) (result i64)',
  JS_ToCStringLen2: '(param i32 i32 i64 i32) (result i32)',
  JS_FreeCString: '(param i32 i32)',
  JS_DupValue: '(param i32 i64) (result i64)',
  JS_FreeValue: '(param i32 i64)',
  JS_Call: '(param i32 i64 i64 i32 i32) (result i64)',
  JS_GetException: '(param i32) (result i64)',
  JS_ThrowOutOfMemory: '(param i32) (result i64)',
  JS_NewArrayBufferCopy: '(param i32 i32 i32) (result i64)',
  JS_GetArrayBuffer: '(param i32 i32 i64) (result i32)',
  JS_GetTypedArrayType: '(param i64) (result i32)',
  JS_GetUint8Array: '(param i32 i32 i64) (result i32)',
  JS_NewBigInt64: '(param i32 i64) (result i64)',
  JS_ToInt64Ext: '(param i32 i32 i64) (result i32)',
  JS_ToFloat64: '(param i32 i32 i64) (result i32)',
  JS_NewNumber: '(param i32 f64) (result i64)',
  JS_IsPromise: '(param i64) (result i32)',
  JS_PromiseState: '(param i32 i64) (result i32)',
  JS_PromiseResult: '(param i32 i64) (result i64)',
  JS_ExecutePendingJob: '(param i32 i32) (result i32)',
  malloc: '(param i32) (result i32)',
  free: '(param i32)',
  qjs_free_value: '(param i32)',
} as const;

export const ENGINE_IMPORTS = [
  '(import "qjs" "memory" (memory 1))',
  '(import "qjs" "__indirect_function_table" (table 1 funcref))',
  '(import "qjs" "__stack_pointer" (global $sp (mut i32)))',
  ...Object.entries(ENGINE_FUNCTIONS).map(([name, type]) => `(import "qjs" "${name}" (func $${name} ${type}))`),
  '(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))',
].join('\n');

/** What the engine imports from `env`. No host calls back into it; local time is UTC, so that a plugin behaves alike everywhere. */
export const ENGINE_HOOKS = `
(func (export "host_call") (param i32 i32 i32 i32 i32) (result i32) (i32.const 0))
(func (export "host_interrupt") (result i32) (i32.const 0))
(func (export "host_promise_rejection") (param i32 i32 i32) (call $qjs_free_value (local.get 0)) (call $qjs_free_value (local.get 1)))
(func (export "host_module_normalize") (param i32 i32) (result i32) (i32.const 0))
(func (export "host_module_load") (param i32 i32) (result i32) (i32.const 0))
(func (export "host_get_timezone_offset") (param i32 i32) (result i32) (i32.const 0))`;

/** WASI beside clock and randomness: there are no files; what the engine prints for debugging goes nowhere. */
export const WASI_STUB = `(module
(import "qjs" "memory" (memory 1))
(func (export "fd_close") (param i32) (result i32) (i32.const 0))
(func (export "fd_fdstat_get") (param i32 i32) (result i32) (i32.const 8))
(func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 70))
(func (export "fd_write") (param $fd i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)
  (local $total i32)
  (block $done (loop $next
    (br_if $done (i32.eqz (local.get $count)))
    (local.set $total (i32.add (local.get $total) (i32.load offset=4 (local.get $vectors))))
    (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
    (local.set $count (i32.sub (local.get $count) (i32.const 1)))
    (br $next)))
  (i32.store (local.get $written) (local.get $total))
  (i32.const 0)))`;

/**
 * Between JavaScript values and memory. `$utf8` and `$bytes` return an address (0: an exception is pending) and set `$length`;
 * what `$utf8` returned is freed with JS_FreeCString. ASCII strings are not copied by it.
 */
export const VALUE_HELPERS = `
(func $utf8 (param $value i64) (result i32) (local $at i32)
  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
  (local.set $at (call $JS_ToCStringLen2 (global.get $context) (global.get $sp) (local.get $value) (i32.const 0)))
  (global.set $length (i32.load (global.get $sp)))
  (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
  (if (local.get $at) (then (call $repair_surrogates (local.get $at) (i32.add (local.get $at) (global.get $length)))))
  (local.get $at))
;; A lone surrogate (ED A0..BF xx) becomes U+FFFD, of the same length. It only stands in a copy: strings that are shared are ASCII.
(func $repair_surrogates (param $at i32) (param $end i32)
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end)) (then
      (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8)) (then
        (if (i64.eqz (i64.and (i64.load align=1 (local.get $at)) (i64.const 0x8080808080808080))) (then
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br $next)))))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0xed)) (then
        (if (i32.ge_u (i32.load8_u offset=1 (local.get $at)) (i32.const 0xa0)) (then
          (i32.store16 align=1 (local.get $at) (i32.const 0xbfef))
          (i32.store8 offset=2 (local.get $at) (i32.const 0xbd))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))))
;; An ArrayBuffer's or a Uint8Array's own memory.
(func $bytes (param $value i64) (result i32) (local $at i32)
  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
  (local.set $at (if (result i32) (i32.lt_s (call $JS_GetTypedArrayType (local.get $value)) (i32.const 0))
    (then (call $JS_GetArrayBuffer (global.get $context) (global.get $sp) (local.get $value)))
    (else (call $JS_GetUint8Array (global.get $context) (global.get $sp) (local.get $value)))))
  (global.set $length (i32.load (global.get $sp)))
  (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
  (local.get $at))
;; Bytes of an object, UTF-8 of anything else. Given back with $release_data.
(func $data (param $value i64) (result i32)
  (if (result i32) ${wat.isObject('(local.get $value)')} (then (call $bytes (local.get $value))) (else (call $utf8 (local.get $value)))))
(func $release_data (param $value i64) (param $at i32)
  (if (i32.eqz ${wat.isObject('(local.get $value)')}) (then (call $JS_FreeCString (global.get $context) (local.get $at)))))
(func $number (param $value i64) (result f64) (local $result f64)
  (if ${wat.isInt('(local.get $value)')} (then (return (f64.convert_i32_s (i32.wrap_i64 (local.get $value))))))
  (if (i32.eqz ${wat.isDouble('(local.get $value)')}) (then (return (f64.const nan))))
  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
  (drop (call $JS_ToFloat64 (global.get $context) (global.get $sp) (local.get $value)))
  (local.set $result (f64.load (global.get $sp)))
  (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
  (local.get $result))
(func $int (param $value i64) (result i32) (i32.trunc_sat_f64_s (call $number (local.get $value))))
(func $from_u32 (param $value i32) (result i64)
  (if (result i64) (i32.ge_s (local.get $value) (i32.const 0))
    (then (i64.extend_i32_u (local.get $value)))
    (else (call $JS_NewNumber (global.get $context) (f64.convert_i32_u (local.get $value))))))
(func $text_of (param $at i32) (param $length i32) (result i64)
  (call $JS_NewStringLen (global.get $context) (local.get $at) (local.get $length)))
(func $buffer_of (param $at i32) (param $length i32) (result i64)
  (call $JS_NewArrayBufferCopy (global.get $context) (local.get $at) (local.get $length)))`;

/** Calls a JavaScript function of the table, drains jobs and unwraps a promise. Leaves the exception tag after `$fail` has reported. */
export const INVOKE = `
(func $fail (param $error i64) (param $pending i32) (local $message i64) (local $at i32)
  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
  (i64.store (global.get $sp) (local.get $error))
  (i64.store offset=8 (global.get $sp) (i64.extend_i32_u (local.get $pending)))
  (local.set $message (call $JS_Call (global.get $context) (i64.load (global.get $functions)) ${wat.undefined} (i32.const 2) (global.get $sp)))
  (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
  (if (i32.eqz ${wat.isException('(local.get $message)')}) (then (local.set $at (call $utf8 (local.get $message)))))
  (if (i32.eqz (local.get $at)) (then (global.set $length (i32.const 0))))
  (call $report (local.get $at) (global.get $length))
  (if (local.get $at) (then (call $JS_FreeCString (global.get $context) (local.get $at))))
  (call $JS_FreeValue (global.get $context) (local.get $message))
  (call $JS_FreeValue (global.get $context) (local.get $error)))
(func $drain_jobs (local $status i32)
  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
  (loop $next
    (local.set $status (call $JS_ExecutePendingJob (global.get $runtime) (global.get $sp)))
    (if (i32.lt_s (local.get $status) (i32.const 0)) (then (call $JS_FreeValue (global.get $context) (call $JS_GetException (global.get $context)))))
    (br_if $next (local.get $status)))
  (global.set $sp (i32.add (global.get $sp) (i32.const 16))))
(func $invoke (param $index i32) (result i64) (local $result i64) (local $settled i64) (local $state i32)
  (local.set $result (call $JS_Call (global.get $context)
    (i64.load (i32.add (global.get $functions) (i32.shl (local.get $index) (i32.const 3)))) ${wat.undefined} (i32.const 0) (global.get $sp)))
  (if ${wat.isException('(local.get $result)')} (then
    (local.set $settled (call $JS_GetException (global.get $context)))
    (call $drain_jobs)
    (call $fail (local.get $settled) (i32.const 0))
    (return ${wat.exception})))
  (call $drain_jobs)
  (if ${wat.isObject('(local.get $result)')} (then
    (if (call $JS_IsPromise (local.get $result)) (then
      (local.set $state (call $JS_PromiseState (global.get $context) (local.get $result)))
      (local.set $settled (call $JS_PromiseResult (global.get $context) (local.get $result)))
      (call $JS_FreeValue (global.get $context) (local.get $result))
      (if (i32.ne (local.get $state) (i32.const 1)) (then
        (call $fail (local.get $settled) (i32.eqz (local.get $state)))
        (return ${wat.exception})))
      (local.set $result (local.get $settled))))))
  (local.get $result))
;; A number that the function returned is the export's result, anything else is 0.
(func (export "glue_call") (param $index i32) (result i32) (local $result i64) (local $code i32)
  (call $before_call)
  (local.set $result (call $invoke (local.get $index)))
  (if ${wat.isException('(local.get $result)')} (then (return (i32.const 1))))
  (local.set $code (call $int (local.get $result)))
  (call $JS_FreeValue (global.get $context) (local.get $result))
  (local.get $code))`;
