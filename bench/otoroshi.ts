import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { step } from '../scripts/steps.mjs';
import { ROOT } from './paths.js';
import { compared } from './rows.js';
import type { BenchSection } from './section.js';
import type { Measurement, Shape } from './targets.js';

/** Many messages out, and one: what a server carries, and what it adds to a round trip. */
const LOADS = [
  { name: '32 connections × 8 out', connections: 32, inFlight: 8 },
  { name: '1 connection × 1 out', connections: 1, inFlight: 1 },
] as const;

/** One unmodified module of the Otoroshi ABI: isolated here, and unprotected in the thread of a plain proxy. */
export const otoroshi: BenchSection = {
  name: 'otoroshi',
  about:
    'one module of the Otoroshi ABI in both directions: isolated in our gateway; peer: @extism/extism 2.0.0-rc13 in the thread of a plain proxy.',
  async measure({ targets, runs, quick }) {
    const wasm = join(ROOT, 'bench', 'dist', 'counting-plugin.wasm');
    const [ours, peer] = await step('starting echo, gateway and a proxy with @extism/extism', async () => {
      await compilePlugin({ entry: join(ROOT, 'test', 'pdk', 'counting-plugin.ts'), outFile: wasm });
      const { url: upstream } = await targets.start('bare echo', { kind: 'echo' });
      return [
        await targets.start('gateway', { kind: 'gateway', upstream, plugins: [{ use: wasm }] }),
        await targets.start('proxy with @extism/extism', { kind: 'extism-proxy', upstream, wasm }),
      ];
    });
    const pace = quick ? { warmupMs: 300, durationMs: 500 } : { warmupMs: 700, durationMs: 2_000 };
    const rounds: { ours: Measurement; peer: Measurement }[][] = LOADS.map(() => []);
    for (let round = 0; round <= runs; round++) {
      await step(round === 0 ? 'otoroshi: warm-up round' : `otoroshi: round ${round} of ${runs}`, async () => {
        for (const [index, { connections, inFlight }] of LOADS.entries()) {
          const shape: Shape = { connections, inFlight, ...pace };
          const measurement = { ours: await targets.measure(ours, shape), peer: await targets.measure(peer, shape) };
          if (round > 0) rounds[index]?.push(measurement);
        }
      });
    }
    const rows = LOADS.map(({ name }, index) => {
      const values = (side: 'ours' | 'peer', key: keyof Measurement): number[] => (rounds[index] ?? []).map((round) => round[side][key]);
      const against = (key: keyof Measurement): [number[], number[]] => [values('ours', key), values('peer', key)];
      return {
        rate: compared(`round trips, ${name}`, 'round trips/s', ...against('perSecond')),
        p50: compared(`p50 of a round trip, ${name}`, 'µs', ...against('p50Us')),
        cpu: compared(`processor time a round trip, ${name}`, 'µs', ...against('cpuUs')),
      };
    });
    const [many, one] = rows;
    if (!many || !one) throw new Error('otoroshi: a load is missing');
    return [{ ...many.rate, bar: { atLeast: 1.5 } }, many.cpu, one.p50];
  },
};
