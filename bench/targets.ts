import { Child } from './child.js';
import type { LoadApi, LoadJob, LoadResult } from './load.js';
import { PAYLOAD_BYTES } from './message-source.js';
import { BUNDLED_PLUGINS, bundledWasm } from './paths.js';
import type { Role, ServerApi } from './servers.js';

/** A server that the load generator is pointed at. */
export interface Target {
  readonly name: string;
  readonly url: string;
  /** From the start of its process until it listens. */
  readonly startedMs: number;
  readonly process: Child<ServerApi>;
}

export type Shape = Pick<LoadJob, 'connections' | 'inFlight' | 'warmupMs' | 'durationMs'>;

export interface Measurement extends LoadResult {
  /** Processor time of the server's own process, all threads, per round trip. */
  readonly cpuUs: number;
}

/** A gateway under test, with the modules of its chain. */
export interface Gateway {
  readonly name: string;
  readonly plugins: readonly string[];
  /** Default true: a guest is not called for frames that its guards rule out, which is all of the bench's messages. */
  readonly guards?: boolean;
}

export const PLAIN_GATEWAY: Gateway = { name: 'gateway, no plugin', plugins: [] };
const FULL_GATEWAY: Gateway = { name: 'gateway, 3 plugins', plugins: BUNDLED_PLUGINS.map(bundledWasm) };
export const FILTERING_GATEWAYS: readonly Gateway[] = [
  { name: 'gateway, 1 plugin', plugins: FULL_GATEWAY.plugins.slice(0, 1) },
  FULL_GATEWAY,
  { ...FULL_GATEWAY, name: 'gateway, 3 plugins without guards', guards: false },
];
/** The empty chain and the longest. */
export const EXTREME_GATEWAYS: readonly Gateway[] = [PLAIN_GATEWAY, FULL_GATEWAY];

/** All processes of a run: one load generator, and each server in a process of its own, all on loopback. */
export class Targets {
  readonly load = new Child<LoadApi>('load generator', './load.js');
  readonly #servers = new Set<Child<ServerApi>>();
  #runs = 0;

  async start(name: string, role: Role): Promise<Target> {
    const process = new Child<ServerApi>(name, './servers.js');
    this.#servers.add(process);
    return { name, process, ...(await process.call('start', role)) };
  }

  async stop(target: Target): Promise<void> {
    await target.process.stop();
    this.#servers.delete(target.process);
  }

  async stopAll(): Promise<void> {
    await Promise.all([this.load.stop(), ...[...this.#servers].map((server) => server.stop())]);
  }

  /** The first of `count` numbers that no job has had: messages of different jobs differ by them. */
  nextRun(count = 1): number {
    const run = this.#runs;
    this.#runs += count;
    return run;
  }

  async measure(target: Target, shape: Shape): Promise<Measurement> {
    const before = await target.process.call('cpu', null);
    const result = await this.explain(
      target,
      this.load.call('load', { ...shape, url: target.url, payloadBytes: PAYLOAD_BYTES, run: this.nextRun() }),
    );
    const after = await target.process.call('cpu', null);
    return { ...result, cpuUs: (after - before) / result.allRoundTrips };
  }

  /** A client only sees that its socket broke. If a server died of something, that is the reason to report; if it complained, that is part of it. */
  async explain<T>(target: Target, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await Promise.all([...this.#servers].map((server) => server.call('cpu', null)));
      const printed = target.process.printed ? `\n${target.name} last printed:\n${target.process.printed}` : '';
      throw new Error(`${target.name}: ${error instanceof Error ? error.message : error}${printed}`, { cause: error });
    }
  }
}
