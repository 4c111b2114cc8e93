;; Otoroshi ABI: answers with the time that WASI's clock shows, in milliseconds, thirteen digits.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"message\":{\"payload\":\"0000000000000\"}}")
  (func (export "_initialize"))
  (func (export "on_request_message") (result i32) (local $time i64) (local $index i32) (local $block i64)
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 200)))
    (local.set $time (i64.div_u (i64.load (i32.const 200)) (i64.const 1000000)))
    (local.set $index (i32.const 35))
    (loop $digit
      (i32.store8 (local.get $index) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $time) (i64.const 10)))))
      (local.set $time (i64.div_u (local.get $time) (i64.const 10)))
      (br_if $digit (i32.ge_u (local.tee $index (i32.sub (local.get $index) (i32.const 1))) (i32.const 23))))
    (local.set $block (call $alloc (i64.const 39)))
    (local.set $index (i32.const 0))
    (loop $byte
      (call $store_u8 (i64.add (local.get $block) (i64.extend_i32_u (local.get $index))) (i32.load8_u (local.get $index)))
      (br_if $byte (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 1))) (i32.const 39))))
    (call $output_set (local.get $block) (i64.const 39))
    (i32.const 0)))
