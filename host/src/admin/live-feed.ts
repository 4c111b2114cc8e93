import type { Latency } from '../engine/latency.js';
import { LATENCY_BOUNDS_MS } from '../engine/latency.js';
import type { MetricSources } from '../metrics/metric-sources.js';
import type { RecentVerdict } from '../metrics/recent-verdicts.js';

const INTERVAL_MS = 500;
/** Verdicts in one snapshot; of more only the latest of each kind are told. */
const MAX_VERDICTS = 20;
/** In the first one that somebody gets: what came before. */
const MAX_PAST_VERDICTS = 200;

/** How the host fares, every half second. Rates are per second, since the snapshot before; latencies are of the calls since then. */
export interface Snapshot {
  readonly at: number;
  readonly phase: string;
  readonly connections: number;
  readonly routes: readonly {
    readonly name: string;
    readonly connections: number;
    readonly requests: number;
    readonly responses: number;
    readonly requestRate: number;
    readonly responseRate: number;
  }[];
  readonly plugins: readonly {
    readonly route: string;
    readonly name: string;
    readonly callRate: number;
    /** Upper bounds of the histogram's buckets, in milliseconds; absent without calls, or above the last bound. */
    readonly p50Ms?: number;
    readonly p99Ms?: number;
    readonly verdicts: Readonly<Record<string, number>>;
    readonly faults: number;
    readonly quarantinedUntil?: number;
  }[];
  /** The latest verdicts of each kind since the snapshot before (in the first one all that are kept), oldest first, without what they are about. */
  readonly verdicts: readonly RecentVerdict[];
  /** Verdicts that were too many to be told. */
  readonly verdictsLeftOut: number;
}

/** Somebody who is told: of snapshots that come faster than they are taken only the newest. */
export class Subscription {
  readonly #ended: () => void;
  #news: string | undefined;
  #over = false;
  #wake: () => void = () => {};

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  push(snapshot: string): void {
    this.#news = snapshot;
    this.#wake();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended();
    this.#wake();
  }

  /** The next snapshot as JSON; `undefined`: there are no more. */
  async next(): Promise<string | undefined> {
    while (this.#news === undefined && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const news = this.#news;
    this.#news = undefined;
    return this.#over ? undefined : news;
  }
}

/** Takes snapshots as long as somebody listens; each is made once for all of them, so that many viewers cost what one does. */
export class LiveFeed {
  readonly #sources: MetricSources;
  readonly #max: number;
  readonly #subscriptions = new Set<Subscription>();
  #timer: NodeJS.Timeout | undefined;
  #before: Before = { at: 0, frames: new Map(), latencies: new Map() };
  #nextVerdict = 0;

  constructor(sources: MetricSources, maxSubscriptions: number) {
    this.#sources = sources;
    this.#max = maxSubscriptions;
  }

  /** `undefined`: there are as many as there may be. The first snapshot comes at once. */
  subscribe(): Subscription | undefined {
    if (this.#subscriptions.size >= this.#max) return undefined;
    const subscription = new Subscription(() => {
      this.#subscriptions.delete(subscription);
      if (this.#subscriptions.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    this.#subscriptions.add(subscription);
    if (this.#timer === undefined) {
      this.#nextVerdict = this.#sources.traffic.recent.next;
      this.#before = this.#read();
      this.#timer = setInterval(() => this.#tick(), INTERVAL_MS).unref();
    }
    const verdicts = this.#sources.traffic.recent.since(0, MAX_PAST_VERDICTS);
    subscription.push(JSON.stringify(this.#snapshot(this.#before, { verdicts, verdictsLeftOut: 0 })));
    return subscription;
  }

  close(): void {
    for (const subscription of [...this.#subscriptions]) subscription.end();
  }

  #tick(): void {
    const snapshot = JSON.stringify(this.#snapshot(this.#read(), this.#newVerdicts()));
    for (const subscription of this.#subscriptions) subscription.push(snapshot);
  }

  #read(): Before {
    const frames = new Map(
      [...this.#sources.traffic.routes].map(
        ([
          route,
          {
            frames: { request, response },
          },
        ]) => [route, { requests: request.frames, responses: response.frames }],
      ),
    );
    const latencies = new Map<string, readonly Latency[]>();
    for (const { name, chain } of this.#sources.routes) {
      for (const plugin of chain?.health() ?? []) latencies.set(JSON.stringify([name, plugin.name]), plugin.latencies);
    }
    return { at: performance.now(), frames, latencies };
  }

  #newVerdicts(): Pick<Snapshot, 'verdicts' | 'verdictsLeftOut'> {
    const { recent } = this.#sources.traffic;
    const verdicts = recent.since(this.#nextVerdict, MAX_VERDICTS);
    const verdictsLeftOut = recent.next - this.#nextVerdict - verdicts.length;
    this.#nextVerdict = recent.next;
    return { verdicts, verdictsLeftOut };
  }

  #snapshot(now: Before, verdicts: Pick<Snapshot, 'verdicts' | 'verdictsLeftOut'>): Snapshot {
    const { traffic, routes, directory, drainStatus } = this.#sources;
    const before = this.#before;
    this.#before = now;
    const seconds = Math.max(0.001, (now.at - before.at) / 1000);
    const connections = new Map<string, number>();
    for (const { context } of directory.connections) connections.set(context.route, (connections.get(context.route) ?? 0) + 1);
    return {
      at: Date.now(),
      phase: drainStatus().phase,
      connections: [...connections.values()].reduce((sum, count) => sum + count, 0),
      routes: [...now.frames].map(([name, { requests, responses }]) => ({
        name,
        connections: connections.get(name) ?? 0,
        requests,
        responses,
        requestRate: (requests - (before.frames.get(name)?.requests ?? 0)) / seconds,
        responseRate: (responses - (before.frames.get(name)?.responses ?? 0)) / seconds,
      })),
      plugins: routes.flatMap(({ name: route, chain }) =>
        (chain?.health() ?? []).map(({ name, quarantinedUntil }) => {
          const counts = traffic.routes.get(route)?.plugins.get(name);
          const all: Record<string, number> = {};
          for (const kinds of counts?.verdicts.values() ?? []) {
            for (const [kind, count] of Object.entries(kinds)) all[kind] = (all[kind] ?? 0) + count;
          }
          const key = JSON.stringify([route, name]);
          const buckets = difference(now.latencies.get(key) ?? [], before.latencies.get(key) ?? []);
          const calls = buckets.reduce((sum, count) => sum + count, 0);
          const [p50Ms, p99Ms] = [percentile(buckets, calls, 0.5), percentile(buckets, calls, 0.99)];
          return {
            route,
            name,
            callRate: calls / seconds,
            ...(p50Ms === undefined ? {} : { p50Ms }),
            ...(p99Ms === undefined ? {} : { p99Ms }),
            verdicts: all,
            faults: [...(counts?.faults.values() ?? [])].reduce((sum, count) => sum + count, 0),
            ...(quarantinedUntil === undefined ? {} : { quarantinedUntil }),
          };
        }),
      ),
      ...verdicts,
    };
  }
}

interface Before {
  readonly at: number;
  readonly frames: ReadonlyMap<string, { readonly requests: number; readonly responses: number }>;
  readonly latencies: ReadonlyMap<string, readonly Latency[]>;
}

/** Calls of all hooks since then, by bucket. Where a hook has fewer calls than before, the version is new: all of its calls are since then. */
function difference(now: readonly Latency[], before: readonly Latency[]): number[] {
  const counts = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  const anew = now.some(({ count }, hook) => count < (before[hook]?.count ?? 0));
  for (const [hook, { buckets }] of now.entries()) {
    for (const [bucket, count] of buckets.entries()) {
      counts[bucket] = (counts[bucket] ?? 0) + count - (anew ? 0 : (before[hook]?.buckets[bucket] ?? 0));
    }
  }
  return counts;
}

function percentile(buckets: readonly number[], calls: number, share: number): number | undefined {
  if (calls === 0) return undefined;
  let seen = 0;
  return LATENCY_BOUNDS_MS[
    buckets.findIndex((count) => {
      seen += count;
      return seen >= share * calls;
    })
  ];
}
