import { join } from 'node:path';
import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import { BUNDLED_PLUGINS, bundledWasm, ROOT } from './paths.js';
import type { CallCost, PluginsApi } from './plugins.js';
import { measured, type Row } from './rows.js';
import type { BenchSection } from './section.js';

const WARM_BUILDS = 5;
/** A tenth of them warms up. */
const FRAMES = 5_000;
const CORES = ['framegate', 'pdk'] as const;

/** Runs `work` in a process that has done nothing before. */
async function fresh<T>(name: string, work: (child: Child<PluginsApi>) => Promise<T>): Promise<T> {
  const child = new Child<PluginsApi>(name, './plugins.js');
  try {
    return await work(child);
  } finally {
    await child.stop();
  }
}

/** What plugins take to build and how large they come out, and a call of each without any server around it. */
export const plugins: BenchSection = {
  name: 'plugins',
  about: 'building them, calling them in one thread without a server, their sizes. Less is better.',
  async measure({ runs }) {
    const rows: Row[] = [];
    for (const plugin of BUNDLED_PLUGINS) rows.push(...(await buildTimes(plugin)));
    for (const plugin of BUNDLED_PLUGINS) rows.push(...(await callTimes(plugin, runs)));
    rows.push(...(await sizes()));
    return rows;
  },
};

function buildTimes(plugin: string): Promise<Row[]> {
  return step(`building ${plugin}: once cold, ${WARM_BUILDS} times warm`, async () => {
    const entry = join(ROOT, 'plugins', plugin, 'plugin.ts');
    const { coldMs, warmMs } = await fresh(`compiler of ${plugin}`, (child) => child.call('build', { entry, warmBuilds: WARM_BUILDS }));
    return [measured(`build of ${plugin} (cold)`, 'ms', [coldMs]), measured(`build of ${plugin} (warm)`, 'ms', warmMs)];
  });
}

function callTimes(plugin: string, runs: number): Promise<Row[]> {
  return step(`calling ${plugin}: ${runs} fresh instances`, async () => {
    const wasm = bundledWasm(plugin);
    const loads: number[] = [];
    const costs: CallCost[] = [];
    for (let run = 0; run < runs; run++) {
      loads.push(await fresh(`load of ${plugin}`, (child) => child.call('load', wasm)));
      costs.push(await fresh(`instance of ${plugin}`, (child) => child.call('calls', { wasm, frames: FRAMES })));
    }
    const values = (key: keyof CallCost): number[] => costs.map((cost) => cost[key]);
    return [
      measured(`load of ${plugin} in a fresh process, the host's warm-up included (cold)`, 'ms', loads),
      measured(`first call of ${plugin}, before any warm-up (cold)`, 'µs', values('coldUs')),
      measured(`call of ${plugin} (warm)`, 'µs', values('warmUs')),
      measured(`fuel of a call of ${plugin}`, 'units', values('fuel')),
    ];
  });
}

function sizes(): Promise<Row[]> {
  const files = [
    ...BUNDLED_PLUGINS.map((plugin) => ({ what: `plugin ${plugin}`, file: bundledWasm(plugin) })),
    ...CORES.map((core) => ({ what: `core ${core}`, file: join(ROOT, 'sdk', 'dist', 'core', `${core}.wasm`) })),
  ];
  return step('sizes of plugins and cores', async () => {
    const found = await fresh('compressor', (child) => Promise.all(files.map(({ file }) => child.call('size', file))));
    return files.flatMap(({ what }, index) => {
      const { raw = Number.NaN, brotli = Number.NaN } = found[index] ?? {};
      return [measured(`size of ${what}`, 'bytes', [raw]), measured(`size of ${what}, brotli`, 'bytes', [brotli])];
    });
  });
}
