import { describe, expect, it } from 'vitest';
import { connectionContext } from '../../../test/support/plugin-calls.js';
import type { Plugin, PluginCall } from '../pipeline/plugin.js';
import { StateMemoryStore } from '../state/state-memory.js';
import { StateTransaction } from '../state/state-transaction.js';
import { PASS } from '../verdict.js';
import type { PluginLimits } from './engine.js';
import { createLatencies, LatencyWriter, readLatencies } from './latency.js';
import { createProgress, monotonicNow, ProgressReader, ProgressWriter } from './progress.js';
import { createQuarantineFlags, QuarantineFlags } from './quarantine-flags.js';
import { SupervisedPlugin, type Supervision, superviseChore } from './supervised-plugin.js';

const LIMITS: PluginLimits = { deadlineMs: 20, memoryBytes: 1, outputBytes: 1, stateBytes: 1 };
const CALL: PluginCall = {
  hook: 'on_request_message',
  frame: { kind: 'text', payload: new Uint8Array() },
  connection: connectionContext(),
  now: 0,
  state: new StateTransaction(new StateMemoryStore(), 0),
};

function setUp(body: () => void | Promise<void>) {
  const shared = createProgress();
  const progress = new ProgressWriter(shared);
  const supervision: Supervision = { progress, sequence: 0, skips: [], calls: undefined, ended: { sequence: -1, at: 0 } };
  const plugin: Plugin = {
    name: 'p',
    hooks: new Set(['on_request_message']),
    run: () => {
      const waiting = body();
      return waiting === undefined ? PASS : waiting.then(() => PASS);
    },
    dispose() {},
  };
  const frame = (sequence: number) => {
    supervision.sequence = sequence;
    progress.frame(sequence, 5);
  };
  frame(0);
  const latencies = createLatencies(4);
  const quarantines = new QuarantineFlags(createQuarantineFlags(4));
  const place = { index: 3, limits: LIMITS, latency: new LatencyWriter(latencies, 3), quarantines };
  const latency = () => readLatencies(latencies, 3, ['on_request_message'])[0];
  return {
    supervision,
    quarantines,
    frame,
    latency,
    reader: new ProgressReader(shared),
    plugin: new SupervisedPlugin(plugin, place, supervision),
  };
}

function spin(ms: number): void {
  const until = monotonicNow() + ms;
  while (monotonicNow() < until);
}

describe('SupervisedPlugin', () => {
  it('announces a call while it runs, and only then', () => {
    const seen: unknown[] = [];
    const { reader, plugin, frame } = setUp(() => {
      seen.push(reader.running());
    });
    frame(4_000_000_000);
    expect(reader.running()).toBeUndefined();
    expect(plugin.run(CALL)).toBe(PASS);
    expect(seen).toMatchObject([{ sequence: 4_000_000_000, chain: 5, plugin: 3 }]);
    expect(reader.running()).toBeUndefined();
  });

  it('announces an asynchronous call until its promise settles, as another call each time', async () => {
    let end = () => {};
    const { reader, plugin } = setUp(() => new Promise<void>((resolve) => (end = resolve)));
    const first = plugin.run(CALL);
    const ticket = reader.running()?.ticket;
    end();
    expect(await first).toBe(PASS);
    expect(reader.running()).toBeUndefined();
    const second = plugin.run(CALL);
    expect(reader.running()?.ticket).not.toBe(ticket);
    end();
    await second;
  });

  it('ends a skipped call at once, with the fault and a reason that names the limit', () => {
    let runs = 0;
    const { plugin, supervision } = setUp(() => {
      runs += 1;
    });
    supervision.skips = [{ plugin: 3, fault: 'PLUGIN_DEADLINE' }];
    expect(plugin.run(CALL)).toMatchObject({ kind: 'fault', code: 'PLUGIN_DEADLINE', message: expect.stringContaining('20 ms') });
    supervision.skips = [{ plugin: 2, fault: 'PLUGIN_DEADLINE' }];
    expect(plugin.run(CALL)).toBe(PASS);
    expect(runs).toBe(1);
  });

  it('does not run while the plugin is in quarantine', () => {
    let runs = 0;
    const { plugin, quarantines } = setUp(() => {
      runs += 1;
    });
    quarantines.set(3, true);
    expect(plugin.run(CALL)).toMatchObject({ kind: 'fault', code: 'PLUGIN_QUARANTINED' });
    quarantines.set(3, false);
    quarantines.set(2, true);
    expect(plugin.run(CALL)).toBe(PASS);
    expect(runs).toBe(1);
  });

  it('counts each call that it ran, with the time that it took', async () => {
    const { plugin, supervision, latency } = setUp(() => spin(3));
    plugin.run(CALL);
    await plugin.run(CALL);
    supervision.skips = [{ plugin: 3, fault: 'PLUGIN_DEADLINE' }];
    plugin.run(CALL);
    expect(latency()?.count).toBe(2);
    expect(latency()?.sumMs).toBeGreaterThanOrEqual(6);
  });

  it('charges the calls that one frame causes together, and starts anew with the next frame', () => {
    const ages: number[] = [];
    const { reader, plugin, frame } = setUp(() => {
      ages.push(monotonicNow() - (reader.running()?.since ?? 0));
      spin(5);
    });
    for (let i = 0; i < 4; i++) plugin.run(CALL);
    frame(1);
    plugin.run(CALL);
    expect(ages[2]).toBeGreaterThanOrEqual(5);
    expect(ages[3]).toBeGreaterThanOrEqual(10);
    expect(ages[4]).toBeLessThan(5);
  });

  it('has a chore of a plugin watched, as no frame that may be under way', async () => {
    const { supervision, reader, frame } = setUp(() => {});
    frame(7);
    const seen: unknown[] = [];
    void superviseChore(supervision, 5, 3, () => void seen.push(reader.running()));
    expect(seen).toMatchObject([{ chain: 5, plugin: 3, sequence: 7 + 2 ** 31 }]);
    expect(reader.running()).toBeUndefined();
    await superviseChore(supervision, 5, 3, async () => void seen.push(reader.running()));
    expect(seen[1]).toMatchObject({ chain: 5, plugin: 3 });
    expect(reader.running()).toBeUndefined();
  });
});
