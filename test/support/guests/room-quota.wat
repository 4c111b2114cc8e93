;; Lets three messages of a room pass and drops the rest: counts in state of scope room (docs/abi.md).
(module
  (import "framegate:host/v1" "state_add" (func $state_add (param i32 i32 i32 f64 f64) (result f64)))
  (memory (export "memory") 2)
  (data (i32.const 64) "count")
  (func (export "framegate_io") (result i32) (i32.const 0))
  ;; payloads are never looked at: one area for all of them, behind the first page
  (func (export "framegate_reserve") (param $length i32) (result i32)
    (if (result i32) (i32.gt_u (local.get $length) (i32.const 65536)) (then (i32.const 0)) (else (i32.const 65536))))
  (func (export "on_request_message") (result i32)
    (if (f64.gt (call $state_add (i32.const 1) (i32.const 64) (i32.const 5) (f64.const 1) (f64.const 0)) (f64.const 3))
      (then
        (i32.store (i32.const 96) (i32.const 2))
        (i32.store (i32.const 24) (i32.const 96))
        (i32.store (i32.const 20) (i32.const 1))))
    (i32.const 0)))
