import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { HostError } from '../errors.js';
import { StateMemoryStore } from '../state/state-memory.js';
import type { StateStore } from '../state/state-store.js';
import type { BreakerOptions } from './breaker.js';
import type { Chain, Engine, EngineEvent, PluginSpec } from './engine.js';
import { FrameDispatcher } from './frame-dispatcher.js';
import { createLatencies } from './latency.js';
import type { RunningCall } from './progress.js';
import { type PluginRuntime, type PreparedPlugin, preparePlugin } from './wasm/instantiate-plugin.js';
import { Watchdog } from './watchdog.js';
import { WorkerChain } from './worker-chain.js';
import { WorkerPool } from './worker-pool.js';

import type { ChainDefinition } from './worker-protocol.js';
import { type Death, WorkerGone, type WorkerThread } from './worker-thread.js';

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
   * Threads that wait with every chain loaded and warm. Default 1. With none a takeover takes as long as a thread's start and
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
   * other more closely than that, next to nothing when they are rarer, and nothing when there are none. 0: never. Default 150; 0 where
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

/** A worker that dies under a frame gets one more try; the second death is the frame's. */
const DEATHS_PARDONED = 1;
/** The main thread has sockets to serve. */
const MAX_LINGER_MICROS = 60;
/** Deaths in a row, without an accepted result between, after which takeovers slow down. */
const DEATHS_IN_A_ROW = 3;
const MAX_DEATH_DELAY_MS = 5_000;

/**
 * Runs guests in a worker thread, watched from this one. A call past its deadline costs its thread, and its own frame alone:
 * a standby takes over and runs all others again, in order. Results count when they are accepted here, so effects are exactly once.
 */
export class WorkerEngine implements Engine {
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #breaker: BreakerOptions;
  readonly #chains = new Map<number, WorkerChain>();
  readonly #pool: WorkerPool;
  readonly #dispatcher: FrameDispatcher;
  readonly #watchdog: Watchdog;
  #nextChain = 1;
  #lookEveryMs = Number.POSITIVE_INFINITY;
  #deathsInARow = 0;
  #retry: NodeJS.Timeout | undefined;
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
    const spinMicros = options.spinMicros ?? (availableParallelism() > 1 ? 150 : 0);
    this.#pool = new WorkerPool(
      {
        runtime: options.runtime ?? 'direct',
        standbys: options.standbys ?? 1,
        respawnDelayMs: options.respawnDelayMs ?? 25,
        heapMb: options.heapMb ?? 256,
        startTimeoutMs: options.startTimeoutMs ?? 10_000,
        ringBytes: options.ringBytes ?? 256 * 1024,
        spinMicros,
        lingerMicros: Math.min(spinMicros, MAX_LINGER_MICROS),
      },
      {
        started: ({ id }) => this.#onEvent({ kind: 'worker-started', worker: id }),
        answers: (thread, bytes) => this.#answers(thread, bytes),
        lost: (thread, death) => this.#lost(thread, death),
      },
    );
    this.#dispatcher = new FrameDispatcher({
      state: options.state ?? new StateMemoryStore(),
      sink: () => this.#pool.active,
      log: (log) => this.#onEvent({ kind: 'plugin-log', ...log }),
    });
    this.#watchdog = new Watchdog({
      running: () => this.#pool.active.running,
      deadlineMs: (call) => this.#deadlineMs(call),
      intervalMs: () => this.#lookEveryMs,
      busy: () => this.#dispatcher.size > 0,
      overrun: (call, ranMs) => this.#kill(call, ranMs),
    });
  }

  async open(plugins: readonly PluginSpec[]): Promise<Chain> {
    this.#refuseIfClosed();
    const id = this.#nextChain++;
    const latencies = createLatencies(plugins.length);
    const definition = { chain: id, plugins: await Promise.all(plugins.map(prepareForThreads)), latencies };
    this.#refuseIfClosed();
    const trial = await this.#try(definition);
    this.#refuseIfClosed();
    await this.#pool.add(definition, trial);
    this.#refuseIfClosed();
    this.#dispatcher.prime(plugins.map((plugin) => plugin.name));
    const chain = new WorkerChain(
      { id, plugins, hooks: definition.plugins.map(({ checked }) => checked.hooks), breaker: this.#breaker, latencies },
      {
        submit: (attachment, hook, frame) => {
          this.#dispatcher.submit(attachment, hook, frame);
          this.#watchdog.wake();
        },
        left: (attachment) => this.#dispatcher.forget(attachment),
        unload: (closed) => this.#unload(closed),
        quarantined: (plugin, forMs) => this.#onEvent({ kind: 'plugin-quarantined', plugin, forMs }),
        readmitted: (plugin) => this.#onEvent({ kind: 'plugin-readmitted', plugin }),
      },
    );
    this.#chains.set(id, chain);
    this.#updateInterval();
    return chain;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#chains.values()].map((chain) => chain.close()));
    clearTimeout(this.#retry);
    this.#watchdog.stop();
    await this.#pool.close();
  }

  async #unload(chain: WorkerChain): Promise<void> {
    this.#chains.delete(chain.id);
    this.#updateInterval();
    await this.#pool.remove(chain.id);
  }

  /** Loads a chain in one thread. A thread may end at any time for reasons of its own; a chain that always meets that is to blame. */
  async #try(definition: ChainDefinition, attempts = 3): Promise<WorkerThread> {
    const { trial } = this.#pool;
    try {
      await trial.load(definition);
      return trial;
    } catch (error) {
      this.#refuseIfClosed();
      if (!(error instanceof WorkerGone)) throw error;
      if (attempts > 1) return this.#try(definition, attempts - 1);
      const names = definition.plugins.map(({ spec }) => `"${spec.name}"`).join(', ');
      throw new HostError('PLUGIN_START_FAILED', `plugins ${names}: their thread ended while they started: ${error.message}`, {
        cause: error,
      });
    }
  }

  #answers(thread: WorkerThread, bytes: ArrayBuffer): void {
    if (thread !== this.#pool.active) return;
    this.#deathsInARow = 0;
    this.#dispatcher.accept(bytes);
  }

  #kill(call: RunningCall, ranMs: number): void {
    const chain = this.#chains.get(call.chain);
    const frame = this.#dispatcher.frame(call.sequence);
    const { id } = this.#pool.active;
    this.#pool.active.kill();
    if (frame) this.#dispatcher.skip(frame, call.plugin, 'PLUGIN_DEADLINE');
    chain?.killed(call.plugin, Date.now());
    this.#takeOver();
    this.#onEvent({ kind: 'worker-killed', worker: id, plugin: chain?.plugins[call.plugin]?.name ?? '', ranMs });
  }

  #lost(thread: WorkerThread, death: Death): void {
    if (thread === this.#pool.active) {
      this.#blame(death);
      this.#deathsInARow += 1;
      const over = this.#deathsInARow - DEATHS_IN_A_ROW;
      if (over < 0) this.#takeOver();
      else this.#retry = setTimeout(() => this.#takeOver(), Math.min(100 * 2 ** over, MAX_DEATH_DELAY_MS));
    }
    this.#onEvent({ kind: 'worker-died', worker: thread.id, message: death.message });
  }

  /** The frame that a dead worker was running is suspect, but it may have been a bystander: the first death is pardoned. */
  #blame({ call, outOfMemory }: Death): void {
    const frame = call && this.#dispatcher.frame(call.sequence);
    if (!call || !frame) return;
    frame.deaths += 1;
    if (frame.deaths <= DEATHS_PARDONED) return;
    this.#dispatcher.skip(frame, call.plugin, outOfMemory ? 'PLUGIN_OUT_OF_MEMORY' : 'PLUGIN_TRAP');
    this.#chains.get(call.chain)?.killed(call.plugin, Date.now());
  }

  #takeOver(): void {
    this.#pool.takeover();
    this.#watchdog.reset();
    this.#dispatcher.replay([...this.#chains.values()].flatMap((chain) => chain.plugins.map((plugin) => plugin.name)));
    if (this.#dispatcher.size > 0) this.#watchdog.wake();
  }

  #deadlineMs(call: RunningCall): number {
    return this.#chains.get(call.chain)?.plugins[call.plugin]?.limits.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  #updateInterval(): void {
    const deadlines = [...this.#chains.values()].flatMap((chain) => chain.plugins.map((plugin) => plugin.limits.deadlineMs));
    this.#lookEveryMs = Math.max(1, Math.min(...deadlines, 60_000) / 4);
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw new HostError('ENGINE_CLOSED', 'a chain was to be opened on an engine that is closed');
  }
}

/** The module travels compiled; its bytes would only be copied. */
async function prepareForThreads(spec: PluginSpec): Promise<PreparedPlugin> {
  const prepared = await preparePlugin(spec);
  return { ...prepared, spec: { ...spec, wasm: new Uint8Array(0) } };
}
