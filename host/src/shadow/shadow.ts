import type { Hook, MessageHook } from '@framegate/sdk/abi';
import type { Chain, ChainClient, ChainObserver, Engine, EngineEvent, ObservedFrame, PluginSpec } from '../engine/engine.js';
import { isInShare } from '../engine/share.js';
import type { Frame } from '../frame.js';
import type { Outcome } from '../pipeline/outcome.js';
import { StateMemoryStore } from '../state/state-memory.js';
import type { StateStore } from '../state/state-store.js';
import { type Difference, DifferenceList, type DifferenceOptions } from './difference-list.js';
import { type Aspect, differences, verdictOf } from './outcome-comparison.js';
import { ShadowClient, ShadowFrame } from './shadow-client.js';

export interface ShadowOptions {
  /** The plugin whose candidate runs. */
  readonly plugin: string;
  /** Of all connections, chosen by their ids; all frames of such a one are compared. */
  readonly percent: number;
  /** Which connections those are depends on it. */
  readonly salt: string;
  /** Whether the candidate may send HTTP requests. */
  readonly http: boolean;
  /** Bytes of frames that wait for their comparison; what finds no room is not compared, and counted. */
  readonly maxQueuedBytes: number;
  readonly differences: DifferenceOptions;
  /** The chain that is looked at. */
  readonly live: Chain;
  /** Copied for the shadow when it starts. */
  readonly state: StateStore;
  /** The plugins of the live chain, if the candidate migrates their state: it takes the copy over from them, as it would in a swap. */
  readonly takesOverFrom?: readonly PluginSpec[];
  /** An engine of the shadow's own, so that nothing that happens in it happens to anybody else. */
  readonly openEngine: (state: StateStore, onEvent: (event: EngineEvent) => void) => Promise<Engine>;
  readonly log: (log: Extract<EngineEvent, { kind: 'plugin-log' }>) => void;
  /** It has given up by itself. */
  readonly stopped: (reason: string) => void;
}

/** What a shadow has found so far. */
export interface ShadowReport {
  readonly compared: number;
  readonly same: number;
  /** Frames that differ; one may differ in several ways. */
  readonly different: number;
  readonly by: Readonly<Record<Aspect, number>>;
  /** Frames on which the candidate failed. */
  readonly faults: number;
  /** Frames that found no room in the queue. From then on the copies of the state differ, too. */
  readonly skipped: number;
  /** HTTP requests of the candidate that were not sent: the running version had not made them for the same frame. */
  readonly withheld: number;
  /** Milliseconds a call, of the candidate and of the running version; absent without calls. */
  readonly candidateMs?: number;
  readonly runningMs?: number;
  /** Newest first. */
  readonly differences: readonly Difference[];
}

/** Beside its payload, for what else is kept of a frame. */
const FRAME_OVERHEAD = 512;
/** Frames in the shadow's engine at once: enough to keep it busy, few enough to leave the rest of a tick to the sockets. */
const MAX_IN_FLIGHT = 64;
const SWEEP_EVERY_MS = 10_000;
/** Ends of its thread that nobody asked for, after which it gives up. */
const MAX_DEATHS = 5;

type Task = { readonly client: ShadowClient; readonly frame: ShadowFrame } | { readonly gone: ShadowClient };

/**
 * Runs a route's chain a second time with a candidate in it, on frames that the running one has settled, and compares. It has an engine and a copy of
 * the state of its own, nothing of it reaches a client, a backend or the live state, and nobody waits for it: frames queue up to a bound.
 */
export class Shadow implements ChainObserver {
  readonly #options: ShadowOptions;
  readonly #engine: Engine;
  readonly #chain: Chain;
  readonly #state: StateStore;
  readonly #differences: DifferenceList;
  /** `undefined`: a connection that is not among those that are compared. */
  readonly #clients = new Map<ChainClient, ShadowClient | undefined>();
  #queue: Task[] = [];
  #head = 0;
  #queuedBytes = 0;
  #inFlight = 0;
  #pumping: NodeJS.Immediate | undefined;
  /** Frames wait until the candidate has taken the state over. */
  #migrating = false;
  #closed: Promise<void> | undefined;
  #sweptAt = Date.now();
  /** The one broadcast of which one run holds for all who are in this room. */
  #shared: { readonly frame: Frame; readonly room: string | undefined } | undefined;
  #same = 0;
  #different = 0;
  #faults = 0;
  #skipped = 0;
  /** By what the chain ran before its last change. */
  #withheld = 0;
  #deaths = 0;
  readonly #by: Record<Aspect, number> = { kind: 0, reason: 0, payload: 0, close: 0 };

  private constructor(options: ShadowOptions, engine: Engine, chain: Chain, state: StateStore) {
    this.#options = options;
    this.#engine = engine;
    this.#chain = chain;
    this.#state = state;
    this.#differences = new DifferenceList(options.differences);
  }

  /** Starts these plugins, the candidate among them, and looks on from then on. Rejects with a HostError if they can't be started, or the candidate can't migrate the copy. */
  static async open(plugins: readonly PluginSpec[], options: ShadowOptions): Promise<Shadow> {
    const store = new StateMemoryStore();
    let shadow: Shadow | undefined;
    const engine = await options.openEngine(store, (event) => {
      if (shadow !== undefined) shadow.#take(event);
      else if (event.kind === 'plugin-log' && event.plugin === options.plugin) options.log(event);
    });
    try {
      const first = options.takesOverFrom ?? plugins;
      const chain = await engine.open(first.map((spec) => harmless(spec, options)));
      shadow = new Shadow(options, engine, chain, store);
      // Between two frames: it has the state as of those before, and will see all of those after.
      shadow.#copyState(first);
      shadow.#migrating = first !== plugins;
      options.live.observer = shadow;
      if (shadow.#migrating) await shadow.swap(plugins);
      shadow.#migrating = false;
      shadow.#pumpSoon();
      return shadow;
    } catch (error) {
      if (shadow === undefined) await engine.close();
      else await shadow.close();
      throw error;
    }
  }

  /** The route's chain has changed: this is what it would be with the candidate. Its copy of the state stays. */
  async swap(plugins: readonly PluginSpec[]): Promise<void> {
    const before = withheld(this.#chain, this.#options.plugin);
    await this.#chain.swap(plugins.map((spec) => harmless(spec, this.#options)));
    this.#withheld += before;
  }

  settled(client: ChainClient, { hook, frame, context, http }: ObservedFrame, outcome: Outcome): void {
    const own = this.#client(client);
    if (own !== undefined) this.#add(own, new ShadowFrame(frame, hook, context, outcome, http));
  }

  passed(client: ChainClient, hook: Hook, frame: Frame): void {
    if (!this.#migrating && !this.#chain.hooks.has(hook)) return;
    const own = this.#client(client);
    if (own === undefined) return;
    const { context } = client;
    const isMessage = hook === 'on_request_message' || hook === 'on_response_message';
    if (isMessage && !this.#migrating) {
      if (this.#isShared(hook, frame, context.room)) return;
      if (!this.#chain.wants(hook, frame)) {
        this.#same += 1;
        return;
      }
    }
    const forward = isMessage ? [frame] : [];
    this.#add(own, new ShadowFrame(frame, hook, context, { forward, reply: [], notes: [] }, undefined));
  }

  detached(client: ChainClient): void {
    const own = this.#clients.get(client);
    this.#clients.delete(client);
    if (own === undefined) return;
    this.#queue.push({ gone: own });
    this.#pumpSoon();
  }

  report(): ShadowReport {
    const { plugin, live } = this.#options;
    const [candidateMs, runningMs] = [meanMs(this.#chain, plugin), meanMs(live, plugin)];
    return {
      compared: this.#same + this.#different,
      same: this.#same,
      different: this.#different,
      by: { ...this.#by },
      faults: this.#faults,
      skipped: this.#skipped,
      withheld: this.#withheld + withheld(this.#chain, plugin),
      ...(candidateMs === undefined ? {} : { candidateMs }),
      ...(runningMs === undefined ? {} : { runningMs }),
      differences: this.#differences.latest,
    };
  }

  /** Looks on no longer. Resolves when its threads have ended. What it has found can still be asked for. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { live } = this.#options;
    if (live.observer === this) live.observer = undefined;
    clearImmediate(this.#pumping);
    this.#queue = [];
    this.#head = 0;
    this.#queuedBytes = 0;
    this.#clients.clear();
    await this.#engine.close();
  }

  #client(live: ChainClient): ShadowClient | undefined {
    const known = this.#clients.get(live);
    if (known !== undefined || this.#clients.has(live)) return known;
    const { percent, salt } = this.#options;
    const own = isInShare(live.context.id, salt, percent)
      ? new ShadowClient(live.context, (frame, outcome) => this.#compare(frame, outcome))
      : undefined;
    this.#clients.set(live, own);
    return own;
  }

  #isShared(hook: MessageHook, frame: Frame, room: string | undefined): boolean {
    if (hook !== 'on_response_message' || !this.#chain.responsePerMessage) return false;
    if (this.#shared?.frame === frame && this.#shared.room === room) return true;
    this.#shared = { frame, room };
    return false;
  }

  #add(client: ShadowClient, frame: ShadowFrame): void {
    const cost = costOf(frame);
    if (this.#queuedBytes > 0 && this.#queuedBytes + cost > this.#options.maxQueuedBytes) {
      this.#skipped += 1;
      return;
    }
    this.#queuedBytes += cost;
    this.#queue.push({ client, frame });
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#closed === undefined && !this.#migrating) this.#pumping ??= setImmediate(() => this.#pump());
  }

  #pump(): void {
    this.#pumping = undefined;
    while (this.#inFlight < MAX_IN_FLIGHT && this.#head < this.#queue.length) {
      const task = this.#queue[this.#head++];
      if (task === undefined) continue;
      if ('gone' in task) {
        this.#chain.detach(task.gone);
        continue;
      }
      const { client, frame } = task;
      client.context = frame.context;
      this.#inFlight += 1;
      this.#chain.submit(client, frame.hook, frame, false, frame.http);
    }
    if (this.#head === this.#queue.length || this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const now = Date.now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    this.#state.sweep(now);
  }

  #compare(frame: ShadowFrame, outcome: Outcome): void {
    this.#inFlight -= 1;
    if (this.#closed !== undefined) return;
    this.#queuedBytes -= costOf(frame);
    if (this.#head < this.#queue.length) this.#pumpSoon();
    const { plugin } = this.#options;
    const running = { frame: frame.live, outcome: frame.running };
    const candidate = { frame, outcome };
    if (outcome.notes.length > 0 && verdictOf(outcome, plugin).fault !== undefined) this.#faults += 1;
    const differs = differences(running, candidate, plugin);
    if (differs.length === 0) {
      this.#same += 1;
      return;
    }
    this.#different += 1;
    for (const aspect of differs) this.#by[aspect] += 1;
    this.#differences.add({ at: Date.now(), hook: frame.hook, connection: frame.context.id, differs }, running, candidate, plugin);
  }

  #take(event: EngineEvent): void {
    if (this.#closed !== undefined) return;
    const { plugin, log, stopped } = this.#options;
    if (event.kind === 'plugin-log' && event.plugin === plugin) log(event);
    if (event.kind === 'worker-died') {
      this.#deaths += 1;
      if (this.#deaths === MAX_DEATHS) stopped(`its thread has ended ${MAX_DEATHS} times, the last time because of: ${event.message}`);
    }
    if (event.kind !== 'plugin-quarantined') return;
    const who = event.plugin === plugin ? 'the candidate' : `"${event.plugin}", which the shadow runs too,`;
    stopped(`${who} failed again and again and was quarantined`);
  }

  #copyState(plugins: readonly PluginSpec[]): void {
    const now = Date.now();
    for (const { name } of plugins) this.#engine.loadState(this.#options.state.entries({ plugin: name }, now));
  }
}

/** As in the live chain, but it writes no recording and, unless it is the candidate and may, sends nothing into the network. */
function harmless({ record: _, http, ...spec }: PluginSpec, options: ShadowOptions): PluginSpec {
  if (http === undefined) return spec;
  return { ...spec, http: options.http && spec.name === options.plugin ? http : { ...http, send: false } };
}

function costOf({ payload, running }: ShadowFrame): number {
  let bytes = FRAME_OVERHEAD + payload.length;
  for (const frame of running.forward) bytes += frame.payload === payload ? 0 : frame.payload.length;
  for (const frame of running.reply) bytes += frame.payload.length;
  return bytes;
}

function withheld(chain: Chain, plugin: string): number {
  return chain.health().find(({ name }) => name === plugin)?.http?.withheld ?? 0;
}

function meanMs(chain: Chain, plugin: string): number | undefined {
  const latencies = chain.health().find(({ name }) => name === plugin)?.latencies ?? [];
  const count = latencies.reduce((sum, latency) => sum + latency.count, 0);
  return count === 0 ? undefined : latencies.reduce((sum, { sumMs }) => sum + sumMs, 0) / count;
}
