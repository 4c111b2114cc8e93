;; Otoroshi ABI: keeps its input in the variable "i".
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (func (export "on_request_message") (result i32) (local $key i64)
    (call $store_u8 (local.tee $key (call $alloc (i64.const 1))) (i32.const 105))
    (call $var_set (local.get $key) (call $input_offset))
    (i32.const 0)))
