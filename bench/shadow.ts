import { step } from '../scripts/steps.mjs';
import { compared, type Row } from './rows.js';
import type { BenchSection } from './section.js';
import { EXTREME_GATEWAYS, type Measurement, type Target } from './targets.js';

/** What live frames pay for a version that sees all of them in shadow: the same gateway without one is the peer. */
export const shadow: BenchSection = {
  name: 'shadow',
  about:
    'round trips through the three plugins, every message met by their guests, with and without one of them in shadow at 100 %: the whole chain runs once more in a thread of its own. What the shadow cannot keep up with it skips.',
  async measure({ targets, runs, quick }) {
    const plugins = (EXTREME_GATEWAYS.at(-1)?.plugins ?? []).map((use) => ({ use }));
    const { url: upstream } = await targets.start('bare echo', { kind: 'echo' });
    const role = { kind: 'gateway', upstream, guards: false, plugins } as const;
    const [alone, shadowed] = await step('starting two gateways', async () => [
      await targets.start('gateway', role),
      await targets.start('gateway with a shadow', { ...role, shadow: true }),
    ]);
    if (alone === undefined || shadowed === undefined) return [];
    const pace = quick ? { warmupMs: 150, durationMs: 450 } : { warmupMs: 500, durationMs: 2_000 };
    const shapes = [
      { name: '32 connections, 8 messages out each', connections: 32, inFlight: 8, ...pace },
      { name: 'one connection, one message out', connections: 1, inFlight: 1, ...pace },
    ];
    const rows: Row[] = [];
    for (const { name, ...shape } of shapes) {
      const rounds = new Map<Target, Measurement[]>([
        [alone, []],
        [shadowed, []],
      ]);
      for (let round = 0; round <= runs; round++) {
        await step(round === 0 ? `${name}: warm-up round` : `${name}: round ${round} of ${runs}`, async () => {
          for (const [target, measurements] of rounds) {
            const measurement = await targets.measure(target, shape);
            if (round > 0) measurements.push(measurement);
          }
        });
      }
      const pick = (target: Target, key: 'perSecond' | 'p50Us' | 'p99Us' | 'cpuUs') =>
        (rounds.get(target) ?? []).map((found) => found[key]);
      for (const [key, what, unit] of [
        ['perSecond', 'throughput', 'round trips/s'],
        ['p50Us', 'p50', 'µs'],
        ['p99Us', 'p99', 'µs'],
        ['cpuUs', 'processor time a round trip', 'µs'],
      ] as const) {
        rows.push(compared(`with a shadow, ${name}: ${what}`, unit, pick(shadowed, key), pick(alone, key)));
      }
    }
    return rows;
  },
};
