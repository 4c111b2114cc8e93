import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { customSection, readSections, writeSections } from '@framegate/sdk/abi';
import { compilePlugin } from '@framegate/sdk/compiler';
import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import { ROOT } from './paths.js';
import { measured, type Row } from './rows.js';
import type { BenchSection } from './section.js';
import { COUNT_QUESTION, type SwappingApi, type SwapWatchResult } from './swapping.js';

const CONNECTIONS = 64;
const IN_FLIGHT = 2;
/** From one swap's end to the next one's start, so that there is quiet to compare with. */
const PAUSE_MS = 150;
const FOLDER = join(ROOT, 'bench', 'dist', 'swaps');

/** What clients feel of plugins that are swapped under their frames; anything lost, repeated or reordered fails the run. */
export const swaps: BenchSection = {
  name: 'swaps',
  about: `${CONNECTIONS} clients with ${IN_FLIGHT} messages out each, through a JavaScript guest that counts them in both directions, while its file is swapped again and again: each time a version that the host has not seen. Less is better.`,
  async measure({ targets, runs, quick }) {
    const count = quick ? 10 : 100;
    const files = await step('building versions of a counting plugin', () => versions(count * runs + 1));
    const load = new Child<SwappingApi>('swap watcher', './swapping.js');
    const results: (SwapWatchResult & { swapMs: number[] })[] = [];
    try {
      for (let round = 0; round < runs; round++) {
        const own = files.slice(round * count, (round + 1) * count + 1);
        await step(`swaps: round ${round + 1} of ${runs}, ${count} swaps`, async () => {
          const { url: upstream } = await targets.start('bare echo', { kind: 'echo' });
          const target = await targets.start('gateway with a counting plugin', {
            kind: 'gateway',
            upstream,
            plugins: [{ use: own[0] ?? '' }],
          });
          const swapMs: number[] = [];
          await targets.explain(
            target,
            (async () => {
              await load.call('start', { url: target.url, connections: CONNECTIONS, inFlight: IN_FLIGHT, run: targets.nextRun() });
              for (const use of own.slice(1)) {
                await load.call('mark', 'begins');
                swapMs.push(await target.process.call('swap', { plugin: 'counter', use }));
                await load.call('mark', 'ends');
                await delay(PAUSE_MS);
              }
              const result = await load.call('finish', null);
              const missing = (['requests', 'responses'] as const).filter((way) => result.counted[way] !== result.roundTrips);
              if (missing.length > 0)
                throw new Error(`state was lost: ${result.roundTrips} round trips, counted ${JSON.stringify(result.counted)}`);
              results.push({ ...result, swapMs });
            })(),
          );
          await targets.stop(target);
        });
      }
      return rows(results, count);
    } finally {
      await load.stop();
    }
  },
};

function rows(results: readonly (SwapWatchResult & { readonly swapMs: readonly number[] })[], count: number): Row[] {
  const each = (figure: (result: SwapWatchResult & { readonly swapMs: readonly number[] }) => number): number[] => results.map(figure);
  return [
    {
      ...measured(
        `p99 while one of ${count} swaps is under way, × quiet`,
        '×',
        each(({ swappingP99Ms, quietP99Ms }) => swappingP99Ms / quietP99Ms),
      ),
      bar: { atMost: 3 },
    },
    measured(
      'p99 while a swap is under way',
      'ms',
      each(({ swappingP99Ms }) => swappingP99Ms),
    ),
    measured(
      'p99 between swaps',
      'ms',
      each(({ quietP99Ms }) => quietP99Ms),
    ),
    measured(
      'a swap, from reading the file to the first frame of the new version',
      'ms',
      each(({ swapMs }) => swapMs.reduce((sum, ms) => sum + ms, 0) / swapMs.length),
    ),
    measured(
      'messages that made the round trip, each once, in order, and counted both ways in state',
      'messages',
      each(({ roundTrips }) => roundTrips),
    ),
    {
      ...measured(
        'messages lost, repeated or reordered, and counts lost',
        'messages',
        each(({ roundTrips, counted }) => Math.abs(2 * roundTrips - counted.requests - counted.responses)),
      ),
      bar: { atMost: 0 },
    },
  ];
}

/** Files that differ only by a custom section, which nothing reads: new to the host, and alike in what they do. */
async function versions(count: number): Promise<readonly string[]> {
  const source = `
    import { definePlugin, pass, drop } from '@framegate/sdk';
    export const plugin = definePlugin({
      name: 'counter', version: '1.0.0', capabilities: { state: ['plugin'] },
      onRequest(frame, ctx) {
        if (frame.kind === 'text' && frame.text === ${JSON.stringify(COUNT_QUESTION)}) {
          return drop('asked').reply(JSON.stringify({ requests: ctx.state.get('requests') ?? 0, responses: ctx.state.get('responses') ?? 0 }));
        }
        ctx.state.add('requests');
      },
      onResponse(frame, ctx) {
        if (frame.kind === 'text' && frame.text.startsWith('{"requests"')) return;
        ctx.state.add('responses');
      },
    });`;
  const { wasm } = await compilePlugin({ source, resolveDir: ROOT });
  const sections = readSections(wasm);
  await mkdir(FOLDER, { recursive: true });
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const file = join(FOLDER, `counter-${index}.wasm`);
    await writeFile(file, writeSections([...sections, customSection('revision', new TextEncoder().encode(String(index)))]));
    files.push(file);
  }
  return files;
}
