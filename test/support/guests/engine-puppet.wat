;; A plugin (framegate ABI v1) that does what a frame says: byte 0 names the plugin that is meant (its config { "me": "a" }, or * for
;; all), byte 1 says what to do, the rest is what to do it with. A frame for somebody else passes.
(module
  (import "framegate:host/v1" "result_copy" (func $result_copy (param i32)))
  (import "framegate:host/v1" "connection" (func $connection (result i32)))
  (import "framegate:host/v1" "config" (func $config (result i32)))
  (import "framegate:host/v1" "log" (func $log (param i32 i32 i32)))
  (import "framegate:host/v1" "fail" (func $fail (param i32 i32)))
  (import "framegate:host/v1" "state_get" (func $state_get (param i32 i32 i32) (result i32)))
  (import "framegate:host/v1" "state_add" (func $state_add (param i32 i32 i32 f64 f64) (result f64)))
  (memory (export "memory") 3)
  (data (i32.const 256) "hello")
  (data (i32.const 272) "count")
  (data (i32.const 288) "gone")
  (data (i32.const 304) "as asked")
  (global $me (mut i32) (i32.const 0))
  (global $area (mut i32) (i32.const 65536))

  (func (export "framegate_io") (result i32) (i32.const 0))

  (func (export "framegate_reserve") (param $length i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (i32.add (i32.const 131072) (local.get $length)) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then (return (i32.const 0))))))
    (i32.const 131072))

  ;; Appends a verdict record.
  (func $emit (param $op i32) (param $argument i32) (param $address i32) (param $length i32)
    (local $record i32)
    (local.set $record (i32.add (i32.const 64) (i32.mul (i32.load (i32.const 20)) (i32.const 16))))
    (i32.store (local.get $record) (local.get $op))
    (i32.store (i32.add (local.get $record) (i32.const 4)) (local.get $argument))
    (i32.store (i32.add (local.get $record) (i32.const 8)) (local.get $address))
    (i32.store (i32.add (local.get $record) (i32.const 12)) (local.get $length))
    (i32.store (i32.const 24) (i32.const 64))
    (i32.store (i32.const 20) (i32.add (i32.load (i32.const 20)) (i32.const 1))))

  (func $count
    (drop (call $state_add (i32.const 0) (i32.const 272) (i32.const 5) (f64.const 1) (f64.const 0))))

  (func $spin (param $rounds i32) (result i32)
    (local $x i32)
    (local.set $x (i32.const 1))
    (loop $again
      (local.set $x (i32.xor (i32.mul (local.get $x) (i32.const 1664525)) (local.get $rounds)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $rounds) (i32.const 0))))
    (local.get $x))

  (func $obey (result i32)
    (local $payload i32)
    (local $kind i32)
    (local $command i32)
    (local $rest i32)
    (local $restLength i32)
    (if (i32.eqz (global.get $me))
      (then
        (drop (call $config))
        (call $result_copy (i32.const 1024))
        (global.set $me (i32.load8_u (i32.const 1031)))))
    (local.set $payload (i32.load (i32.const 8)))
    (if (i32.lt_u (i32.load (i32.const 4)) (i32.const 2)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u (local.get $payload)) (i32.const 42))
      (then (if (i32.ne (i32.load8_u (local.get $payload)) (global.get $me)) (then (return (i32.const 0))))))
    (local.set $kind (i32.load (i32.const 0)))
    (local.set $command (i32.load8_u (i32.add (local.get $payload) (i32.const 1))))
    (local.set $rest (i32.add (local.get $payload) (i32.const 2)))
    (local.set $restLength (i32.sub (i32.load (i32.const 4)) (i32.const 2)))
    ;; c: count it
    (if (i32.eq (local.get $command) (i32.const 99)) (then (call $count)))
    ;; q: becomes the count
    (if (i32.eq (local.get $command) (i32.const 113))
      (then
        (local.set $restLength (call $state_get (i32.const 0) (i32.const 272) (i32.const 5)))
        (if (i32.lt_s (local.get $restLength) (i32.const 0)) (then (local.set $restLength (i32.const 0))))
        (call $result_copy (i32.const 2048))
        (call $emit (i32.const 1) (i32.const 0) (i32.const 2048) (local.get $restLength))))
    ;; i: becomes the connection's context
    (if (i32.eq (local.get $command) (i32.const 105))
      (then
        (local.set $restLength (call $connection))
        (call $result_copy (i32.const 4096))
        (call $emit (i32.const 1) (i32.const 0) (i32.const 4096) (local.get $restLength))))
    ;; d: drop
    (if (i32.eq (local.get $command) (i32.const 100)) (then (call $emit (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0))))
    ;; u: becomes the rest
    (if (i32.eq (local.get $command) (i32.const 117))
      (then (call $emit (i32.const 1) (local.get $kind) (local.get $rest) (local.get $restLength))))
    ;; x: becomes the rest, twice
    (if (i32.eq (local.get $command) (i32.const 120))
      (then
        (call $emit (i32.const 1) (local.get $kind) (local.get $rest) (local.get $restLength))
        (call $emit (i32.const 1) (local.get $kind) (local.get $rest) (local.get $restLength))))
    ;; r: passes, and the rest goes back to the sender
    (if (i32.eq (local.get $command) (i32.const 114))
      (then (call $emit (i32.const 3) (local.get $kind) (local.get $rest) (local.get $restLength))))
    ;; k: close 3001
    (if (i32.eq (local.get $command) (i32.const 107))
      (then (call $emit (i32.const 4) (i32.const 3001) (i32.const 304) (i32.const 8))))
    ;; j: reject 3002
    (if (i32.eq (local.get $command) (i32.const 106))
      (then (call $emit (i32.const 5) (i32.const 3002) (i32.const 304) (i32.const 8))))
    ;; o: logs the rest
    (if (i32.eq (local.get $command) (i32.const 111))
      (then (call $log (i32.const 1) (local.get $rest) (local.get $restLength))))
    ;; e: fails
    (if (i32.eq (local.get $command) (i32.const 101))
      (then
        (call $fail (i32.const 304) (i32.const 8))
        (return (i32.const 1))))
    ;; t: counts, then traps
    (if (i32.eq (local.get $command) (i32.const 116)) (then (call $count) (unreachable)))
    ;; l: counts, then loops for ever
    (if (i32.eq (local.get $command) (i32.const 108)) (then (call $count) (loop $ever (br $ever))))
    ;; f: fills memory for ever
    (if (i32.eq (local.get $command) (i32.const 102))
      (then
        (drop (memory.grow (i32.const 512)))
        (loop $fill
          (memory.fill (i32.const 131072) (i32.const 7) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 131072)))
          (br $fill))))
    ;; g: grows memory for ever
    (if (i32.eq (local.get $command) (i32.const 103)) (then (loop $grow (drop (memory.grow (i32.const 1))) (br $grow))))
    ;; h: writes under ever new keys for ever: they fill the heap of the thread that it runs in
    (if (i32.eq (local.get $command) (i32.const 104))
      (then
        (memory.fill (i32.const 2048) (i32.const 107) (i32.const 512))
        (loop $hoard
          (local.set $kind (i32.add (local.get $kind) (i32.const 1)))
          (i32.store (i32.const 2048) (i32.and (local.get $kind) (i32.const 0x7f7f7f7f)))
          (drop (call $state_add (i32.const 0) (i32.const 2048) (i32.const 512) (f64.const 1) (f64.const 0)))
          (br $hoard))))
    ;; s: spins as many rounds as the u32 in the rest says
    (if (i32.eq (local.get $command) (i32.const 115)) (then (drop (call $spin (i32.load (local.get $rest))))))
    (i32.const 0))

  (func (export "on_request_message") (result i32) (call $obey))
  (func (export "on_response_message") (result i32) (call $obey))
  (func (export "on_connect") (result i32)
    (call $emit (i32.const 3) (i32.const 0) (i32.const 256) (i32.const 5))
    (i32.const 0))
  (func (export "on_disconnect") (result i32)
    (drop (call $state_add (i32.const 0) (i32.const 288) (i32.const 4) (f64.const 1) (f64.const 0)))
    (i32.const 0)))
