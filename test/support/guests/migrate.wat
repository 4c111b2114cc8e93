;; ABI v1: passes every frame. Its migration logs the version that it comes from and the description of each entry, and does with each what the last
;; letter of its key says: "u" appends "!" to its value, "d" deletes it, "m" puts the value under the same key of user "ada", "p" under that of room "p",
;; "x" under that of connection "gone", "b" makes it 60,000 bytes, "t" traps, "f" fails, "w" never ends, "c" asks for a connection. Any other is left alone.
;; A key or value has at most 255 bytes; the description of an entry is at 4096, its value at 8192.
(module
  (import "framegate:host/v1" "migration_next" (func $next (result i32)))
  (import "framegate:host/v1" "migration_owner" (func $owner (param i32 i32 i32) (result i32)))
  (import "framegate:host/v1" "result_copy" (func $copy (param i32)))
  (import "framegate:host/v1" "connection" (func $connection (result i32)))
  (import "framegate:host/v1" "log" (func $log (param i32 i32 i32)))
  (import "framegate:host/v1" "fail" (func $fail (param i32 i32)))
  (import "framegate:host/v1" "state_get" (func $get (param i32 i32 i32) (result i32)))
  (import "framegate:host/v1" "state_set" (func $set (param i32 i32 i32 i32 i32 f64) (result i32)))
  (import "framegate:host/v1" "state_delete" (func $delete (param i32 i32 i32) (result i32)))
  (import "framegate:host/v1" "state_ttl" (func $ttl (param i32 i32 i32) (result f64)))
  (memory (export "memory") 4)
  (data (i32.const 512) "cannot read it")
  (data (i32.const 544) "adapgone")
  (func (export "framegate_io") (result i32) (i32.const 1024))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
  (func (export "on_request_message") (result i32) (i32.const 0))
  (func $left (param $scope i32) (param $key i32) (param $length i32) (result f64) (local $ttl f64)
    (local.set $ttl (call $ttl (local.get $scope) (local.get $key) (local.get $length)))
    (select (f64.const 0) (local.get $ttl) (f64.eq (local.get $ttl) (f64.const inf))))
  ;; puts the entry under the same key of another owner; the number that the host answers to the choice of the owner is logged if it is a refusal
  (func $move (param $scope i32) (param $key i32) (param $length i32) (param $size i32) (param $to i32) (param $name i32) (param $name_length i32)
    (local $ttl f64)
    (local.set $ttl (call $left (local.get $scope) (local.get $key) (local.get $length)))
    (drop (call $delete (local.get $scope) (local.get $key) (local.get $length)))
    (if (call $owner (local.get $to) (local.get $name) (local.get $name_length)) (then (call $log (i32.const 2) (local.get $name) (local.get $name_length)) (return)))
    (drop (call $set (local.get $to) (local.get $key) (local.get $length) (i32.const 8192) (local.get $size) (local.get $ttl))))
  (func (export "framegate_migrate") (result i32)
    (local $size i32) (local $scope i32) (local $key i32) (local $length i32) (local $what i32)
    (call $log (i32.const 1) (i32.load (i32.const 1032)) (i32.load (i32.const 1028)))
    (loop $entries
      (local.set $size (call $next))
      (if (i32.lt_s (local.get $size) (i32.const 0)) (then (return (i32.const 0))))
      (call $copy (i32.const 4096))
      (call $log (i32.const 1) (i32.const 4096) (local.get $size))
      ;; {"scope":S,"owner":"…","key":"…"}: the key begins after the last quote but one
      (local.set $scope (i32.sub (i32.load8_u (i32.const 4105)) (i32.const 48)))
      (local.set $key (i32.add (i32.const 4096) (i32.sub (local.get $size) (i32.const 2))))
      (local.set $length (i32.const 0))
      (loop $back
        (local.set $key (i32.sub (local.get $key) (i32.const 1)))
        (local.set $length (i32.add (local.get $length) (i32.const 1)))
        (br_if $back (i32.ne (i32.load8_u (i32.sub (local.get $key) (i32.const 1))) (i32.const 34))))
      (local.set $what (i32.load8_u (i32.add (local.get $key) (i32.sub (local.get $length) (i32.const 1)))))
      (local.set $size (call $get (local.get $scope) (local.get $key) (local.get $length)))
      (call $copy (i32.const 8192))
      (if (i32.eq (local.get $what) (i32.const 117)) (then
        (i32.store8 (i32.add (i32.const 8192) (local.get $size)) (i32.const 33))
        (drop (call $set (local.get $scope) (local.get $key) (local.get $length) (i32.const 8192) (i32.add (local.get $size) (i32.const 1))
          (call $left (local.get $scope) (local.get $key) (local.get $length))))))
      (if (i32.eq (local.get $what) (i32.const 100)) (then (drop (call $delete (local.get $scope) (local.get $key) (local.get $length)))))
      (if (i32.eq (local.get $what) (i32.const 109)) (then
        (call $move (local.get $scope) (local.get $key) (local.get $length) (local.get $size) (i32.const 2) (i32.const 544) (i32.const 3))))
      (if (i32.eq (local.get $what) (i32.const 112)) (then
        (call $move (local.get $scope) (local.get $key) (local.get $length) (local.get $size) (i32.const 1) (i32.const 547) (i32.const 1))))
      (if (i32.eq (local.get $what) (i32.const 120)) (then
        (call $move (local.get $scope) (local.get $key) (local.get $length) (local.get $size) (i32.const 3) (i32.const 548) (i32.const 4))))
      (if (i32.eq (local.get $what) (i32.const 98)) (then
        (drop (call $set (local.get $scope) (local.get $key) (local.get $length) (i32.const 8192) (i32.const 60000) (f64.const 0)))))
      (if (i32.eq (local.get $what) (i32.const 116)) (then (unreachable)))
      (if (i32.eq (local.get $what) (i32.const 102)) (then (call $fail (i32.const 512) (i32.const 14)) (return (i32.const 7))))
      (if (i32.eq (local.get $what) (i32.const 99)) (then (drop (call $connection))))
      (if (i32.eq (local.get $what) (i32.const 119)) (then (loop $ever (br $ever))))
      (br $entries))
    (i32.const 0)))
