import { describe, expect, it } from 'vitest';
import { connectionContext, NOW, text } from '../../../../test/support/plugin-calls.js';
import { assemble, guestSpec, manifestOf } from '../../../../test/support/wat-guest.js';
import { StateMemoryStore } from '../../state/state-memory.js';
import { StateTransaction } from '../../state/state-transaction.js';
import type { PluginSpec } from '../engine.js';
import type { Kernel } from './kernel.js';
import { checkModule } from './load-checks.js';
import { clampMemory } from './memory-clamp.js';
import type { Chore, PluginServices } from './plugin-services.js';
import { WasmInstance } from './wasm-instance.js';
import { WasmPlugin } from './wasm-plugin.js';

const CALLS = 100_000;

function start(spec: PluginSpec, later?: (chore: Chore) => void) {
  const checked = checkModule(spec);
  const module = new WebAssembly.Module(clampMemory(spec) as Uint8Array<ArrayBuffer>);
  const instances: WasmInstance[] = [];
  const log: string[] = [];
  const services: PluginServices = {
    log: (_plugin, level, message) => log.push(`${level} ${message}`),
    ...(later === undefined ? {} : { later }),
  };
  const startGuest = () => {
    const instance = new WasmInstance(module, spec, checked, services);
    instances.push(instance);
    return instance;
  };
  const plugin = new WasmPlugin(spec, checked, startGuest, services);
  const state = new StateTransaction(new StateMemoryStore(), NOW);
  const connection = connectionContext();
  const call = (payload: string, now = NOW) => plugin.run({ hook: 'on_request_message', frame: text(payload), connection, now, state });
  return { plugin, call, instances, log };
}

describe('WasmPlugin', () => {
  it('is synchronous on the direct runtime, restarts included', () => {
    const { call, instances } = start(guestSpec('script', { manifest: manifestOf(['on_request_message']) }));
    expect(call('too short for a script')).toMatchObject({ kind: 'fault' });
    expect(call('too short for a script')).toMatchObject({ kind: 'fault' });
    expect(instances).toHaveLength(2);
  });

  it.each([
    ['ABI v1', guestSpec('echo', { manifest: manifestOf(['on_request_message', 'on_response_message']) })],
    ['the Otoroshi ABI', guestSpec('otoroshi-input')],
  ])('keeps guest and kernel memory flat over 100,000 calls of %s', (_abi, spec) => {
    const { call, instances } = start(spec);
    const size = () => {
      const [instance] = instances;
      return [instances.length, instance?.memory?.bytes.length, (instance?.io as Kernel | undefined)?.byteLength];
    };
    call('the same frame again');
    const before = size();
    for (let index = 1; index < CALLS; index++) call('the same frame again');
    expect(size()).toEqual(before);
  });

  it('tells what the last call copied, and what memory the guest has', () => {
    const { plugin, call } = start(guestSpec('echo', { manifest: manifestOf(['on_request_message', 'on_response_message']) }));
    expect(plugin.lastCall).toBeUndefined();
    call('x'.repeat(100));
    expect(plugin.lastCall).toEqual({ fuel: undefined, bytesIn: 100, bytesOut: 100, memoryBytes: 2 * 65_536 });
    call('x'.repeat(100_000));
    expect(plugin.lastCall).toMatchObject({ bytesIn: 100_000, bytesOut: 100_000, memoryBytes: 3 * 65_536 });
    const otoroshi = start(guestSpec('otoroshi-pass'));
    otoroshi.call('x');
    expect(otoroshi.plugin.lastCall).toMatchObject({ bytesOut: 0 });
    expect(otoroshi.plugin.lastCall?.bytesIn).toBeGreaterThan(100);
  });

  it('gives WASI the time of the call, and the log what is printed', () => {
    const { call, instances, log } = start(guestSpec('wasi-print'));
    expect(call('x')).toEqual({ kind: 'verdict' });
    const memory = instances[0]?.memory?.bytes ?? new Uint8Array(0);
    expect(new DataView(memory.buffer).getBigUint64(304, true)).toBe(BigInt(NOW) * 1_000_000n);
    expect(log).toEqual(['info printed', 'error printed']);
  });

  it('calls it out of memory if a guest takes more blocks than the kernel has room for', () => {
    const wasm = assemble(`(module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
      (func (export "on_request_message") (result i32) (loop $again (drop (call $alloc (i64.const 1000000))) (br $again)) (unreachable)))`);
    const { call } = start(guestSpec('hoarder', { wasm }));
    expect(call('x')).toMatchObject({ kind: 'fault', code: 'PLUGIN_OUT_OF_MEMORY' });
  });

  it("maps the positions in a JavaScript guest's error to its source", () => {
    const sourceMap = JSON.stringify({ version: 3, sources: ['plugin.ts'], names: [], mappings: 'AAEA' });
    const { call } = start(guestSpec('otoroshi-config', { sourceMap, config: { fail: 'TypeError: no\n    at hook (plugin.js:1:1)' } }));
    expect(call('x')).toEqual({ kind: 'fault', code: 'PLUGIN_ERROR', message: 'TypeError: no\n    at hook (plugin.ts:3:1)' });
  });

  describe('recycling', () => {
    const MIB = 1_048_576;
    const recycle = { calls: 0, ageMs: 0, memoryBytes: MIB / 2 };
    const leak = (rest: Partial<typeof recycle> = {}) =>
      guestSpec('leak', {
        manifest: manifestOf(['on_request_message']),
        limits: { memoryBytes: MIB, recycle: { ...recycle, ...rest } },
      });

    it('runs out of memory without it', () => {
      const { call, log } = start(leak({ memoryBytes: 0 }));
      const kinds = Array.from({ length: 20 }, () => call('x')).map((result) => ('kind' in result ? result.kind : 'later'));
      expect(kinds).toContain('fault');
      expect(log).toEqual([]);
    });

    it('replaces an instance that has grown, in the next pause, and says so', () => {
      const chores: Chore[] = [];
      const { call, instances, log } = start(leak(), (chore) => chores.push(chore));
      for (let index = 0; index < 8; index++) expect(call('x')).toEqual({ kind: 'verdict' });
      expect([instances.length, chores.length]).toEqual([1, 1]);
      for (const chore of chores.splice(0)) void chore();
      expect(instances).toHaveLength(2);
      expect(log).toEqual(['debug a fresh instance replaced one of 8 calls because its memory had grown to 524288 bytes']);
      for (let index = 0; index < 5; index++) expect(call('x')).toEqual({ kind: 'verdict' });
      expect(instances).toHaveLength(2);
    });

    it('replaces it at once when there is no pause before its memory is full', () => {
      const { call, instances } = start(leak(), () => {});
      for (let index = 0; index < 500; index++) expect(call('x')).toEqual({ kind: 'verdict' });
      expect(instances.length).toBeGreaterThan(30);
    });

    it('replaces it after so many calls, and at that age', () => {
      const counted = start(
        guestSpec('remembers', { manifest: manifestOf(['on_request_message']), limits: { recycle: { ...recycle, calls: 3 } } }),
      );
      for (let index = 0; index < 9; index++) counted.call('x');
      expect(counted.instances).toHaveLength(3);
      const aged = start(
        guestSpec('remembers', { manifest: manifestOf(['on_request_message']), limits: { recycle: { ...recycle, ageMs: 100 } } }),
      );
      for (const age of [0, 50, 99, 100, 150, 250, 251]) aged.call('x', NOW + age);
      expect(aged.instances).toHaveLength(3);
    });

    it('keeps an instance whose memory was that large from the start', () => {
      const { call, instances } = start(
        guestSpec('pass', { manifest: manifestOf(['on_request_message']), limits: { recycle: { ...recycle, memoryBytes: 1 } } }),
      );
      for (let index = 0; index < 10; index++) call('x');
      expect(instances).toHaveLength(1);
    });

    it('has a fresh instance ready after a fault, before the next call', () => {
      const chores: Chore[] = [];
      const { call, instances } = start(guestSpec('script', { manifest: manifestOf(['on_request_message']) }), (chore) =>
        chores.push(chore),
      );
      call('too short for a script');
      expect(instances).toHaveLength(1);
      for (const chore of chores.splice(0)) void chore();
      expect(instances).toHaveLength(2);
      call('too short for a script');
      expect(instances).toHaveLength(2);
    });
  });
});
