import { describe, expect, it } from 'vitest';
import { loopAlways } from '../../../../test/support/guests/engine-guests.js';
import { assemble, guestSpec, manifestOf } from '../../../../test/support/wat-guest.js';
import type { PluginSpec } from '../engine.js';
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

  it('has nothing to tell of a hook that comes to an end, or that traps', async () => {
    expect((await rehearse(loops(loop(1), 60_000))).problem).toBeUndefined();
    expect((await rehearse(loops(loop(1).replace('(i32.const 0)))', '(unreachable)))'), 60_000))).problem).toBeUndefined();
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
