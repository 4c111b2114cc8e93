import type { Hook } from '@framegate/sdk/abi';
import { HostError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import { HttpJournal, type HttpRecord } from '../pipeline/http-journal.js';
import { Pipeline, type PipelineResult, type PipelineStep } from '../pipeline/pipeline.js';
import { StateMemoryStore } from '../state/state-memory.js';
import type { StateFilter, StateStore } from '../state/state-store.js';
import { ChainHttp } from './chain-http.js';
import type { Chain, ChainClient, Engine, EngineEvent, PluginHealth, PluginSpec } from './engine.js';
import { HeldLanes, laneOf } from './held-lanes.js';
import { isResponsePerMessage } from './response-per-message.js';
import { instantiatePlugin, type PluginRuntime } from './wasm/instantiate-plugin.js';
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
  #closed = false;

  constructor(options: InlineEngineOptions = {}) {
    this.#state = options.state ?? new StateMemoryStore();
    this.#runtime = options.runtime ?? 'direct';
    this.#onEvent = options.onEvent ?? (() => {});
  }

  async open(plugins: readonly PluginSpec[]): Promise<Chain> {
    if (this.#closed) throw new HostError('ENGINE_CLOSED', 'a chain was to be opened on an engine that is closed');
    const steps: PipelineStep[] = [];
    try {
      for (const spec of plugins) {
        const plugin = await instantiatePlugin(spec, this.#runtime, {
          log: (name, level, message, connection) => this.#onEvent({ kind: 'plugin-log', plugin: name, level, message, connection }),
          later: (chore) => setImmediate(chore),
        });
        steps.push({ plugin, policy: spec.policy });
      }
    } catch (error) {
      await new Pipeline(steps, this.#state).dispose();
      throw error;
    }
    const chain = new InlineChain(
      new Pipeline(steps, this.#state),
      this.#state,
      plugins,
      steps.map(({ plugin }) => plugin.hooks),
    );
    this.#chains.add(chain);
    return chain;
  }

  wipeState(filter: StateFilter): number {
    return this.#state.wipe(filter);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#chains].map((chain) => chain.close()));
  }
}

interface FrameTask {
  readonly kind: 'frame';
  readonly client: ChainClient;
  readonly context: ConnectionContext;
  readonly hook: Hook;
  readonly frame: Frame;
  readonly order: number;
  http?: HttpRecord;
}

type Task = FrameTask | { readonly kind: 'detach'; readonly connection: string } | { readonly kind: 'close'; readonly done: () => void };

class InlineChain implements Chain {
  readonly responsePerMessage: boolean;
  readonly #pipeline: Pipeline;
  readonly #state: StateStore;
  readonly #plugins: readonly string[];
  readonly #hooks: readonly ReadonlySet<Hook>[];
  readonly #http: ChainHttp;
  readonly #hasHttp: boolean;
  readonly #tasks: Task[] = [];
  readonly #held = new HeldLanes<FrameTask>(({ context, hook }) => laneOf(context.handle, hook));
  /** What has to wait until no frame is held any more. */
  readonly #postponed: Task[] = [];
  #submitted = 0;
  #working = false;
  #inFlightBytes = 0;
  #closing: Promise<void> | undefined;

  constructor(pipeline: Pipeline, state: StateStore, plugins: readonly PluginSpec[], hooks: readonly ReadonlySet<Hook>[]) {
    this.#pipeline = pipeline;
    this.#state = state;
    this.#plugins = plugins.map(({ name }) => name);
    this.#hooks = hooks;
    this.#http = new ChainHttp(plugins);
    this.#hasHttp = plugins.some(({ http }) => http !== undefined);
    this.responsePerMessage = isResponsePerMessage(plugins, hooks);
  }

  get hooks(): ReadonlySet<Hook> {
    return this.#pipeline.hooks;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  health(): readonly PluginHealth[] {
    return this.#plugins.map((name, index) => ({ name, hooks: this.#hooks[index] ?? new Set(), latencies: [] }));
  }

  /** Here nobody is ever quarantined. */
  pardon(plugin: string): boolean {
    return this.#plugins.includes(plugin);
  }

  /** Guards are asked where the guests run, which is here. */
  wants(hook: Hook): boolean {
    return this.hooks.has(hook);
  }

  submit(client: ChainClient, hook: Hook, frame: Frame): void {
    if (this.#closing !== undefined) throw new HostError('ENGINE_CLOSED', 'a frame was submitted to a chain that is closed');
    this.#inFlightBytes += frame.payload.length;
    this.#add({ kind: 'frame', client, context: client.context, hook, frame, order: this.#submitted++ });
  }

  detach(client: ChainClient): void {
    if (this.#closing === undefined) this.#add({ kind: 'detach', connection: client.context.id });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise<void>((done) => this.#add({ kind: 'close', done })).then(() => {
      this.#http.close();
      return this.#pipeline.dispose();
    });
    return this.#closing;
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
      if (!this.#held.empty) this.#postponed.push(task);
      else if (task.kind === 'detach') wipeConnection(this.#state, task.connection);
      else task.done();
    }
    this.#working = false;
  }

  #run(task: FrameTask): Promise<void> | undefined {
    const now = Date.now();
    const http = this.#hasHttp ? new HttpJournal(task.http ?? { startedAt: now, exchanges: [] }) : undefined;
    const take = (result: PipelineResult): void => {
      if (http?.waiting) {
        this.#wait(task, http);
        return;
      }
      http?.settle();
      this.#settle(task, result, now);
    };
    const run = this.#pipeline.run(task.hook, task.frame, task.context, now, http);
    if (run instanceof Promise) return run.then(take);
    take(run);
    return undefined;
  }

  #wait(task: FrameTask, { startedAt, asks }: HttpJournal): void {
    this.#held.hold(task);
    void this.#http.send(asks).then((answers) => {
      task.http = { startedAt, exchanges: [...(task.http?.exchanges ?? []), ...answers] };
      this.#add(task);
    });
  }

  #settle(task: FrameTask, { outcome, writes }: PipelineResult, now: number): void {
    const { client, hook, frame } = task;
    this.#inFlightBytes -= frame.payload.length;
    if (writes.length > 0) this.#state.apply(writes, now);
    this.#tasks.unshift(...this.#held.release(task));
    if (this.#held.empty) this.#tasks.push(...this.#postponed.splice(0));
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
