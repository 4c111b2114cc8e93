import { describe, expect, it } from 'vitest';
import { assemble, guestSpec, manifestOf, watGuest } from '../../../../test/support/wat-guest.js';
import { HostError } from '../../errors.js';
import { checkModule } from './load-checks.js';

const hook = '(func (export "on_request_message") (result i32) (i32.const 0))';
const v1 = `(memory (export "memory") 1) (func (export "framegate_io") (result i32) (i32.const 64))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 1024)) ${hook}`;
const manifest = manifestOf(['on_request_message']);

function refusal(wasm: Uint8Array, rest: Parameters<typeof guestSpec>[1] = {}): string {
  try {
    checkModule(guestSpec('guest', { wasm, origin: 'plugins/guest.wasm', ...rest }));
  } catch (error) {
    if (error instanceof HostError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const refusalOf = (wat: string, rest?: Parameters<typeof guestSpec>[1]) => refusal(assemble(`(module ${wat})`), rest);

function hintOf(wat: string, rest: Parameters<typeof guestSpec>[1] = {}): string {
  try {
    checkModule(guestSpec('guest', { wasm: assemble(`(module ${wat})`), ...rest }));
  } catch (error) {
    if (error instanceof HostError) return error.hint;
    throw error;
  }
  return '';
}

describe('the checks of a module at load', () => {
  it('accept a module and tell its hooks and what it imports', () => {
    const checked = checkModule(guestSpec('echo', { manifest: manifestOf(['on_request_message', 'on_response_message']) }));
    expect([...checked.hooks]).toEqual(['on_request_message', 'on_response_message']);
    expect([checked.usesExtism, checked.usesWasi]).toEqual([false, false]);
    expect(checkModule(guestSpec('wasi-print'))).toMatchObject({ usesExtism: false, usesWasi: true });
    expect(checkModule(guestSpec('otoroshi-input'))).toMatchObject({ usesExtism: true, usesWasi: false });
  });

  it('refuse an empty file, another format, and every truncation', () => {
    expect(refusal(new Uint8Array(0))).toBe('PLUGIN_NOT_WASM plugins/guest.wasm: the file is empty');
    expect(refusal(new TextEncoder().encode('#!/usr/bin/env node'))).toMatch(
      /^PLUGIN_NOT_WASM plugins\/guest\.wasm: the file is not WebAssembly: it starts with 23212f75, not 0061736d/,
    );
    const whole = watGuest('echo');
    for (let length = 1; length < whole.length; length++)
      expect(refusal(whole.subarray(0, length)), `${length} bytes`).not.toBe('accepted');
    expect(refusal(whole.subarray(0, whole.length - 1))).toBe(
      'PLUGIN_NOT_WASM plugins/guest.wasm: the file is truncated: unexpected end of the module',
    );
    expect(refusal(whole.subarray(0, 6))).toBe(
      'PLUGIN_NOT_WASM plugins/guest.wasm: the file is truncated: it has 6 bytes, a WebAssembly module has 8 or more',
    );
  });

  it('refuse a component and a module of another version, and say what they are', () => {
    expect(refusal(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0))).toMatch(
      /^PLUGIN_NOT_WASM plugins\/guest\.wasm: the file is a WebAssembly component, not a core module/,
    );
    expect(refusal(Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0))).toMatch(
      /^PLUGIN_NOT_WASM .* is WebAssembly of another version: 02000000/,
    );
  });

  it('refuse a module without a message hook and name what it has', () => {
    expect(refusalOf('(func (export "transform")) (func (export "on_connect") (result i32) (i32.const 0))')).toMatch(
      /^PLUGIN_INVALID plugins\/guest\.wasm: it exports neither .* \(exported functions: transform, on_connect\)$/,
    );
  });

  it('refuse a hook of another type and say which is wanted', () => {
    expect(refusalOf('(func (export "on_request_message") (param i32 i64))')).toMatch(
      /on_request_message has the type \(i32, i64\) -> \(\); wanted is \(\) -> i32$/,
    );
    expect(refusalOf(`${hook} (func (export "on_connect") (result f64) (f64.const 0))`)).toMatch(
      /on_connect has the type \(\) -> f64; wanted is \(\) -> i32$/,
    );
    expect(refusalOf('(global (export "on_request_message") i32 (i32.const 0))')).toMatch(
      /on_request_message is a global; wanted is a function/,
    );
  });

  it('refuse an unknown import and an import of another type', () => {
    expect(refusalOf(`(import "env" "abort" (func)) ${hook}`)).toMatch(
      /imports function "abort" from "env"; this host offers only framegate:host\/v1, extism:host\/env, wasi_snapshot_preview1/,
    );
    expect(refusalOf(`(import "extism:host/env" "nothing" (func)) ${hook}`)).toMatch(
      /"nothing" from "extism:host\/env", which has no such function/,
    );
    expect(refusalOf(`(import "extism:host/env" "alloc" (func (param i32) (result i32))) ${hook}`)).toMatch(
      /"alloc" as \(i32\) -> i32; its type is \(i64\) -> i64/,
    );
    expect(refusalOf(`(import "framegate:host/v1" "now" (func (result i64))) ${hook}`)).toMatch(
      /"now" as \(\) -> i64; its type is \(\) -> f64/,
    );
    expect(refusalOf(`(import "extism:host/env" "alloc" (global i32)) ${hook}`)).toMatch(/imports global "alloc"/);
    expect(refusalOf(`(import "extism:host/env" "memory" (memory 1)) ${hook}`)).toMatch(/imports its memory .* must define its own/);
  });

  it('refuse another ABI version', () => {
    expect(refusalOf(v1, { manifest: { ...manifest, abi: 2 } })).toMatch(/asks for framegate ABI 2; this host speaks ABI 1/);
  });

  it('refuse hooks that differ from the manifest, both ways', () => {
    expect(refusalOf(v1, { manifest: manifestOf(['on_request_message', 'on_connect']) })).toMatch(
      /manifest names hooks that it does not export: on_connect/,
    );
    expect(refusalOf(v1, { manifest: manifestOf([]) })).toMatch(/exports hooks that its manifest does not name: on_request_message/);
  });

  it('refuse an ABI v1 module without its memory, I/O block or reserve', () => {
    expect(refusalOf(v1, { manifest })).toBe('accepted');
    expect(refusalOf(v1.replace('(memory (export "memory") 1)', '(memory 1)'), { manifest })).toMatch(/does not export its memory/);
    expect(refusalOf(v1.replace('framegate_io', 'other_io'), { manifest })).toMatch(/does not export framegate_io, .*: \(\) -> i32/);
    expect(refusalOf(v1.replace('(param i32) (result i32) (i32.const 1024)', '(result i32) (i32.const 1024)'), { manifest })).toMatch(
      /framegate_reserve has the type \(\) -> i32; wanted is \(i32\) -> i32/,
    );
  });

  it('refuse a WASI module that hides its memory', () => {
    expect(refusalOf(`(import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) ${hook}`)).toMatch(
      /imports WASI functions, but does not export its memory/,
    );
  });

  it('ask for a new build with this SDK only where that would help', () => {
    expect(hintOf(v1, { manifest: { ...manifest, abi: 2 } })).toMatch(/^Rebuild the plugin with this version of the SDK/);
    expect(hintOf(v1, { manifest: manifestOf([]) })).toMatch(/^Rebuild the plugin/);
    expect(hintOf('(func (export "transform"))')).toMatch(/docs\/abi\.md/);
    expect(hintOf('(func (export "transform"))')).not.toMatch(/Rebuild/);
  });
});
