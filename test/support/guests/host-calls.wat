;; ABI v1: a text frame names what to ask the host for: "c" connection, "f" config, "n" now (as f64), "l" a hundred log lines,
;; "x" a log line outside memory, "v" a variable of Extism's, set and read back. The answer is forwarded as bytes.
(module
  (import "framegate:host/v1" "connection" (func $connection (result i32)))
  (import "framegate:host/v1" "config" (func $config (result i32)))
  (import "framegate:host/v1" "result_copy" (func $copy (param i32)))
  (import "framegate:host/v1" "now" (func $now (result f64)))
  (import "framegate:host/v1" "log" (func $log (param i32 i32 i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
  (memory (export "memory") 2)
  (data (i32.const 512) "a line")
  (func (export "framegate_io") (result i32) (i32.const 1024))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
  (func $block (param $byte i32) (result i64) (local $at i64)
    (call $store_u8 (local.tee $at (call $alloc (i64.const 1))) (local.get $byte))
    (local.get $at))
  (func $answer (param $length i32) (result i32)
    (i32.store (i32.const 2048) (i32.const 1))
    (i32.store (i32.const 2052) (i32.const 1))
    (i32.store (i32.const 2056) (i32.const 4096))
    (i32.store (i32.const 2060) (local.get $length))
    (i32.store (i32.const 1044) (i32.const 1))
    (i32.store (i32.const 1048) (i32.const 2048))
    (i32.const 0))
  (func (export "on_request_message") (result i32)
    (local $what i32) (local $count i32)
    (local.set $what (i32.load8_u (i32.load (i32.const 1032))))
    (if (i32.eq (local.get $what) (i32.const 99)) (then
      (local.set $count (call $connection)) (call $copy (i32.const 4096)) (return (call $answer (local.get $count)))))
    (if (i32.eq (local.get $what) (i32.const 102)) (then
      (local.set $count (call $config)) (call $copy (i32.const 4096)) (return (call $answer (local.get $count)))))
    (if (i32.eq (local.get $what) (i32.const 110)) (then
      (f64.store (i32.const 4096) (call $now)) (return (call $answer (i32.const 8)))))
    (if (i32.eq (local.get $what) (i32.const 108)) (then
      (loop $again
        (call $log (i32.const 2) (i32.const 512) (i32.const 6))
        (br_if $again (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 100))))
      (return (i32.const 0))))
    (if (i32.eq (local.get $what) (i32.const 120)) (then
      (call $log (i32.const 1) (i32.const -8) (i32.const 16)) (return (i32.const 0))))
    (call $var_set (call $block (i32.const 107)) (call $block (i32.const 33)))
    (i32.store8 (i32.const 4096) (call $load_u8 (call $var_get (call $block (i32.const 107)))))
    (call $answer (i32.const 1))))
