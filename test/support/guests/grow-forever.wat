;; ABI v1: grows its memory until that fails, then traps.
(module
  (memory (export "memory") 2)
  (func (export "framegate_io") (result i32) (i32.const 1024))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
  (func (export "on_request_message") (result i32)
    (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (unreachable)))
