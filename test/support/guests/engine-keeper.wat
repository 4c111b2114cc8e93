;; A plugin (framegate ABI v1) that keeps what a frame says. A frame is a list of orders, each of 16 bytes and a key: u8 scope; u8 what: s sets,
;; d deletes, t traps, l loops for ever; u8 the key's length; u8 of no meaning; u32 bytes of the value; f64 milliseconds that it lives. The frame
;; becomes a text with one letter for each order: y done, n refused, or not there.
(module
  (import "framegate:host/v1" "state_set" (func $state_set (param i32 i32 i32 i32 i32 f64) (result i32)))
  (import "framegate:host/v1" "state_delete" (func $state_delete (param i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "framegate_io") (result i32) (i32.const 0))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
  (func $keep (result i32)
    (local $at i32)
    (local $end i32)
    (local $what i32)
    (local $done i32)
    (local $letters i32)
    (local.set $at (i32.load (i32.const 8)))
    (local.set $end (i32.add (local.get $at) (i32.load (i32.const 4))))
    (local.set $letters (i32.const 1024))
    (block $all
      (loop $next
        (br_if $all (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $what (i32.load8_u offset=1 (local.get $at)))
        (if (i32.eq (local.get $what) (i32.const 116)) (then (unreachable)))
        (if (i32.eq (local.get $what) (i32.const 108)) (then (loop $ever (br $ever))))
        (if (i32.eq (local.get $what) (i32.const 100))
          (then
            (local.set $done
              (call $state_delete
                (i32.load8_u (local.get $at)) (i32.add (local.get $at) (i32.const 16)) (i32.load8_u offset=2 (local.get $at)))))
          (else
            (local.set $done
              (i32.eqz
                (call $state_set
                  (i32.load8_u (local.get $at)) (i32.add (local.get $at) (i32.const 16)) (i32.load8_u offset=2 (local.get $at))
                  (i32.const 131072) (i32.load offset=4 (local.get $at)) (f64.load offset=8 (local.get $at)))))))
        (i32.store8 (local.get $letters) (select (i32.const 121) (i32.const 110) (local.get $done)))
        (local.set $letters (i32.add (local.get $letters) (i32.const 1)))
        (local.set $at (i32.add (i32.add (local.get $at) (i32.const 16)) (i32.load8_u offset=2 (local.get $at))))
        (br $next)))
    ;; one forward record, of text
    (i32.store (i32.const 64) (i32.const 1))
    (i32.store (i32.const 68) (i32.const 0))
    (i32.store (i32.const 72) (i32.const 1024))
    (i32.store (i32.const 76) (i32.sub (local.get $letters) (i32.const 1024)))
    (i32.store (i32.const 20) (i32.const 1))
    (i32.store (i32.const 24) (i32.const 64))
    (i32.const 0))
  (func (export "on_request_message") (result i32) (call $keep))
  (func (export "on_response_message") (result i32) (call $keep)))
