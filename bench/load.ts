import { setTimeout as delay } from 'node:timers/promises';
import { answer } from './answer.js';
import { LoadConnection } from './load-connection.js';
import { median, Samples } from './statistics.js';

/** A message that takes longer is lost. */
const LOST_MS = 5_000;
const CHECK_MS = 500;

export interface LoadJob {
  readonly url: string;
  readonly connections: number;
  /** Messages out at the same time, per connection. */
  readonly inFlight: number;
  readonly payloadBytes: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Another number for every job, so that no message is ever sent twice to one server. */
  readonly run: number;
}

export interface LoadResult {
  /** In the measured time. */
  readonly roundTrips: number;
  /** With those of the warm-up and the end: what the servers' processor time was spent on. */
  readonly allRoundTrips: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface Connects {
  /** Connecting and the first message's round trip, in a process that has served nobody yet. */
  readonly coldUs: number;
  /** The same, median of several, after `warmup` messages. */
  readonly warmUs: number;
}

/** Opens connections, runs `body`, checks that nothing was lost, closes them. The first failure of any connection wins. */
async function withConnections(
  job: Pick<LoadJob, 'url' | 'connections' | 'inFlight' | 'payloadBytes' | 'run'>,
  onRoundTrip: (us: number) => void,
  body: (connections: readonly LoadConnection[]) => Promise<void>,
): Promise<void> {
  const connections = Array.from({ length: job.connections }, (_, connection) => new LoadConnection({ ...job, connection, onRoundTrip }));
  const run = async (): Promise<void> => {
    await Promise.all(connections.map((connection) => connection.opened()));
    await body(connections);
    await Promise.all(connections.map((connection) => connection.drain()));
    await Promise.all(connections.map((connection) => connection.close()));
  };
  const watch = setInterval(() => {
    for (const connection of connections) connection.assertPrompt(LOST_MS);
  }, CHECK_MS);
  try {
    await Promise.race([run(), ...connections.map((connection) => connection.failed)]);
  } finally {
    clearInterval(watch);
    for (const connection of connections) connection.terminate();
  }
}

/** A closed loop for `durationMs`; what returns during the warm-up, or while draining, does not count. */
async function load(job: LoadJob): Promise<LoadResult> {
  const samples = new Samples();
  let measuring = false;
  let elapsedMs = 0;
  let all = 0;
  const record = (us: number): void => {
    all += 1;
    if (measuring) samples.record(us);
  };
  await withConnections(job, record, async (connections) => {
    for (const connection of connections) connection.start();
    await delay(job.warmupMs);
    const started = performance.now();
    measuring = true;
    await delay(job.durationMs);
    measuring = false;
    elapsedMs = performance.now() - started;
  });
  return {
    roundTrips: samples.count,
    allRoundTrips: all,
    perSecond: (samples.count / elapsedMs) * 1000,
    p50Us: samples.percentile(50),
    p99Us: samples.percentile(99),
  };
}

type ConnectJob = Pick<LoadJob, 'url' | 'payloadBytes' | 'run'>;

/** Connects, sends `messages` one after the other, hangs up. Microseconds from before the connecting until the first one is back. */
async function connectOnce(job: ConnectJob, messages: number): Promise<number> {
  const started = performance.now();
  let firstUs = Number.NaN;
  let trips = 0;
  let onEnough: () => void = () => undefined;
  const enough = new Promise<void>((resolve) => {
    onEnough = resolve;
  });
  const count = (): void => {
    trips += 1;
    if (trips === 1) firstUs = (performance.now() - started) * 1000;
    if (trips === messages) onEnough();
  };
  await withConnections({ ...job, connections: 1, inFlight: 1 }, count, async ([connection]) => {
    connection?.start();
    await enough;
  });
  return firstUs;
}

/** Point it at a server that has not seen a connection yet. Takes the run numbers `run` to `run + repeats`. */
async function connects(job: ConnectJob & { readonly warmup: number; readonly repeats: number }): Promise<Connects> {
  const coldUs = await connectOnce(job, job.warmup);
  const warmUs: number[] = [];
  for (let repeat = 1; repeat <= job.repeats; repeat++) warmUs.push(await connectOnce({ ...job, run: job.run + repeat }, 1));
  return { coldUs, warmUs: median(warmUs) };
}

const api = { load, connects };
export type LoadApi = typeof api;

answer(api);
