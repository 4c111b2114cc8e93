import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import { ROOT } from './paths.js';
import { measured } from './rows.js';
import type { BenchSection } from './section.js';
import { COUNT_QUESTION, type SwappingApi, type SwapWatchResult } from './swapping.js';

const CONNECTIONS = 64;
const IN_FLIGHT = 2;
const ENTRIES = 10_000;
/** That each of the first messages leaves: all at once would take longer than a call may. */
const ENTRIES_A_MESSAGE = 500;
const FOLDER = join(ROOT, 'bench', 'dist', 'migration');

/** What clients feel of a version that takes over the state of the one before; anything lost, repeated or reordered fails the run. */
export const migration: BenchSection = {
  name: 'migration',
  about: `${CONNECTIONS} clients with ${IN_FLIGHT} messages out each, through a JavaScript guest, while a version takes over that rewrites ${ENTRIES.toLocaleString('en')} entries of its state. Less is better.`,
  async measure({ targets, runs, quick }) {
    const rounds = quick ? 1 : runs;
    const [before, after] = await step('building two versions of a plugin with state', versions);
    const load = new Child<SwappingApi>('swap watcher', './swapping.js');
    const results: (SwapWatchResult & { readonly swapMs: number })[] = [];
    try {
      for (let round = 1; round <= rounds; round++) {
        await step(`migration: round ${round} of ${rounds}`, async () => {
          const { url: upstream } = await targets.start('bare echo', { kind: 'echo' });
          const target = await targets.start('gateway with state', { kind: 'gateway', upstream, plugins: [{ use: before }] });
          await targets.explain(
            target,
            (async () => {
              await load.call('start', { url: target.url, connections: CONNECTIONS, inFlight: IN_FLIGHT, run: targets.nextRun() });
              await load.call('mark', 'begins');
              const swapMs = await target.process.call('swap', { plugin: 'ledger', use: after });
              await load.call('mark', 'ends');
              const result = await load.call('finish', null);
              const { requests, migrated } = result.counted;
              if (migrated !== ENTRIES) throw new Error(`${migrated} entries were migrated of ${ENTRIES}`);
              if (requests !== result.roundTrips) throw new Error(`state was lost: ${result.roundTrips} round trips, ${requests} counted`);
              results.push({ ...result, swapMs });
            })(),
          );
          await targets.stop(target);
        });
      }
    } finally {
      await load.stop();
    }
    const each = (figure: (result: (typeof results)[number]) => number): number[] => results.map(figure);
    return [
      measured(
        `the slowest message while ${ENTRIES.toLocaleString('en')} entries are migrated`,
        'ms',
        each(({ slowestMs }) => slowestMs),
      ),
      measured(
        'p99 of all other messages',
        'ms',
        each(({ quietP99Ms }) => quietP99Ms),
      ),
      measured(
        'the swap, from reading the file to the first frame of the new version',
        'ms',
        each(({ swapMs }) => swapMs),
      ),
    ];
  },
};

/** The files of a version that fills its state as messages come, and of one that rewrites it. */
async function versions(): Promise<readonly [string, string]> {
  const source = (version: string, rest: string) => `
    import { definePlugin, drop } from '@framegate/sdk';
    export const plugin = definePlugin({
      name: 'ledger', version: '${version}', capabilities: { state: ['plugin'] }, ${rest}
      onRequest(frame, ctx) {
        if (frame.kind === 'text' && frame.text === ${JSON.stringify(COUNT_QUESTION)}) {
          return drop('asked').reply(JSON.stringify({ requests: ctx.state.get('requests') ?? 0, responses: 0, migrated: ctx.state.get('migrated') ?? 0 }));
        }
        const at = (ctx.state.add('requests') - 1) * ${ENTRIES_A_MESSAGE};
        for (let entry = at; entry < Math.min(at + ${ENTRIES_A_MESSAGE}, ${ENTRIES}); entry++) ctx.state.set('entry' + entry, entry);
      },
    });`;
  const migrate = `
    migrate(from, ctx) {
      let migrated = 0;
      for (const entry of ctx.entries()) {
        if (entry.key.startsWith('entry')) { entry.set({ value: entry.get(), since: from }); migrated++; }
      }
      ctx.state('plugin').set('migrated', migrated);
    },`;
  await mkdir(FOLDER, { recursive: true });
  const build = async (version: string, rest: string): Promise<string> => {
    const { wasm } = await compilePlugin({ source: source(version, rest), resolveDir: ROOT });
    const file = join(FOLDER, `ledger-${version}.wasm`);
    await writeFile(file, wasm);
    return file;
  };
  return [await build('1.0.0', ''), await build('2.0.0', migrate)];
}
