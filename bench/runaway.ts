import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { step } from '../scripts/steps.mjs';
import type { BystandersApi, RunawayResult } from './bystanders.js';
import { Child } from './child.js';
import { ROOT } from './paths.js';
import { measured, type Row } from './rows.js';
import type { BenchSection } from './section.js';
import type { Target } from './targets.js';

const DEADLINE_MS = 100;
const CONNECTIONS = 50;
/** Ends as JSON does, so that the guest's own check is all that tells it from a message. */
const POISON = '{"name":"mallory","content":"run away"}';
const NEVER = 1_000_000;

interface Way {
  readonly name: string;
  readonly limits: { readonly deadlineMs: number; readonly fuel?: number };
  readonly target: Target;
  readonly results: (RunawayResult & { readonly killed: number })[];
}

/** What others feel of a guest that loops for ever: stopped by the watchdog alone, and by its fuel. */
export const runaway: BenchSection = {
  name: 'runaway',
  about: `a JavaScript guest loops for ever on one client's messages; ${CONNECTIONS} other clients have one message out each. Deadline ${DEADLINE_MS} ms. Less is better.`,
  async measure({ targets, runs, quick }) {
    const runaways = quick ? 4 : 20;
    const wasm = await runawayPlugin();
    const bystanders = new Child<BystandersApi>('bystanders', './bystanders.js');
    try {
      const ways: readonly Way[] = await step('starting echo and two gateways with a guest that runs away', async () => {
        const { url: upstream } = await targets.start('bare echo', { kind: 'echo' });
        const start = async (name: string, limits: Way['limits']): Promise<Way> => {
          const target = await targets.start(name, { kind: 'gateway', upstream, plugins: [{ use: wasm, limits }], kills: NEVER });
          return { name, limits, target, results: [] };
        };
        return [
          await start('killed by the watchdog (no fuel)', { deadlineMs: DEADLINE_MS, fuel: 0 }),
          await start('stopped by its fuel (the default)', { deadlineMs: DEADLINE_MS }),
        ];
      });
      for (let round = 0; round <= runs; round++) {
        await step(round === 0 ? 'runaway: warm-up round' : `runaway: round ${round} of ${runs}, ${runaways} runaways each`, async () => {
          for (const { target, results } of ways) {
            const before = await target.process.call('killed', null);
            const job = { url: target.url, poison: POISON, runaways, connections: CONNECTIONS, run: targets.nextRun() };
            const result = await targets.explain(target, bystanders.call('watch', job));
            const killed = (await target.process.call('killed', null)) - before;
            if (round > 0) results.push({ ...result, killed });
          }
        });
      }
      return ways.flatMap((way) => rowsOf(way, runaways));
    } finally {
      await bystanders.stop();
    }
  },
};

function rowsOf({ name, results }: Way, runaways: number): Row[] {
  const over = (key: 'p99Ms' | 'worstMs'): number[] => results.map((result) => result[key] - DEADLINE_MS);
  return [
    { ...measured(`p99 of others' frames meanwhile, over the deadline: ${name}`, 'ms', over('p99Ms')), bar: { atMost: 50 } },
    measured(`worst of others' frames, over the deadline: ${name}`, 'ms', over('worstMs')),
    measured(
      `threads killed for ${runaways} runaways: ${name}`,
      'threads',
      results.map(({ killed }) => killed),
    ),
  ];
}

async function runawayPlugin(): Promise<string> {
  const outFile = join(ROOT, 'bench', 'dist', 'runaway-plugin.wasm');
  const source = `
    import { definePlugin } from '@framegate/sdk';
    export const plugin = definePlugin({
      name: 'runaway', version: '1.0.0',
      onRequest(frame) {
        if (frame.kind === 'text' && frame.text.includes('run away')) for (;;);
      },
    });`;
  await compilePlugin({ source, resolveDir: ROOT, outFile });
  return outFile;
}
