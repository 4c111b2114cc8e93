import { step } from '../scripts/steps.mjs';
import { type Bar, compared, measured, type Row, type Unit, withBar } from './rows.js';
import type { BenchSection } from './section.js';
import { FILTERING_GATEWAYS, type Gateway, type Measurement, PLAIN_GATEWAY, type Shape, type Target, type Targets } from './targets.js';

interface Servers {
  readonly echo: Target;
  readonly proxy: Target;
  readonly plain: Target;
  readonly filtering: readonly Target[];
}

/** Round trips against the bare proxy's. */
const THROUGHPUT_BAR: Bar = { atLeast: 0.8 };
/** Microseconds that a gateway may add to the bare proxy's median. */
const LATENCY_BAR: Bar = { atMost: 100 };

type Rounds = ReadonlyMap<Target, readonly Measurement[]>;

async function startServers(targets: Targets): Promise<Servers> {
  const echo = await targets.start('bare echo', { kind: 'echo' });
  const startGateway = ({ name, plugins, guards = true }: Gateway): Promise<Target> =>
    targets.start(name, { kind: 'gateway', upstream: echo.url, guards, plugins: plugins.map((use) => ({ use })) });
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

const startedServers = (targets: Targets): Promise<Servers> => step('starting echo, proxy and gateways', () => startServers(targets));

const pick = (rounds: Rounds, target: Target, key: keyof Measurement): number[] =>
  (rounds.get(target) ?? []).map((measurement) => measurement[key]);

/** Many clients with many messages out each: what a server carries, and what a round trip costs it. */
export const throughput: BenchSection = {
  name: 'throughput',
  about: 'round trips of 32 connections with 8 messages out each. More is better; processor time: less is better.',
  async measure({ targets, runs, quick }) {
    const servers = await startedServers(targets);
    const pace = quick ? { warmupMs: 150, durationMs: 450 } : { warmupMs: 500, durationMs: 2_000 };
    const rounds = await measureRounds(targets, servers, 'throughput', { connections: 32, inFlight: 8, ...pace }, runs);
    const { echo, proxy, plain, filtering } = servers;
    const compare = (name: string, unit: Unit, key: keyof Measurement, ours: Target, peer = proxy): Row =>
      compared(name, unit, pick(rounds, ours, key), pick(rounds, peer, key));
    const rate = (ours: Target): Row => compare(`throughput: ${ours.name}`, 'round trips/s', 'perSecond', ours);
    return [
      rate(echo),
      rate(plain),
      ...filtering.map((ours) => withBar(rate(ours), THROUGHPUT_BAR)),
      ...filtering.map((ours) => compare(`throughput: ${ours.name}, peer: ${plain.name}`, 'round trips/s', 'perSecond', ours, plain)),
      ...[plain, ...filtering].map((ours) => compare(`processor time a round trip: ${ours.name}`, 'µs', 'cpuUs', ours)),
    ];
  },
};

/** One client with one message out: what a server adds to a round trip when nothing queues. */
export const latency: BenchSection = {
  name: 'latency',
  about: 'round trips of one connection with one message out. Less is better.',
  async measure({ targets, runs, quick }) {
    const servers = await startedServers(targets);
    const pace = quick ? { warmupMs: 100, durationMs: 300 } : { warmupMs: 300, durationMs: 1_500 };
    const rounds = await measureRounds(targets, servers, 'latency', { connections: 1, inFlight: 1, ...pace }, runs);
    const { echo, proxy, plain, filtering } = servers;
    return [echo, plain, ...filtering].flatMap((target) =>
      (['p50Us', 'p99Us'] as const).flatMap((key) => {
        const ours = pick(rounds, target, key);
        const peer = pick(rounds, proxy, key);
        const name = `latency ${key.slice(0, 3)}: ${target.name}`;
        const rows = [compared(name, 'µs', ours, peer)];
        if (target === echo) return rows;
        const added = measured(
          `${name}, added to the proxy`,
          'µs',
          ours.map((value, round) => value - (peer[round] ?? Number.NaN)),
        );
        return [...rows, key === 'p50Us' ? withBar(added, LATENCY_BAR) : added];
      }),
    );
  },
};
