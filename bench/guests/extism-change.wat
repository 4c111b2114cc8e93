;; The peer of change.wat under Extism's own ABI, as its PDKs do it: the input is copied into the guest's memory eight
;; bytes at a time, and from there into a block that becomes the output.
(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 2)
  (func (export "on_request_message") (result i32)
    (local $length i32)
    (local $words i32)
    (local $at i32)
    (local $block i64)
    (local.set $length (i32.wrap_i64 (call $input_length)))
    (local.set $words (i32.and (local.get $length) (i32.const -8)))
    (block $read
      (loop $next
        (br_if $read (i32.ge_u (local.get $at) (local.get $words)))
        (i64.store (local.get $at) (call $input_load_u64 (i64.extend_i32_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (block $read_tail
      (loop $next
        (br_if $read_tail (i32.ge_u (local.get $at) (local.get $length)))
        (i32.store8 (local.get $at) (call $input_load_u8 (i64.extend_i32_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.store8 (i32.const 1) (i32.xor (i32.load8_u (i32.const 1)) (i32.const 1)))
    (local.set $block (call $alloc (i64.extend_i32_u (local.get $length))))
    (local.set $at (i32.const 0))
    (block $written
      (loop $next
        (br_if $written (i32.ge_u (local.get $at) (local.get $words)))
        (call $store_u64 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at))) (i64.load (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (block $written_tail
      (loop $next
        (br_if $written_tail (i32.ge_u (local.get $at) (local.get $length)))
        (call $store_u8 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at))) (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $output_set (local.get $block) (i64.extend_i32_u (local.get $length)))
    (i32.const 0)))
