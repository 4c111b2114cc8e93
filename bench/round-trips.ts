import { step } from '../scripts/steps.mjs';
import { compared, measured, type Row, type Unit } from './rows.js';
import { FILTERING_GATEWAYS, type Measurement, PLAIN_GATEWAY, type Shape, type Target, type Targets } from './targets.js';

export interface Servers {
  readonly echo: Target;
  readonly proxy: Target;
  readonly plain: Target;
  readonly filtering: readonly Target[];
}

type Rounds = ReadonlyMap<Target, readonly Measurement[]>;

export async function startServers(targets: Targets): Promise<Servers> {
  const echo = await targets.start('bare echo', { kind: 'echo' });
  const startGateway = ({ name, plugins }: { name: string; plugins: readonly string[] }): Promise<Target> =>
    targets.start(name, { kind: 'gateway', upstream: echo.url, plugins });
  const proxy = await targets.start('bare proxy', { kind: 'proxy', upstream: echo.url });
  const plain = await startGateway(PLAIN_GATEWAY);
  const filtering: Target[] = [];
  for (const gateway of FILTERING_GATEWAYS) filtering.push(await startGateway(gateway));
  return { echo, proxy, plain, filtering };
}

/** All servers in turn, `runs` times over. The round before the first one warms all of them and is thrown away. */
async function measureRounds(targets: Targets, servers: Servers, label: string, shape: Shape, runs: number): Promise<Rounds> {
  const all = [servers.echo, servers.proxy, servers.plain, ...servers.filtering];
  const rounds = new Map<Target, Measurement[]>(all.map((target) => [target, []]));
  for (let round = 0; round <= runs; round++) {
    await step(round === 0 ? `${label}: warm-up round` : `${label}: round ${round} of ${runs}`, async () => {
      for (const target of all) {
        const measurement = await targets.measure(target, shape);
        if (round > 0) rounds.get(target)?.push(measurement);
      }
    });
  }
  return rounds;
}

const pick = (rounds: Rounds, target: Target, key: keyof Measurement): number[] =>
  (rounds.get(target) ?? []).map((measurement) => measurement[key]);

/** Many clients with many messages out each: what a server carries, and what a round trip costs it. */
export async function throughput(targets: Targets, servers: Servers, shape: Shape, runs: number): Promise<Row[]> {
  const rounds = await measureRounds(targets, servers, 'throughput', shape, runs);
  const { echo, proxy, plain, filtering } = servers;
  const compare = (name: string, unit: Unit, key: keyof Measurement, ours: Target, peer = proxy): Row =>
    compared(name, unit, pick(rounds, ours, key), pick(rounds, peer, key));
  const rate = (ours: Target): Row => compare(`throughput: ${ours.name}`, 'round trips/s', 'perSecond', ours);
  return [
    rate(echo),
    rate(plain),
    ...filtering.map(rate),
    ...filtering.map((ours) => compare(`throughput: ${ours.name}, peer: ${plain.name}`, 'round trips/s', 'perSecond', ours, plain)),
    ...[plain, ...filtering].map((ours) => compare(`processor time a round trip: ${ours.name}`, 'µs', 'cpuUs', ours)),
  ];
}

/** One client with one message out: what a server adds to a round trip when nothing queues. */
export async function latency(targets: Targets, servers: Servers, shape: Shape, runs: number): Promise<Row[]> {
  const rounds = await measureRounds(targets, servers, 'latency', shape, runs);
  const { echo, proxy, plain, filtering } = servers;
  return [echo, plain, ...filtering].flatMap((target) =>
    (['p50Us', 'p99Us'] as const).flatMap((key) => {
      const ours = pick(rounds, target, key);
      const peer = pick(rounds, proxy, key);
      const name = `latency ${key.slice(0, 3)}: ${target.name}`;
      const added = ours.map((value, round) => value - (peer[round] ?? Number.NaN));
      const rows = [compared(name, 'µs', ours, peer)];
      return target === echo ? rows : [...rows, measured(`${name}, added to the proxy`, 'µs', added)];
    }),
  );
}
