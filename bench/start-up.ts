import { step } from '../scripts/steps.mjs';
import type { Connects } from './load.js';
import { PAYLOAD_BYTES } from './message-source.js';
import { compared, type Row } from './rows.js';
import type { BenchSection } from './section.js';
import type { Role } from './servers.js';
import { EXTREME_GATEWAYS, type Target, type Targets } from './targets.js';

const WARM_UP = 2_000;
const REPEATS = 20;

interface Start extends Connects {
  readonly startedMs: number;
}

async function startOnce(targets: Targets, name: string, role: Role): Promise<Start> {
  const target = await targets.start(name, role);
  const job = { url: target.url, payloadBytes: PAYLOAD_BYTES, run: targets.nextRun(1 + REPEATS), warmup: WARM_UP, repeats: REPEATS };
  const times = await targets.explain(target, targets.load.call('connects', job));
  await targets.stop(target);
  return { startedMs: target.startedMs, ...times };
}

/** How long until a process listens, and how long its first client waits. */
export const startUp: BenchSection = {
  name: 'start-up',
  about: 'fresh processes, cold and warm. Less is better.',
  measure: async ({ targets, runs }) => startRounds(targets, await targets.start('bare echo', { kind: 'echo' }), runs),
};

async function startRounds(targets: Targets, echo: Target, runs: number): Promise<Row[]> {
  const rounds: { proxy: Start; gateways: Start[] }[] = [];
  for (let round = 1; round <= runs; round++) {
    await step(`start-up: round ${round} of ${runs}`, async () => {
      const proxy = await startOnce(targets, 'bare proxy', { kind: 'proxy', upstream: echo.url });
      const gateways: Start[] = [];
      for (const { name, plugins } of EXTREME_GATEWAYS)
        gateways.push(await startOnce(targets, name, { kind: 'gateway', upstream: echo.url, plugins: plugins.map((use) => ({ use })) }));
      rounds.push({ proxy, gateways });
    });
  }
  return EXTREME_GATEWAYS.flatMap(({ name }, index) => {
    const against = (key: keyof Start): [number[], number[]] => [
      rounds.map(({ gateways }) => gateways[index]?.[key] ?? Number.NaN),
      rounds.map(({ proxy }) => proxy[key]),
    ];
    return [
      compared(`start of the process until it listens: ${name}`, 'ms', ...against('startedMs')),
      compared(`connecting and one message, first of a process (cold): ${name}`, 'µs', ...against('coldUs')),
      compared(`connecting and one message, after ${WARM_UP} messages (warm): ${name}`, 'µs', ...against('warmUs')),
    ];
  });
}
