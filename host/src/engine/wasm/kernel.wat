;; The guest's side of `extism:host/env`, in Wasm, so that a guest's loads and stores are calls from Wasm to Wasm.
;; One memory, an arena that is reset before each call. Assembled into kernel.generated.ts (kernel.test.ts keeps it fresh).
;;
;; Header (u32 each):  0 input offset   4 input length   8 output offset  12 output length
;;                    16 error offset  20 error length  24 top of arena  28 1 if an allocation was refused
;; Block:             u32 length, u32 mark (offset xor 0x66726d67), then the bytes, padded to 8. The first stands at 64.
;; An offset that does not name a block has length 0; loads outside the arena give 0, stores outside it do nothing.
(module
  (import "host" "memory" (memory 1))
  (import "host" "config_get" (func $host_config_get (param i32 i32) (result i32)))
  (import "host" "var_get" (func $host_var_get (param i32 i32) (result i32)))
  (import "host" "var_set" (func $host_var_set (param i32 i32 i32 i32)))
  (import "host" "log" (func $host_log (param i32 i32 i32)))
  (import "host" "http_request" (func $host_http_request (param i32 i32 i32 i32) (result i32)))
  (import "host" "http_status_code" (func $host_http_status_code (result i32)))
  (import "host" "http_headers" (func $host_http_headers (result i32)))

  ;; Bytes to a new block's offset; traps when the arena is at its limit.
  (func $allocate (export "allocate") (param $length i32) (result i32)
    (local $block i32) (local $top i64) (local $missing i64)
    (local.set $block (i32.add (i32.load (i32.const 24)) (i32.const 8)))
    (local.set $top (i64.and
      (i64.add (i64.add (i64.extend_i32_u (local.get $block)) (i64.extend_i32_u (local.get $length))) (i64.const 7))
      (i64.const -8)))
    (local.set $missing (i64.sub (local.get $top) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))
    (if (i64.gt_s (local.get $missing) (i64.const 0)) (then
      (if (i32.eq (i32.const -1) (memory.grow
            (i32.wrap_i64 (i64.shr_u (i64.add (local.get $missing) (i64.const 65535)) (i64.const 16)))))
        (then (i32.store (i32.const 28) (i32.const 1)) (unreachable)))))
    (i32.store (i32.const 24) (i32.wrap_i64 (local.get $top)))
    (i32.store (i32.sub (local.get $block) (i32.const 8)) (local.get $length))
    (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.xor (local.get $block) (i32.const 0x66726d67)))
    (local.get $block))

  ;; True if `width` bytes at this address lie in the arena.
  (func $inside (param $address i64) (param $width i64) (result i32)
    (i32.and
      (i64.ge_u (local.get $address) (i64.const 64))
      (i64.le_u (local.get $address)
        (i64.sub (i64.load32_u (i32.const 24)) (local.get $width)))))

  (func $length32 (param $address i64) (result i32)
    (local $block i32)
    (if (i64.lt_u (local.get $address) (i64.const 72)) (then (return (i32.const 0))))
    (if (i64.gt_u (local.get $address) (i64.load32_u (i32.const 24))) (then (return (i32.const 0))))
    (local.set $block (i32.wrap_i64 (local.get $address)))
    (if (i32.and (local.get $block) (i32.const 7)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load (i32.sub (local.get $block) (i32.const 4))) (i32.xor (local.get $block) (i32.const 0x66726d67)))
      (then (return (i32.const 0))))
    (i32.load (i32.sub (local.get $block) (i32.const 8))))

  (func $clamp32 (param $value i64) (result i32)
    (if (i64.gt_u (local.get $value) (i64.const 0xffffffff)) (then (return (i32.const -1))))
    (i32.wrap_i64 (local.get $value)))

  (func (export "alloc") (param $length i64) (result i64)
    (if (i64.gt_u (local.get $length) (i64.const 0xffffffff))
      (then (i32.store (i32.const 28) (i32.const 1)) (unreachable)))
    (i64.extend_i32_u (call $allocate (i32.wrap_i64 (local.get $length)))))
  (func (export "free") (param $address i64)
    (local $block i32) (local $length i32)
    (if (i32.eqz (local.tee $length (call $length32 (local.get $address)))) (then (return)))
    (local.set $block (i32.wrap_i64 (local.get $address)))
    (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.const 0))
    ;; the newest block gives its room back
    (if (i32.eq (i32.load (i32.const 24))
          (i32.and (i32.add (i32.add (local.get $block) (local.get $length)) (i32.const 7)) (i32.const -8)))
      (then (i32.store (i32.const 24) (i32.sub (local.get $block) (i32.const 8))))))
  (func (export "length") (param $address i64) (result i64)
    (i64.extend_i32_u (call $length32 (local.get $address))))
  (func (export "length_unsafe") (param $address i64) (result i64)
    (i64.extend_i32_u (call $length32 (local.get $address))))

  (func (export "load_u8") (param $address i64) (result i32)
    (if (result i32) (call $inside (local.get $address) (i64.const 1))
      (then (i32.load8_u (i32.wrap_i64 (local.get $address)))) (else (i32.const 0))))
  (func (export "load_u64") (param $address i64) (result i64)
    (if (result i64) (call $inside (local.get $address) (i64.const 8))
      (then (i64.load align=1 (i32.wrap_i64 (local.get $address)))) (else (i64.const 0))))
  (func (export "store_u8") (param $address i64) (param $value i32)
    (if (call $inside (local.get $address) (i64.const 1))
      (then (i32.store8 (i32.wrap_i64 (local.get $address)) (local.get $value)))))
  (func (export "store_u64") (param $address i64) (param $value i64)
    (if (call $inside (local.get $address) (i64.const 8))
      (then (i64.store align=1 (i32.wrap_i64 (local.get $address)) (local.get $value)))))

  (func (export "input_offset") (result i64) (i64.load32_u (i32.const 0)))
  (func (export "input_length") (result i64) (i64.load32_u (i32.const 4)))
  (func (export "input_load_u8") (param $index i64) (result i32)
    (if (i64.ge_u (local.get $index) (i64.load32_u (i32.const 4))) (then (return (i32.const 0))))
    (i32.load8_u (i32.add (i32.load (i32.const 0)) (i32.wrap_i64 (local.get $index)))))
  (func (export "input_load_u64") (param $index i64) (result i64)
    ;; a block is padded to 8 bytes, so the last load of an input may read past its length
    (if (i64.ge_u (local.get $index) (i64.load32_u (i32.const 4))) (then (return (i64.const 0))))
    (i64.load align=1 (i32.add (i32.load (i32.const 0)) (i32.wrap_i64 (local.get $index)))))

  (func (export "output_set") (param $address i64) (param $length i64)
    (i32.store (i32.const 8) (call $clamp32 (local.get $address)))
    (i32.store (i32.const 12) (call $clamp32 (local.get $length))))
  (func (export "error_set") (param $address i64)
    (i32.store (i32.const 16) (call $clamp32 (local.get $address)))
    (i32.store (i32.const 20) (call $length32 (local.get $address))))
  (func (export "error_get") (result i64) (i64.load32_u (i32.const 16)))

  (func (export "config_get") (param $key i64) (result i64)
    (i64.extend_i32_u (call $host_config_get (call $clamp32 (local.get $key)) (call $length32 (local.get $key)))))
  (func (export "var_get") (param $key i64) (result i64)
    (i64.extend_i32_u (call $host_var_get (call $clamp32 (local.get $key)) (call $length32 (local.get $key)))))
  (func (export "var_set") (param $key i64) (param $value i64)
    (call $host_var_set (call $clamp32 (local.get $key)) (call $length32 (local.get $key))
      (call $clamp32 (local.get $value)) (call $length32 (local.get $value))))

  (func (export "log_trace") (param $text i64)
    (call $host_log (i32.const 0) (call $clamp32 (local.get $text)) (call $length32 (local.get $text))))
  (func (export "log_debug") (param $text i64)
    (call $host_log (i32.const 0) (call $clamp32 (local.get $text)) (call $length32 (local.get $text))))
  (func (export "log_info") (param $text i64)
    (call $host_log (i32.const 1) (call $clamp32 (local.get $text)) (call $length32 (local.get $text))))
  (func (export "log_warn") (param $text i64)
    (call $host_log (i32.const 2) (call $clamp32 (local.get $text)) (call $length32 (local.get $text))))
  (func (export "log_error") (param $text i64)
    (call $host_log (i32.const 3) (call $clamp32 (local.get $text)) (call $length32 (local.get $text))))
  ;; in Extism's numbering: debug
  (func (export "get_log_level") (result i32) (i32.const 1))

  (func (export "http_request") (param $request i64) (param $body i64) (result i64)
    (i64.extend_i32_u (call $host_http_request (call $clamp32 (local.get $request)) (call $length32 (local.get $request))
      (call $clamp32 (local.get $body)) (call $length32 (local.get $body)))))
  (func (export "http_status_code") (result i32) (call $host_http_status_code))
  (func (export "http_headers") (result i64) (i64.extend_i32_u (call $host_http_headers))))
