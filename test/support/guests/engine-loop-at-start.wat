;; A plugin (framegate ABI v1) that never comes out of its initialisation.
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (loop $ever (br $ever)))
  (func (export "framegate_io") (result i32) (i32.const 0))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 1024))
  (func (export "on_request_message") (result i32) (i32.const 0)))
