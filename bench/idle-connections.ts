import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import type { CrowdApi } from './crowd.js';
import type { MemoryNow } from './memory-now.js';
import { compared, measured, type Row } from './rows.js';
import type { Bench } from './section.js';
import type { Role } from './servers.js';
import { EXTREME_GATEWAYS, type Targets } from './targets.js';

/** Connections that come and go before any are counted: code is compiled and pools are filled. */
const WARM_UP = 300;
const BAR = { atMost: 4096 };

/** Bytes a connection that has sent nothing, in the server's process. */
async function perConnection(targets: Targets, name: string, role: Role, connections: number): Promise<MemoryNow> {
  const target = await targets.start(name, role);
  const crowd = new Child<CrowdApi>(`crowd of ${name}`, './crowd.js');
  const gather = (receivers: number): Promise<null> =>
    targets.explain(target, crowd.call('gather', { url: target.url, query: '', receivers, publishes: false }));
  try {
    await gather(WARM_UP);
    await crowd.call('leave', null);
    const before = await target.process.call('memory', null);
    await gather(connections);
    const after = await target.process.call('memory', null);
    return { rss: (after.rss - before.rss) / connections, live: (after.live - before.live) / connections };
  } finally {
    await crowd.stop();
    await targets.stop(target);
  }
}

/** Connections without a message, against those of a bare `ws` server: fresh processes in turns. */
export async function idleConnections({ targets, runs, quick }: Bench): Promise<Row[]> {
  const connections = quick ? 1_000 : 4_000;
  const peers: MemoryNow[] = [];
  const ours = EXTREME_GATEWAYS.map(({ name, plugins }) => ({
    name: name.replace('gateway', 'chat'),
    role: { kind: 'gateway', plugins: plugins.map((use) => ({ use })) } satisfies Role,
    results: [] as MemoryNow[],
  }));
  for (let round = 1; round <= runs; round++) {
    await step(`memory: ${connections.toLocaleString('en')} idle connections, round ${round} of ${runs}`, async () => {
      peers.push(await perConnection(targets, 'bare ws server', { kind: 'echo' }, connections));
      for (const { name, role, results } of ours) results.push(await perConnection(targets, name, role, connections));
    });
  }
  return ours.flatMap(({ name, results }) =>
    (['live', 'rss'] as const).flatMap((key) => {
      const mine = results.map((result) => result[key]);
      const bare = peers.map((peer) => peer[key]);
      const what = `idle connection, ${key === 'live' ? 'live objects and buffers' : 'RSS'}: ${name}`;
      const added = measured(
        `${what}, over a bare ws server's`,
        'bytes',
        mine.map((bytes, round) => bytes - (bare[round] ?? Number.NaN)),
      );
      return [compared(what, 'bytes', mine, bare), { ...added, bar: BAR }];
    }),
  );
}
