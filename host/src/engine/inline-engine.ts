import type { Hook } from '@framegate/sdk/abi';
import { HostError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import { HttpJournal, type HttpRecord } from '../pipeline/http-journal.js';
import { Pipeline, type PipelineResult, type PipelineStep } from '../pipeline/pipeline.js';
import { StateMemoryStore } from '../state/state-memory.js';
import { stateOwner } from '../state/state-owner.js';
import type { StateEntry, StateFilter, StateKey, StateStore } from '../state/state-store.js';
import { asWrites } from '../state/state-writes.js';
import { ChainHttp } from './chain-http.js';
import { type ChainPlugin, startChainPlugin } from './chain-plugin.js';
import type {
  Canary,
  CanaryHealth,
  Chain,
  ChainClient,
  ChainObserver,
  Engine,
  EngineEvent,
  PluginHealth,
  PluginSpec,
  StateMigration,
  SwapOptions,
} from './engine.js';
import { faultOf } from './fault-of.js';
import { HeldLanes, laneOf } from './held-lanes.js';
import { type MigrationPlan, Migrator, migrationsOf, refuseCanary } from './migration/migrator.js';
import { runMigration } from './migration/run-migration.js';
import { isResponsePerMessage } from './response-per-message.js';
import { areSamePlugins } from './same-plugins.js';
import { isInShare } from './share.js';
import { type PluginRuntime, type PreparedPlugin, preparePlugin, type RehearsalOptions } from './wasm/instantiate-plugin.js';
import type { PluginServices } from './wasm/plugin-services.js';
import { wipeConnection } from './wipe-connection.js';

export interface InlineEngineOptions {
  readonly state?: StateStore;
  readonly runtime?: PluginRuntime;
  readonly onEvent?: (event: EngineEvent) => void;
}

/**
 * Runs guests on the calling thread, for tests and as the peer in benches. No isolation: there is no deadline, no breaker,
 * and a guest that loops stops the process. Never put it behind a socket.
 */
export class InlineEngine implements Engine {
  readonly #state: StateStore;
  readonly #runtime: PluginRuntime;
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #chains = new Set<InlineChain>();
  readonly #migrator: Migrator;
  #closed = false;

  constructor(options: InlineEngineOptions = {}) {
    this.#state = options.state ?? new StateMemoryStore();
    this.#migrator = new Migrator(this.#state);
    this.#runtime = options.runtime ?? 'direct';
    this.#onEvent = options.onEvent ?? (() => {});
  }

  async open(plugins: readonly PluginSpec[]): Promise<Chain> {
    if (this.#closed) throw new HostError('ENGINE_CLOSED', 'a chain was to be opened on an engine that is closed');
    const version = await this.#start(plugins, {});
    const plan = this.#migrator.plan(version.started, false);
    const migrations = await this.#migrate(version, plan).catch(async (error: unknown) => {
      await version.pipeline.dispose();
      throw error;
    });
    const chain = new InlineChain(version, migrations, this.#state, {
      start: (next, rehearsal) => this.#start(next, rehearsal),
      plan: (next, undoOnly) => this.#migrator.plan(next.started, undoOnly),
      migrate: (next, planned) => this.#migrate(next, planned),
      wiped: (filter) => this.#migrator.wiped(filter),
    });
    this.#chains.add(chain);
    return chain;
  }

  wipeState(filter: StateFilter): number {
    this.#migrator.wiped(filter);
    return this.#state.wipe(filter);
  }

  loadState(entries: Iterable<readonly [StateKey, StateEntry]>): void {
    this.#state.apply(asWrites(entries), Date.now());
  }

  sweepState(now: number): void {
    this.#state.sweep(now);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#chains].map((chain) => chain.close()));
  }

  /** Without a deadline, and with a clock of its own: frames of other chains that share the state go on. */
  async #migrate({ started }: InlineVersion, plan: MigrationPlan): Promise<readonly StateMigration[]> {
    const began = performance.now();
    const result = await this.#migrator.run(plan, async (index, from) => {
      const found = started[index];
      if (found === undefined) throw new RangeError(`the chain has no plugin ${index}`);
      return runMigration(found.plugin, { spec: found.spec, from, store: this.#state, now: Date.now() });
    });
    this.#migrator.commit(plan, result);
    return migrationsOf(result, performance.now() - began);
  }

  async #start(plugins: readonly PluginSpec[], rehearsal: RehearsalOptions): Promise<InlineVersion> {
    const steps: PipelineStep[] = [];
    const started: StartedPlugin[] = [];
    try {
      for (const spec of plugins) {
        const prepared = await preparePlugin(spec);
        const services: PluginServices = {
          log: (name, level, message, connection) => this.#onEvent({ kind: 'plugin-log', plugin: name, level, message, connection }),
          later: (chore) => setImmediate(chore),
        };
        const unfinished = (message: string) => services.log(spec.name, 'warn', message, '');
        const plugin = await startChainPlugin(prepared, this.#runtime, services, { ...rehearsal, unfinished });
        steps.push({ plugin, policy: spec.policy });
        started.push({ ...prepared, plugin });
      }
    } catch (error) {
      await new Pipeline(steps, this.#state).dispose();
      throw error;
    }
    const hooks = steps.map(({ plugin }) => plugin.hooks);
    return {
      pipeline: new Pipeline(steps, this.#state),
      started,
      plugins: plugins.map(({ name }, index) => ({ name, hooks: hooks[index] ?? new Set(), faults: 0, latencies: [] })),
      responsePerMessage: isResponsePerMessage(plugins, hooks),
      http: plugins.some(({ http }) => http !== undefined) ? new ChainHttp(plugins) : undefined,
    };
  }
}

interface StartedPlugin extends PreparedPlugin {
  readonly plugin: ChainPlugin;
}

/** The plugins that a chain runs at one time. */
interface InlineVersion {
  readonly pipeline: Pipeline;
  readonly started: readonly StartedPlugin[];
  readonly plugins: readonly (PluginHealth & { faults: number })[];
  readonly responsePerMessage: boolean;
  /** If a plugin may use it. */
  readonly http: ChainHttp | undefined;
}

interface FrameTask {
  readonly kind: 'frame';
  version: InlineVersion;
  readonly client: ChainClient;
  readonly context: ConnectionContext;
  readonly hook: Hook;
  readonly frame: Frame;
  readonly order: number;
  http?: HttpRecord;
}

type Task =
  | FrameTask
  | { readonly kind: 'detach'; readonly connection: string }
  /** What was there before it is done. */
  | { readonly kind: 'mark'; readonly done: () => void }
  /** The same, and what comes behind it waits. */
  | { readonly kind: 'migrate'; readonly run: () => Promise<void> };

/** What a chain needs of its engine. */
interface InlineHost {
  start(plugins: readonly PluginSpec[], rehearsal: RehearsalOptions): Promise<InlineVersion>;
  plan(version: InlineVersion, undoOnly: boolean): MigrationPlan;
  migrate(version: InlineVersion, plan: MigrationPlan): Promise<readonly StateMigration[]>;
  wiped(filter: StateFilter): void;
}

class InlineChain implements Chain {
  observer: ChainObserver | undefined;
  readonly #state: StateStore;
  readonly #host: InlineHost;
  readonly #tasks: Task[] = [];
  readonly #held = new HeldLanes<FrameTask>(({ context, hook }) => laneOf(context.handle, hook));
  /** What has to wait until no frame is held any more. */
  readonly #postponed: Task[] = [];
  #version: InlineVersion;
  #canary: { canary: Canary; readonly version: InlineVersion; frames: number } | undefined;
  /** By what clients are chosen for a canary. */
  readonly #keys = new WeakMap<ChainClient, string>();
  migrations: readonly StateMigration[];
  #swapping: Promise<void> = Promise.resolve();
  #submitted = 0;
  #working = false;
  #inFlightBytes = 0;
  #closing: Promise<void> | undefined;

  constructor(version: InlineVersion, migrations: readonly StateMigration[], state: StateStore, host: InlineHost) {
    this.#version = version;
    this.#state = state;
    this.migrations = migrations;
    this.#host = host;
  }

  get hooks(): ReadonlySet<Hook> {
    const canary = this.#canary?.version.pipeline.hooks;
    return canary === undefined ? this.#version.pipeline.hooks : new Set([...this.#version.pipeline.hooks, ...canary]);
  }

  get canary(): CanaryHealth | undefined {
    return this.#canary && { frames: this.#canary.frames, plugins: this.#canary.version.plugins };
  }

  get responsePerMessage(): boolean {
    return this.#canary === undefined && this.#version.responsePerMessage;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  health(): readonly PluginHealth[] {
    return this.#version.plugins;
  }

  /** Here nobody is ever quarantined. */
  quarantine(): void {}

  pardon(plugin: string): boolean {
    return this.#version.plugins.some(({ name }) => name === plugin);
  }

  swap(plugins: readonly PluginSpec[], options: SwapOptions = {}): Promise<void> {
    const swapped = this.#swapping.then(() => this.#swap(plugins, options));
    this.#swapping = swapped.catch(() => {});
    return swapped;
  }

  setCanary(canary: Canary | undefined): Promise<void> {
    const set = this.#swapping.then(() => this.#setCanary(canary));
    this.#swapping = set.catch(() => {});
    return set;
  }

  /** Guards are asked where the guests run, which is here. */
  wants(hook: Hook): boolean {
    return this.hooks.has(hook);
  }

  submit(client: ChainClient, hook: Hook, frame: Frame, _traced?: boolean, http?: HttpRecord): void {
    if (this.#closing !== undefined) throw new HostError('ENGINE_CLOSED', 'a frame was submitted to a chain that is closed');
    this.#inFlightBytes += frame.payload.length;
    const { context } = client;
    const order = this.#submitted++;
    this.#add({ kind: 'frame', version: this.#versionFor(client), client, context, hook, frame, order, ...(http && { http }) });
  }

  detach(client: ChainClient): void {
    this.observer?.detached(client);
    if (this.#closing === undefined) this.#add({ kind: 'detach', connection: client.context.id });
  }

  close(): Promise<void> {
    this.#closing ??= this.#swapping.then(async () => {
      if (this.#canary !== undefined) await this.#retire(this.#canary.version);
      await this.#retire(this.#version);
    });
    return this.#closing;
  }

  async #swap(plugins: readonly PluginSpec[], { undoOnly = false }: SwapOptions): Promise<void> {
    if (this.#closing !== undefined) throw new HostError('ENGINE_CLOSED', 'plugins were to be swapped on a chain that is closed');
    const version = await this.#host.start(plugins, { strict: !undoOnly });
    const plan = this.#host.plan(version, undoOnly);
    const old = this.#version;
    if (plan.concerned.size > 0) {
      await this.#migrate(version, plan);
    } else {
      this.migrations = await this.#host.migrate(version, plan);
      this.#version = version;
    }
    void this.#retire(old);
  }

  async #setCanary(canary: Canary | undefined): Promise<void> {
    if (this.#closing !== undefined) {
      if (canary === undefined) return;
      throw new HostError('ENGINE_CLOSED', 'a canary was to be started on a chain that is closed');
    }
    const before = this.#canary;
    if (canary !== undefined && before !== undefined && areSamePlugins(canary.plugins, before.canary.plugins)) {
      before.canary = canary;
      return;
    }
    this.#canary = canary && { canary, version: await this.#startCanary(canary), frames: 0 };
    if (before !== undefined) void this.#retire(before.version);
  }

  #versionFor(client: ChainClient): InlineVersion {
    const running = this.#canary;
    if (running === undefined) return this.#version;
    const key = this.#keys.get(client) ?? stateOwner('user', client.context);
    this.#keys.set(client, key);
    const { salt, percent } = running.canary;
    if (!isInShare(key, salt, percent)) return this.#version;
    running.frames += 1;
    return running.version;
  }

  async #startCanary({ plugins }: Canary): Promise<InlineVersion> {
    const version = await this.#host.start(plugins, { strict: true });
    try {
      refuseCanary(this.#host.plan(version, false));
      return version;
    } catch (error) {
      await version.pipeline.dispose();
      throw error;
    }
  }

  /** Behind the frames that were submitted before; those that come meanwhile meet the new plugins. */
  async #migrate(version: InlineVersion, plan: MigrationPlan): Promise<void> {
    await new Promise<void>((done, failed) => {
      const run = async (): Promise<void> => {
        try {
          this.migrations = await this.#host.migrate(version, plan);
          const before = this.#version;
          this.#version = version;
          for (const task of this.#tasks) if (task.kind === 'frame' && task.version === before) task.version = version;
          done();
        } catch (error) {
          failed(error);
        }
      };
      this.#add({ kind: 'migrate', run });
    }).catch(async (error: unknown) => {
      await version.pipeline.dispose();
      throw error;
    });
  }

  /** Resolves when its frames have settled and its instances are gone. No frame may follow. */
  async #retire({ pipeline, http }: InlineVersion): Promise<void> {
    await new Promise<void>((done) => this.#add({ kind: 'mark', done }));
    http?.close();
    await pipeline.dispose();
  }

  #add(task: Task): void {
    this.#tasks.push(task);
    if (this.#working) return;
    this.#working = true;
    queueMicrotask(() => this.#work());
  }

  #work(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      if (task.kind === 'frame') {
        const later = this.#held.keeps(task) ? undefined : this.#run(task);
        if (later === undefined) continue;
        void later.then(() => this.#work());
        return;
      }
      if (!this.#held.empty) {
        this.#postponed.push(task);
      } else if (task.kind === 'detach') {
        for (const filter of wipeConnection(this.#state, task.connection)) this.#host.wiped(filter);
      } else if (task.kind === 'mark') {
        task.done();
      } else {
        void task.run().then(() => this.#work());
        return;
      }
    }
    this.#working = false;
  }

  #run(task: FrameTask): Promise<void> | undefined {
    const now = Date.now();
    const http = task.version.http ? new HttpJournal(task.http ?? { startedAt: now, exchanges: [] }) : undefined;
    const take = (result: PipelineResult): void => {
      if (http?.waiting) {
        this.#wait(task, http);
        return;
      }
      http?.settle();
      this.#settle(task, result, now);
    };
    const run = task.version.pipeline.run(task.hook, task.frame, task.context, now, http);
    if (run instanceof Promise) return run.then(take);
    take(run);
    return undefined;
  }

  #wait(task: FrameTask, { startedAt, asks }: HttpJournal): void {
    this.#held.hold(task);
    void task.version.http?.send(asks).then((answers) => {
      task.http = { startedAt, exchanges: [...(task.http?.exchanges ?? []), ...answers] };
      this.#add(task);
    });
  }

  #settle(task: FrameTask, { outcome, writes }: PipelineResult, now: number): void {
    const { client, hook, frame } = task;
    for (const plugin of task.version.plugins) if (faultOf(outcome, plugin.name) !== undefined) plugin.faults += 1;
    this.#inFlightBytes -= frame.payload.length;
    if (writes.length > 0) this.#state.apply(writes, now);
    this.#tasks.unshift(...this.#held.release(task));
    if (this.#held.empty) this.#tasks.push(...this.#postponed.splice(0));
    this.observer?.settled(client, task, outcome);
    try {
      client.settled(hook, frame, outcome);
    } catch (error) {
      // A caller's bug must not take the frames behind it along; it is thrown where it can't be overlooked.
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
