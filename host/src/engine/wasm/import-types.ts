import { HOST_FUNCTIONS, HOST_MODULE } from '@framegate/sdk/abi';
import type { FunctionType } from './module-types.js';
import { WASI_TYPES } from './wasi-types.js';

export const EXTISM_MODULE = 'extism:host/env';
export const WASI_MODULE = 'wasi_snapshot_preview1';

const EXTISM_TYPES: Readonly<Record<string, string>> = {
  alloc: 'I:I',
  free: 'I:',
  length: 'I:I',
  length_unsafe: 'I:I',
  load_u8: 'I:i',
  load_u64: 'I:I',
  store_u8: 'Ii:',
  store_u64: 'II:',
  input_offset: ':I',
  input_length: ':I',
  input_load_u8: 'I:i',
  input_load_u64: 'I:I',
  output_set: 'II:',
  error_set: 'I:',
  error_get: ':I',
  config_get: 'I:I',
  var_get: 'I:I',
  var_set: 'II:',
  http_request: 'II:I',
  http_status_code: ':i',
  http_headers: ':I',
  log_trace: 'I:',
  log_debug: 'I:',
  log_info: 'I:',
  log_warn: 'I:',
  log_error: 'I:',
  get_log_level: ':i',
};

/** Every function a guest may import, by module and name. */
export const IMPORT_TYPES: ReadonlyMap<string, ReadonlyMap<string, FunctionType>> = new Map([
  [HOST_MODULE, new Map<string, FunctionType>(Object.entries(HOST_FUNCTIONS))],
  [EXTISM_MODULE, expand(EXTISM_TYPES)],
  [WASI_MODULE, expand(WASI_TYPES)],
]);

/** `i` i32, `I` i64, `f` f32, `F` f64; parameters, colon, results. */
function expand(types: Readonly<Record<string, string>>): Map<string, FunctionType> {
  return new Map(
    Object.entries(types).map(([name, spelled]) => {
      const [params = '', results = ''] = spelled.split(':');
      return [name, { params: [...params].map(valueType), results: [...results].map(valueType) }];
    }),
  );
}

function valueType(letter: string): string {
  const width = letter.toLowerCase() === letter ? 32 : 64;
  return `${letter.toLowerCase()}${width}`;
}
