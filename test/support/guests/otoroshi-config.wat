;; Otoroshi ABI: the configuration's member "output" is the output; without one there is none. The member "fail" is an error and status 1.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (func $name (param $text i64) (param $bytes i64) (result i64) (local $block i64)
    (local.set $block (call $alloc (local.get $bytes)))
    (loop $next
      (local.set $bytes (i64.sub (local.get $bytes) (i64.const 1)))
      (call $store_u8 (i64.add (local.get $block) (local.get $bytes))
        (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.mul (local.get $bytes) (i64.const 8)))))
      (br_if $next (i64.ne (local.get $bytes) (i64.const 0))))
    (local.get $block))
  (func (export "on_request_message") (result i32) (local $value i64)
    ;; "fail", "output": little-endian
    (local.set $value (call $config_get (call $name (i64.const 0x6c696166) (i64.const 4))))
    (if (i64.ne (local.get $value) (i64.const 0)) (then (call $error_set (local.get $value)) (return (i32.const 1))))
    (local.set $value (call $config_get (call $name (i64.const 0x74757074756f) (i64.const 6))))
    (if (i64.ne (local.get $value) (i64.const 0)) (then (call $output_set (local.get $value) (call $length (local.get $value)))))
    (i32.const 0)))
