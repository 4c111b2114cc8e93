;; ABI v1: keeps one more page of memory after each call, and traps when there is none. Counts its calls in the plugin's state, as "n".
(module
  (import "framegate:host/v1" "state_add" (func $state_add (param i32 i32 i32 f64 f64) (result f64)))
  (memory (export "memory") 2)
  (data (i32.const 256) "n")
  (func (export "framegate_io") (result i32) (i32.const 1024))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
  (func (export "on_request_message") (result i32)
    (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
    (drop (call $state_add (i32.const 0) (i32.const 256) (i32.const 1) (f64.const 1) (f64.const 0)))
    (i32.const 0)))
