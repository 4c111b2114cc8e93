;; ABI v1: the frame's payload says what the verdict is, so that any verdict, however wrong, can be had from outside.
;; Payload: u32 what the hook returns, u32 record_count, u32 records' address, then bytes that are copied to 4096.
;; A returned value of -1 traps.
(module
  (import "framegate:host/v1" "fail" (func $fail (param i32 i32)))
  (memory (export "memory") 4)
  (data (i32.const 512) "scripted failure")
  (func (export "framegate_io") (result i32) (i32.const 1024))
  (func (export "framegate_reserve") (param i32) (result i32)
    (select (i32.const 65536) (i32.const 0) (i32.le_u (local.get 0) (i32.const 131072))))
  (func $run (result i32)
    (local $in i32)
    (local.set $in (i32.load (i32.const 1032)))
    (memory.copy (i32.const 4096) (i32.add (local.get $in) (i32.const 12)) (i32.sub (i32.load (i32.const 1028)) (i32.const 12)))
    (i32.store (i32.const 1044) (i32.load offset=4 (local.get $in)))
    (i32.store (i32.const 1048) (i32.load offset=8 (local.get $in)))
    (if (i32.eq (i32.load (local.get $in)) (i32.const -1)) (then (unreachable)))
    (if (i32.load (local.get $in)) (then (call $fail (i32.const 512) (i32.const 16))))
    (i32.load (local.get $in)))
  (func (export "on_request_message") (result i32) (call $run)))
