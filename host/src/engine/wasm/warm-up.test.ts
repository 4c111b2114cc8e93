import type { Hook } from '@framegate/sdk/abi';
import { describe, expect, it } from 'vitest';
import { loopAlways } from '../../../../test/support/guests/engine-guests.js';
import { assemble, guestSpec, manifestOf } from '../../../../test/support/wat-guest.js';
import { DEFAULT_HTTP_GRANT } from '../../config/http-schema.js';
import type { PluginLimits, PluginSpec } from '../engine.js';
import { instantiatePlugin, preparePlugin } from './instantiate-plugin.js';
import { describeUnfinished, type UnfinishedHook, warmUp } from './warm-up.js';
import { WasmInstance } from './wasm-instance.js';
import { WasmPlugin } from './wasm-plugin.js';

/** Where engine-loop.wat counts its rounds. */
const ROUNDS = 2048 / 4;

interface Rehearsal {
  readonly problem: UnfinishedHook | undefined;
  /** Of the guest's loop. */
  readonly rounds: number;
}

async function rehearse(spec: PluginSpec): Promise<Rehearsal> {
  const { checked, module } = await preparePlugin(spec);
  const started: WasmInstance[] = [];
  const start = () => {
    const instance = new WasmInstance(module, spec, checked, { log() {} });
    started.push(instance);
    return instance;
  };
  const plugin = new WasmPlugin(spec, checked, start, { log() {} });
  await plugin.start();
  const memory = started[0]?.memory;
  const problem = await warmUp(plugin, spec.limits);
  return { problem, rounds: memory?.words[ROUNDS] ?? Number.NaN };
}

const MANIFEST = manifestOf(['on_request_message']);

/** A guest whose hook runs so many rounds of a loop. */
const loop = (rounds: number) => `(module (memory (export "memory") 2)
  (func (export "framegate_io") (result i32) (i32.const 0))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 1024))
  (func (export "on_request_message") (result i32) (local $left i32)
    (local.set $left (i32.const ${rounds}))
    (loop $l (i32.store (i32.const 512) (local.get $left))
      (br_if $l (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))`;

/** Unmetered. */
const loops = (wat: string, deadlineMs: number) =>
  guestSpec('loops', { wasm: assemble(wat), manifest: MANIFEST, limits: { fuel: 0, deadlineMs } });

describe('a rehearsal', () => {
  it('spends no more on a guest that loops for ever than a tenth of what the guest may spend on live frames', async () => {
    const all = await rehearse(loopAlways('a', { fuel: 50_000_000 }));
    const bounded = await rehearse(loopAlways('a', { fuel: 1_000_000_000 }));
    expect(all.rounds).toBeGreaterThan(5_000);
    // Twenty times the fuel, and not even three times the rounds.
    expect(bounded.rounds).toBeLessThan(3 * all.rounds);
  });

  it('tells of a hook that fuel had to stop', async () => {
    const { problem } = await rehearse(loopAlways('a', { fuel: 1_000_000, deadlineMs: 200 }));
    expect(problem).toEqual({ hook: 'on_request_message', why: 'fuel', ms: expect.any(Number) });
    const text = describeUnfinished({ hook: 'on_request_message', why: 'fuel', ms: 23.4 }, { ...loops(loop(1), 200).limits });
    expect(text).toContain('on_request_message had not finished a made-up frame after 23 ms, when it was stopped by fuel');
    expect(text).toContain('limits.deadlineMs (200 ms)');
  });

  it('tells of a hook that takes longer than its deadline, and calls it no more', async () => {
    const { problem } = await rehearse(loops(loop(30_000_000), 1));
    expect(problem).toEqual({ hook: 'on_request_message', why: 'time', ms: expect.any(Number) });
    expect(describeUnfinished({ hook: 'on_request_message', why: 'time', ms: 5.25 }, loops(loop(1), 1).limits)).toContain(
      'on_request_message took 5.3 ms for a made-up frame',
    );
  });

  it('has nothing to tell of a hook that comes to an end', async () => {
    expect((await rehearse(loops(loop(1), 60_000))).problem).toBeUndefined();
  });

  it('is told to who starts the plugin', async () => {
    const told: string[] = [];
    const unfinished = (message: string) => told.push(message);
    await instantiatePlugin(loopAlways('a', { fuel: 1_000_000 }), 'direct', { log() {} }, { unfinished });
    expect(told).toEqual([expect.stringContaining('stopped by fuel')]);
    await instantiatePlugin(loopAlways('a', { fuel: 1_000_000 }), 'direct', { log() {} }, { unfinished, warm: false });
    expect(told).toHaveLength(1);
  });
});

/** A guest whose hooks do that; what stands before them is its other fields. */
function guest(hooks: Partial<Record<Hook, string>>, fields = '', limits: Partial<PluginLimits> = {}) {
  const exported = Object.entries(hooks).map(
    ([name, body]) => `(func (export "${name}") (result i32) (local $n i32) ${body} (i32.const 0))`,
  );
  const wasm =
    assemble(`(module ${fields} (memory (export "memory") 2) (data (i32.const 256) "key") (data (i32.const 272) "{\\22url\\22:\\22https://example.com/\\22}")
    (func (export "framegate_io") (result i32) (i32.const 1024))
    (func (export "framegate_reserve") (param i32) (result i32) (i32.const 65536)) ${exported.join('\n')})`);
  const manifest = manifestOf(Object.keys(hooks) as Hook[], { capabilities: { state: ['connection'], http: ['example.com'] } });
  return guestSpec('guest', { wasm, manifest, limits, http: { ...DEFAULT_HTTP_GRANT, hosts: ['example.com'] } });
}

async function start(spec: PluginSpec, strict = true): Promise<readonly string[]> {
  const lines: string[] = [];
  const unfinished = (line: string) => lines.push(line);
  await (await instantiatePlugin(spec, 'direct', { log() {} }, { strict, unfinished })).dispose();
  return lines;
}

const IF_BINARY = '(i32.load (i32.const 1024))';
const spin = (rounds: number) =>
  `(loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${rounds}))))`;

describe('a strict rehearsal', () => {
  const trapping = guest({ on_request_message: `(if ${IF_BINARY} (then (unreachable)))` });

  it('refuses what traps on a binary frame, and says on which', async () => {
    await expect(start(trapping)).rejects.toMatchObject({
      code: 'PLUGIN_REHEARSAL_FAILED',
      message: expect.stringMatching(
        /^plugin "guest" \(.*\): on_request_message trapped in its rehearsal with the made-up binary frame 00010203: unreachable/,
      ),
    });
  });

  it('is what refuses: otherwise the same is told', async () => {
    expect(await start(trapping, false)).toEqual([
      expect.stringMatching(/^on_request_message trapped in its rehearsal with the made-up binary frame 00010203/),
    ]);
  });

  it('finds in the connection what on_connect has left there', async () => {
    const state = `(import "framegate:host/v1" "state_set" (func $set (param i32 i32 i32 i32 i32 f64) (result i32)))
      (import "framegate:host/v1" "state_get" (func $get (param i32 i32 i32) (result i32)))`;
    const leave = '(drop (call $set (i32.const 3) (i32.const 256) (i32.const 3) (i32.const 256) (i32.const 3) (f64.const 0)))';
    const need = '(if (i32.ne (call $get (i32.const 3) (i32.const 256) (i32.const 3)) (i32.const 3)) (then (unreachable)))';
    await start(guest({ on_connect: leave, on_request_message: need, on_disconnect: need }, state));
    await expect(start(guest({ on_request_message: need }, state))).rejects.toMatchObject({ code: 'PLUGIN_REHEARSAL_FAILED' });
  });

  it.each([0, 1])('ends a call that asks for the network, instead of telling it that there is none (wait %i)', async (wait) => {
    const http = '(import "framegate:host/v1" "http_request" (func $http (param i32 i32 i32 i32 i32) (result i32)))';
    const ask = `(if (i32.lt_s (call $http (i32.const 272) (i32.const 30) (i32.const 0) (i32.const 0) (i32.const ${wait})) (i32.const 0)) (then (unreachable)))`;
    await start(guest({ on_request_message: ask }, http));
  });

  it('lets a call have the fuel that the plugin may spend, and refuses what needs more', async () => {
    const dear = { on_request_message: `(if ${IF_BINARY} (then ${spin(30_000_000)}))` };
    await start(guest(dear, '', { fuel: 2_000_000_000 }));
    await expect(start(guest(dear, '', { fuel: 10_000_000 }))).rejects.toMatchObject({
      code: 'PLUGIN_REHEARSAL_FAILED',
      message: expect.stringMatching(/ran out of fuel in its rehearsal .*binary frame 00010203: .*raise limits\.fuel/),
    });
  });

  it('takes junk for a verdict as a way to say that a made-up frame is none of its own', async () => {
    await start(
      guest({ on_request_message: '(i32.store (i32.const 1044) (i32.const 3)) (i32.store (i32.const 1048) (i32.const 0x7ffffff0))' }),
    );
  });
});
