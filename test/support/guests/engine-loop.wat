;; An ABI v1 guest that loops for ever on every request, and counts its rounds at 2048: 64 KiB are filled in each, which spends fuel fast.
(module
  (memory (export "memory") 2)
  (func (export "framegate_io") (result i32) (i32.const 0))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 4096))
  (func (export "on_request_message") (result i32)
    (loop $again
      (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
      (br $again))
    (i32.const 0)))
