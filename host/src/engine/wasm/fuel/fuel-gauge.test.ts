import { describe, expect, it } from 'vitest';
import { PluginCaller, text } from '../../../../../test/support/plugin-calls.js';
import { assemble, guestSpec, manifestOf } from '../../../../../test/support/wat-guest.js';
import { HostError } from '../../../errors.js';
import type { PluginLimits } from '../../engine.js';
import { instantiatePlugin } from '../instantiate-plugin.js';
import { FuelGauge, fuelOf, startFuelOf } from './fuel-gauge.js';
import { FUEL_EXPORT } from './inject-fuel.js';

const MANIFEST = manifestOf(['on_request_message']);
const LIMITS = guestSpec('pass').limits;

/** A guest that runs so many rounds of a loop in each call: as many as its payload has bytes, times 1,000; none: for ever. */
const ROUNDS = `(module (memory (export "memory") 2)
  (func (export "framegate_io") (result i32) (i32.const 0))
  (func (export "framegate_reserve") (param i32) (result i32) (i32.const 1024))
  (func (export "on_request_message") (result i32) (local $left i32)
    (local.set $left (i32.mul (i32.load (i32.const 4)) (i32.const 1000)))
    (loop $l (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br_if $l (local.get $left)))
    (i32.const 0)))`;

async function open(wat: string, limits: Partial<PluginLimits>): Promise<PluginCaller> {
  const spec = guestSpec('rounds', { wasm: assemble(wat), manifest: MANIFEST, limits });
  return new PluginCaller(await instantiatePlugin(spec, 'direct', { log() {} }));
}

const refusal = (wat: string, limits: Partial<PluginLimits> = {}) =>
  open(wat, limits).then(
    () => expect.fail('it started'),
    (error: HostError) => error,
  );

describe('fuel', () => {
  it('is by default what the deadline is worth, however long that is', () => {
    expect(fuelOf({ ...LIMITS, deadlineMs: 50 })).toBe(200_000_000);
    expect(fuelOf({ ...LIMITS, deadlineMs: 60_000 })).toBe(240_000_000_000);
    expect(fuelOf({ ...LIMITS, deadlineMs: 50, fuel: 7 })).toBe(7);
    expect(startFuelOf({ ...LIMITS, fuel: 7 })).toBe(70);
    expect(startFuelOf({ ...LIMITS, fuel: 2_000_000_000 })).toBe(2_147_483_647);
    expect(startFuelOf({ ...LIMITS, fuel: 3_000_000_000 })).toBe(30_000_000_000);
  });

  it('of more than 32 bits is filled for each call, spent and used up like any other', async () => {
    // 64 KiB in each round: 8,192 units and more
    const fills = ROUNDS.replace('(loop $l', '(loop $l (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536))');
    const limits = { fuel: 3_000_000_000, deadlineMs: 60_000 };
    const plugin = await instantiatePlugin(guestSpec('rounds', { wasm: assemble(fills), manifest: MANIFEST, limits }), 'direct', {
      log() {},
    });
    const caller = new PluginCaller(plugin);
    for (let index = 0; index < 3; index++) {
      expect(await caller.call(text('four'))).toEqual({ kind: 'verdict' });
      expect(plugin.lastCall?.fuel?.limit).toBe(3_000_000_000);
      expect(plugin.lastCall?.fuel?.spent).toBeGreaterThan(4_000 * 8_192);
      expect(plugin.lastCall?.fuel?.spent).toBeLessThan(4_000 * 8_300);
    }
    expect(await caller.call(text(''))).toMatchObject({
      code: 'PLUGIN_FUEL',
      message: expect.stringContaining('used up its fuel of 3000000000 units (limits.fuel)'),
    });
    expect(await caller.call(text('four'))).toEqual({ kind: 'verdict' });
  });

  it.each(['i32', 'i64'] as const)(
    'in a counter of type %s is taken for what the host does, and stays used up however much that is',
    (value) => {
      const limits = { ...LIMITS, fuel: value === 'i32' ? 2_000_000_000 : 3_000_000_000 };
      const counter = new WebAssembly.Global({ value, mutable: true }, value === 'i32' ? 0 : 0n);
      const gauge = FuelGauge.of({ [FUEL_EXPORT]: counter }, limits);
      gauge?.refill();
      gauge?.charge(10);
      gauge?.charge(20);
      expect(gauge?.spent).toBe(30);
      gauge?.charge(1_000_000);
      expect(gauge?.spent).toBe(1_000_030);
      expect(gauge?.explain('a trap', 'it')).toBe('a trap');
      for (let call = 0; call < 9; call++) gauge?.charge(1_000_000_000);
      expect(Number(counter.value)).toBe(-1);
      expect(gauge?.explain('a trap', 'it')).toMatchObject({ code: 'PLUGIN_FUEL' });
      gauge?.refill();
      expect(gauge?.spent).toBe(0);
    },
  );

  it('is filled again for each call', async () => {
    const caller = await open(ROUNDS, { fuel: 5_000 });
    for (let index = 0; index < 10; index++) expect(await caller.call(text('four'))).toEqual({ kind: 'verdict' });
    expect(await caller.call(text('six of'))).toMatchObject({ kind: 'fault', code: 'PLUGIN_FUEL' });
    expect(await caller.call(text('four'))).toEqual({ kind: 'verdict' });
  });

  it('tells what a call spent, and what it may', async () => {
    const plugin = await instantiatePlugin(
      guestSpec('rounds', { wasm: assemble(ROUNDS), manifest: MANIFEST, limits: { fuel: 50_000 } }),
      'direct',
      {
        log() {},
      },
    );
    const caller = new PluginCaller(plugin);
    const spent = async (payload: string) => {
      await caller.call(text(payload));
      return plugin.lastCall?.fuel?.spent ?? Number.NaN;
    };
    const [one, two, five] = [await spent('1'), await spent('12'), await spent('12345')];
    expect(two - one).toBeGreaterThanOrEqual(1000);
    expect(five - two).toBe(3 * (two - one));
    expect(await spent('1')).toBe(one);
    expect(plugin.lastCall?.fuel?.limit).toBe(50_000);
    await caller.call(text(''));
    expect(plugin.lastCall).toBeUndefined();
  });

  it('that is used up names the hook, the limit and what to do', async () => {
    const caller = await open(ROUNDS, { fuel: 5_000 });
    const { message } = (await caller.call(text(''))) as { message: string };
    expect(message).toContain('on_request_message used up its fuel of 5000 units (limits.fuel)');
    expect(message).toContain('raise limits.fuel');
    const other = await open(ROUNDS, { deadlineMs: 2 });
    expect(await other.call(text(''))).toMatchObject({
      code: 'PLUGIN_FUEL',
      message: expect.stringContaining('8000000 units (the default for limits.deadlineMs 2)'),
    });
  });

  it('of 0 meters nothing', async () => {
    const caller = await open(ROUNDS, { fuel: 0 });
    expect(await caller.call(text('x'.repeat(30_000)))).toEqual({ kind: 'verdict' });
  });

  it.each([
    ['its start function', '(func $s (loop $l (br $l))) (start $s)', 'its initialisation used up its fuel of 50000 units'],
    ['_initialize', '(func (export "_initialize") (loop $l (br $l)))', 'its initialisation used up its fuel of 50000 units'],
    ['framegate_io', '', 'its start, setup and guard included, used up its fuel of 50000 units'],
  ])('stops %s, and the plugin does not start', async (name, code, message) => {
    const io = name === 'framegate_io' ? '(loop $l (br $l)) (unreachable)' : '(i32.const 0)';
    const wat = `(module (memory (export "memory") 2) ${code}
      (func (export "framegate_io") (result i32) ${io})
      (func (export "framegate_reserve") (param i32) (result i32) (i32.const 1024))
      (func (export "on_request_message") (result i32) (i32.const 0)))`;
    expect(await refusal(wat, { fuel: 5_000 })).toMatchObject({ code: 'PLUGIN_START_FAILED', message: expect.stringContaining(message) });
  });

  it('leaves other traps, and running out of memory, what they are', async () => {
    const trap = await open(ROUNDS.replace('(i32.const 0)))', '(unreachable)))'), { fuel: 5_000 });
    expect(await trap.call(text('one'))).toMatchObject({ code: 'PLUGIN_TRAP' });
    const deep = await open(
      ROUNDS.replace('(local $left i32)', '(local $left i32) (drop (call $deep))').replace(
        '(memory',
        '(func $deep (result i32) (i32.add (call $deep) (i32.const 1))) (memory',
      ),
      { fuel: 2_000_000_000 },
    );
    expect(await deep.call(text('one'))).toMatchObject({ code: 'PLUGIN_TRAP', message: expect.stringContaining('stack') });
  });

  it('refuses a module that it can not meter and says how to run it all the same', async () => {
    const wat = ROUNDS.replace('(module', '(module (func (export "framegate:fuel"))');
    const error = await refusal(wat, { deadlineMs: 50 });
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', hint: expect.stringContaining('limits.fuel to 0') });
    expect(await (await open(wat, { fuel: 0 })).call(text('one'))).toEqual({ kind: 'verdict' });
  });
});
