import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { PluginGuards } from '@framegate/sdk/abi';
import { HostError } from '../errors.js';
import { StateMemoryStore } from '../state/state-memory.js';
import type { StateEntry, StateFilter, StateKey, StateStore } from '../state/state-store.js';
import { asWrites } from '../state/state-writes.js';
import type { BreakerOptions } from './breaker.js';
import { ChainVersion } from './chain-version.js';
import type { Chain, Engine, EngineEvent, PluginSpec, StateMigration, SwapOptions } from './engine.js';
import { createLatencies } from './latency.js';
import { createQuarantineFlags } from './quarantine-flags.js';
import { type PluginRuntime, type PreparedPlugin, preparePlugin, type RehearsalOptions } from './wasm/instantiate-plugin.js';
import { WorkerChain } from './worker-chain.js';
import type { ChainDefinition } from './worker-protocol.js';
import { WorkerSet } from './worker-set.js';
import { describePlugins, WorkerGone } from './worker-thread.js';

// Before anything compiles: a guest in a long memory.fill or memory.grow outlives worker.terminate() by seconds while V8 may still
// tier it up. Costs compile time (1.0 s instead of 0.6 s for a 1.8 MB module), nothing in steady state.
setFlagsFromString('--no-wasm-dynamic-tiering');

export interface WorkerEngineOptions {
  /** The plugins' memory; a worker has a replica of it. Default: a store of this engine's own. */
  readonly state?: StateStore;
  /** Implementation that runs the guests. Default `direct`. */
  readonly runtime?: PluginRuntime;
  readonly onEvent?: (event: EngineEvent) => void;
  /**
   * Threads that run frames. A connection's frames are in one of them at a time, and so are those of a room, a user or a whole chain
   * whose plugins share memory. Default: one less than there are cores, and at least one.
   */
  readonly workers?: number;
  /**
   * Threads that wait with every chain loaded and warm, to take over from any other. Default 1. With none a takeover takes as long as a thread's start and
   * the chains' loading; each costs about 10 MiB and its instances.
   */
  readonly standbys?: number;
  /** Milliseconds from a takeover to the start of the next standby, so that it does not delay the replay. Default 25. */
  readonly respawnDelayMs?: number;
  /** MiB of JavaScript heap a thread; past it the thread dies and its frame is suspect. Guest memory is not part of it. Default 256. */
  readonly heapMb?: number;
  /** Milliseconds a chain may take to instantiate and warm up before `open` rejects. Default 10,000. */
  readonly startTimeoutMs?: number;
  /**
   * Bytes of shared memory, a thread and direction, that batches of frames and of answers travel in; rounded up to a power of two.
   * What finds no room travels as a message, which is slower. Default 262,144.
   */
  readonly ringBytes?: number;
  /**
   * Microseconds that the thread waits for the next frame before it sleeps; the main thread waits for the answer to one or two frames in
   * the same way, for 60 µs at most. Saves the wake-ups, which take longer than most frames. Costs up to one core while frames follow each
   * other more closely than that, next to nothing when they are rarer, and nothing when there are none. 0: never. Default 300; 0 where
   * there is one core.
   */
  readonly spinMicros?: number;
  /** Kills of one plugin within `breakerWindowMs` that quarantine it: its frames meet its `onFault` policy without running it. Default 5. */
  readonly breakerFaults?: number;
  /** Traps and errors of one plugin in a row, without a success between them, that quarantine it. Default 100. */
  readonly breakerFaultsInARow?: number;
  /** Milliseconds. Default 60,000. */
  readonly breakerWindowMs?: number;
  /** Milliseconds of the first quarantine; each that follows within a window lasts twice as long. Default 1,000. */
  readonly breakerBackoffMs?: number;
  /** Milliseconds of the longest quarantine. Default 300,000. */
  readonly breakerMaxBackoffMs?: number;
}

/** With more than that they wait for one another when they start. */
const THREADS_A_CORE = 4;

/** The main thread has sockets to serve. */
const MAX_LINGER_MICROS = 60;

/**
 * Runs guests in worker threads, watched from this one. Chains and their connections are placed so that no two threads need the same
 * memory (placement.ts). Results count when they are accepted here, so effects are exactly once whatever becomes of a thread.
 */
export class WorkerEngine implements Engine {
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #breaker: BreakerOptions;
  readonly #workers: WorkerSet;
  readonly #chains = new Set<WorkerChain>();
  #nextVersion = 1;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerEngineOptions = {}) {
    this.#onEvent = options.onEvent ?? (() => {});
    this.#breaker = {
      kills: options.breakerFaults ?? 5,
      faultsInARow: options.breakerFaultsInARow ?? 100,
      windowMs: options.breakerWindowMs ?? 60_000,
      backoffMs: options.breakerBackoffMs ?? 1_000,
      maxBackoffMs: options.breakerMaxBackoffMs ?? 300_000,
    };
    const cores = availableParallelism();
    const spinMicros = options.spinMicros ?? (cores > 1 ? 300 : 0);
    const workers = options.workers ?? Math.max(1, cores - 1);
    const standbys = options.standbys ?? 1;
    this.#workers = new WorkerSet(
      {
        workers,
        state: options.state ?? new StateMemoryStore(),
        runtime: options.runtime ?? 'direct',
        standbys,
        respawnDelayMs: options.respawnDelayMs ?? 25,
        heapMb: options.heapMb ?? 256,
        startTimeoutMs: options.startTimeoutMs ?? 10_000,
        crowd: crowdOf(workers + standbys, cores),
        ringBytes: options.ringBytes ?? 256 * 1024,
        spinMicros,
        lingerMicros: Math.min(spinMicros, MAX_LINGER_MICROS),
      },
      {
        started: (worker) => this.#onEvent({ kind: 'worker-started', worker }),
        killed: (worker, plugin, ranMs) => this.#onEvent({ kind: 'worker-killed', worker, plugin, ranMs }),
        died: (worker, message) => this.#onEvent({ kind: 'worker-died', worker, message }),
        log: (log, place) => this.#onEvent({ kind: 'plugin-log', ...log, ...(place && { place }) }),
      },
    );
  }

  async open(plugins: readonly PluginSpec[]): Promise<Chain> {
    const { definition, version } = await this.#prepare(plugins, {});
    const chain: WorkerChain = new WorkerChain(version, {
      start: (frame) => this.#workers.start(frame),
      left: (attachment) => this.#workers.forget(attachment),
      swap: (next, options) => this.#swap(chain, next, options),
      canary: async (next) => (await this.#swap(chain, next, { canary: true })).version,
      retire: (old) => this.#workers.remove(old.id),
      closed: () => this.#chains.delete(chain),
    });
    chain.migrations = await this.#workers.place(definition, { chain, version });
    this.#refuseIfClosed();
    this.#chains.add(chain);
    return chain;
  }

  wipeState(filter: StateFilter): number {
    return this.#workers.wipe(filter);
  }

  loadState(entries: Iterable<readonly [StateKey, StateEntry]>): void {
    this.#workers.write(asWrites(entries));
  }

  sweepState(now: number): void {
    this.#workers.sweep(now);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#chains].map((chain) => chain.close()));
    await this.#workers.close();
  }

  async #swap(
    chain: WorkerChain,
    plugins: readonly PluginSpec[],
    options: SwapOptions & { readonly canary?: boolean },
  ): Promise<{ readonly version: ChainVersion; readonly migrations: readonly StateMigration[] }> {
    const { definition, version } = await this.#prepare(plugins, { strict: options.undoOnly !== true });
    return { version, migrations: await this.#workers.place(definition, { chain, version }, options) };
  }

  /** Compiles the plugins, and starts them once where that delays nobody. */
  async #prepare(
    plugins: readonly PluginSpec[],
    rehearsal: RehearsalOptions,
  ): Promise<{ definition: ChainDefinition; version: ChainVersion }> {
    this.#refuseIfClosed();
    const definition = {
      chain: this.#nextVersion++,
      plugins: await Promise.all(plugins.map(prepareForThreads)),
      latencies: createLatencies(plugins.length),
      quarantines: createQuarantineFlags(plugins.length),
      quotas: plugins.map(({ name }) => this.#workers.quota(name)),
    };
    this.#refuseIfClosed();
    const guards = await this.#try(definition, rehearsal);
    const version = new ChainVersion(definition, guards, this.#breaker, {
      quarantined: (plugin, forMs) => this.#onEvent({ kind: 'plugin-quarantined', plugin, forMs }),
      readmitted: (plugin) => this.#onEvent({ kind: 'plugin-readmitted', plugin }),
    });
    return { definition, version };
  }

  /** Gives each plugin's guards. A thread may end at any time for reasons of its own; plugins that always meet that are to blame. */
  async #try(definition: ChainDefinition, rehearsal: RehearsalOptions, attempts = 3): Promise<readonly PluginGuards[]> {
    try {
      const guards = await this.#workers.try(definition, rehearsal);
      this.#refuseIfClosed();
      return guards;
    } catch (error) {
      this.#refuseIfClosed();
      if (!(error instanceof WorkerGone)) throw error;
      if (attempts > 1) return this.#try(definition, rehearsal, attempts - 1);
      throw new HostError('PLUGIN_START_FAILED', `${describePlugins(definition)}: the thread ended while it started: ${error.message}`, {
        cause: error,
      });
    }
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw new HostError('ENGINE_CLOSED', 'a chain was to be opened on an engine that is closed');
  }
}

/** The plugin may not be to blame where threads wait for one another. */
function crowdOf(threads: number, cores: number): string {
  if (threads <= cores * THREADS_A_CORE) return '';
  return ` ${threads} threads start on ${cores} cores: lower engine.workers, or raise engine.startTimeoutMs.`;
}

/** The module travels compiled; its bytes would only be copied. */
async function prepareForThreads(spec: PluginSpec): Promise<PreparedPlugin> {
  const prepared = await preparePlugin(spec);
  return { ...prepared, spec: { ...spec, wasm: new Uint8Array(0) } };
}
