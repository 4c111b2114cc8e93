import { describe, expect, it } from 'vitest';
import { PluginCaller, text } from '../../../../../test/support/plugin-calls.js';
import { assemble, guestSpec, manifestOf } from '../../../../../test/support/wat-guest.js';
import { preparePlugin } from '../instantiate-plugin.js';
import { WasmInstance } from '../wasm-instance.js';
import { WasmPlugin } from '../wasm-plugin.js';

const FUEL = 20_000_000;
/** Less than any call of the host costs, and ten times what the loop around it does. */
const UNITS_A_ROUND = 25;
/** Where the guest counts its rounds. */
const ROUNDS = 3000 / 4;

const HOST = '"framegate:host/v1"';
const WASI = '"wasi_snapshot_preview1"';
const EXTISM = '"extism:host/env"';
const KEY = '(i32.const 0) (i32.const 4096) (i32.const 6)';

/** A guest that calls a function of the host for ever. */
function caller(module: string, name: string, type: string, call: string): string {
  return `(module (import ${module} "${name}" (func $f ${type})) (import ${EXTISM} "alloc" (func $alloc (param i64) (result i64)))
    (memory (export "memory") 2)
    (data (i32.const 4096) "\\00\\20\\00\\00\\40\\00\\00\\00")
    (func (export "framegate_io") (result i32) (i32.const 0))
    (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536))
    (func (export "on_request_message") (result i32) (local $block i64)
      (local.set $block (call $alloc (i64.const 6)))
      (loop $again
        (i32.store (i32.const 3000) (i32.add (i32.load (i32.const 3000)) (i32.const 1)))
        ${call}
        (br $again))
      (i32.const 0)))`;
}

async function roundsOf(wat: string): Promise<number> {
  const manifest = manifestOf(['on_request_message']);
  const spec = guestSpec('calls', { wasm: assemble(wat), manifest, limits: { fuel: FUEL, deadlineMs: 60_000 } });
  const { checked, module } = await preparePlugin(spec);
  let memory: Uint32Array | undefined;
  const start = () => {
    const instance = new WasmInstance(module, spec, checked, { log() {} });
    memory = instance.memory?.words;
    return instance;
  };
  const plugin = new WasmPlugin(spec, checked, start, { log() {} });
  expect(await new PluginCaller(plugin).call(text('go'))).toMatchObject({ kind: 'fault', code: 'PLUGIN_FUEL' });
  return memory?.[ROUNDS] ?? Number.NaN;
}

describe('fuel is spent by a loop of', () => {
  it.each([
    ['now', HOST, '(result f64)', '(drop (call $f))'],
    ['config', HOST, '(result i32)', '(drop (call $f))'],
    ['connection', HOST, '(result i32)', '(drop (call $f))'],
    ['result_copy', HOST, '(param i32)', '(call $f (i32.const 4096))'],
    ['log', HOST, '(param i32 i32 i32)', `(call $f ${KEY})`],
    ['fail', HOST, '(param i32 i32)', '(call $f (i32.const 4096) (i32.const 6))'],
    ['state_get', HOST, '(param i32 i32 i32) (result i32)', `(drop (call $f ${KEY}))`],
    [
      'state_set',
      HOST,
      '(param i32 i32 i32 i32 i32 f64) (result i32)',
      `(drop (call $f ${KEY} (i32.const 4096) (i32.const 8) (f64.const 0)))`,
    ],
    ['state_delete', HOST, '(param i32 i32 i32) (result i32)', `(drop (call $f ${KEY}))`],
    ['state_add', HOST, '(param i32 i32 i32 f64 f64) (result f64)', `(drop (call $f ${KEY} (f64.const 1) (f64.const 0)))`],
    ['state_ttl', HOST, '(param i32 i32 i32) (result f64)', `(drop (call $f ${KEY}))`],
    ['http_request', HOST, '(param i32 i32 i32 i32 i32) (result i32)', `(drop (call $f ${KEY} (i32.const 0) (i32.const 0)))`],
    ['http_answer', HOST, '(param i32) (result i32)', '(drop (call $f (i32.const 0)))'],
    ['clock_time_get', WASI, '(param i32 i64 i32) (result i32)', '(drop (call $f (i32.const 0) (i64.const 0) (i32.const 5000)))'],
    ['random_get', WASI, '(param i32 i32) (result i32)', '(drop (call $f (i32.const 8192) (i32.const 8)))'],
    [
      'fd_write',
      WASI,
      '(param i32 i32 i32 i32) (result i32)',
      '(drop (call $f (i32.const 1) (i32.const 4096) (i32.const 1) (i32.const 5000)))',
    ],
    ['config_get', EXTISM, '(param i64) (result i64)', '(drop (call $f (local.get $block)))'],
    ['var_get', EXTISM, '(param i64) (result i64)', '(drop (call $f (local.get $block)))'],
    ['var_set', EXTISM, '(param i64 i64)', '(call $f (local.get $block) (local.get $block))'],
    ['log_info', EXTISM, '(param i64)', '(call $f (local.get $block))'],
  ])('%s, though the host does the work', async (name, module, type, call) => {
    expect(await roundsOf(caller(module, name, type, call))).toBeLessThan(FUEL / UNITS_A_ROUND);
  });

  it('calls on many bytes, by the byte', async () => {
    const set = (bytes: number) =>
      caller(
        HOST,
        'state_set',
        '(param i32 i32 i32 i32 i32 f64) (result i32)',
        `(drop (call $f ${KEY} (i32.const 4096) (i32.const ${bytes}) (f64.const 0)))`,
      );
    expect(await roundsOf(set(60_000))).toBeLessThan(FUEL / 60_000);
    expect(await roundsOf(set(8))).toBeGreaterThan(FUEL / 60_000);
  });
});
