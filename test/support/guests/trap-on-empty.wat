;; ABI v1: passes every frame, and traps on an empty one.
(module
  (memory (export "memory") 16)
  (func (export "framegate_io") (result i32) (i32.const 1024))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
  (func (export "on_request_message") (result i32)
    (if (i32.eqz (i32.load (i32.const 1028))) (then (unreachable)))
    (i32.const 0)))
