import { HTTP_PART } from '../abi/abi-v1.js';
import type { HttpNative } from '../guest/http.js';
import type { NativeFunction } from './core-variant.js';
import { wat } from './js-value.js';

const EXTISM_HTTP_FUNCTIONS = {
  http_request: '(param i64 i64) (result i64)',
  http_status_code: '(result i32)',
  http_headers: '(result i64)',
} as const;

/** What the pdk core imports for HTTP beside the rest of `extism:host/env`. */
export const EXTISM_HTTP_IMPORTS = Object.entries(EXTISM_HTTP_FUNCTIONS)
  .map(([name, type]) => `(import "extism:host/env" "${name}" (func $extism_${name} ${type}))`)
  .join('\n');

const isNone = (value: string) => `(i64.eq ${value} ${wat.null})`;

/** HTTP through Extism: always waits. The response's block is kept in the glue's global `answer`. */
export const EXTISM_HTTP_NATIVES = {
  httpRequest: {
    arity: 3,
    locals: { request: 'i64', body: 'i64' },
    body: `(local.set $request (call $block_of ${wat.argument(0)})) (if (i64.eq (local.get $request) (i64.const -1)) (then (return ${wat.exception})))
      (if (i32.eqz ${isNone(wat.argument(1))}) (then
        (local.set $body (call $block_of ${wat.argument(1)}))
        (if (i64.eq (local.get $body) (i64.const -1)) (then (return ${wat.exception})))))
      (global.set $answer (call $extism_http_request (local.get $request) (local.get $body)))
      (i64.extend_i32_u (call $extism_http_status_code))`,
  },
  httpBody: { arity: 0, body: '(call $block_value (global.get $answer) (i32.const 1))' },
  httpText: { arity: 0, body: '(call $block_value (global.get $answer) (i32.const 0))' },
  httpHeaders: { arity: 0, body: '(call $found (call $extism_http_headers) (i32.const 0))' },
} as const satisfies Record<keyof HttpNative, NativeFunction>;

const answer = (part: number, binary: 0 | 1): NativeFunction => ({
  arity: 0,
  body: `(call $pending (call $host_http_answer (i32.const ${part})) (i32.const ${binary}))`,
});

/** HTTP through ABI v1. */
export const FRAMEGATE_HTTP_NATIVES = {
  httpRequest: {
    arity: 3,
    locals: { at: 'i32', size: 'i32', body: 'i32', body_size: 'i32', status: 'i32' },
    body: `(local.set $at (call $utf8 ${wat.argument(0)})) (if (i32.eqz (local.get $at)) (then (return ${wat.exception})))
      (local.set $size (global.get $length))
      (if (i32.eqz ${isNone(wat.argument(1))}) (then
        (local.set $body (call $data ${wat.argument(1)}))
        (if (i32.eqz (local.get $body)) (then (call $JS_FreeCString (global.get $context) (local.get $at)) (return ${wat.exception})))
        (local.set $body_size (global.get $length))))
      (local.set $status (call $host_http_request (local.get $at) (local.get $size) (local.get $body) (local.get $body_size) (call $int ${wat.argument(2)})))
      (if (local.get $body) (then (call $release_data ${wat.argument(1)} (local.get $body))))
      (call $JS_FreeCString (global.get $context) (local.get $at))
      (i64.extend_i32_u (local.get $status))`,
  },
  httpBody: answer(HTTP_PART.body, 1),
  httpText: answer(HTTP_PART.body, 0),
  httpHeaders: answer(HTTP_PART.headers, 0),
} as const satisfies Record<keyof HttpNative, NativeFunction>;
