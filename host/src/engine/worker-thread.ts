import { Worker } from 'node:worker_threads';
import { HostError } from '../errors.js';
import { createLane, type Doorbell, LaneReceiver, LaneSender } from './lane.js';
import { createProgress, ProgressReader, type RunningCall } from './progress.js';
import { Spin } from './spin.js';
import type { QuotaSeats } from './state-quota.js';
import type { PluginRuntime, RehearsalOptions } from './wasm/instantiate-plugin.js';
import {
  type ChainDefinition,
  type FromWorker,
  fromPlainError,
  type LoadedChain,
  type ToWorker,
  type WorkerSettings,
} from './worker-protocol.js';

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../../dist/engine/worker.js' : './worker.js', import.meta.url);

export interface WorkerThreadOptions {
  readonly id: number;
  readonly runtime: PluginRuntime;
  /** MiB of JavaScript heap; past it the thread dies. Guest memory is not part of it. */
  readonly heapMb: number;
  /** Milliseconds a chain may take to instantiate and warm up before the thread is killed. */
  readonly startTimeoutMs: number;
  /** What else may be the reason when one takes longer; empty: nothing known. */
  readonly crowd: string;
  /** Bytes of the shared memory that commands, and answers, travel in; batches without room travel as messages. */
  readonly ringBytes: number;
  /** Microseconds that the thread waits for the next batch before it sleeps (spin.ts). */
  readonly spinMicros: number;
  /** Microseconds that {@link WorkerThread.linger} waits. */
  readonly lingerMicros: number;
  readonly seats: QuotaSeats;
  /** Where it counts what it reserves of the plugins' quotas; its own until it has ended. */
  readonly quotaCell: number;
}

export interface Death {
  readonly message: string;
  /** Its JavaScript heap was full. */
  readonly outOfMemory: boolean;
  /** What ran in it when it ended. */
  readonly call: RunningCall | undefined;
}

export interface WorkerThreadEvents {
  readonly answers: (thread: WorkerThread, bytes: ArrayBuffer) => void;
  /** It has ended without having been told to. */
  readonly lost: (thread: WorkerThread, death: Death) => void;
}

/** The thread ended while it was loading, for whatever reason: another one may well succeed. */
export class WorkerGone extends Error {}

interface PendingLoad {
  readonly definition: ChainDefinition;
  readonly resolve: (guards: LoadedChain) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One worker thread, seen from the main thread. From the moment it is killed or lost nothing is heard of it any more,
 * whatever is still under way: that is the fence which makes a takeover exact.
 */
export class WorkerThread {
  readonly id: number;
  readonly quotaCell: number;
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
  readonly #progress: ProgressReader;
  readonly #worker: Worker;
  readonly #outgoing: LaneSender<ToWorker>;
  readonly #incoming: LaneReceiver<FromWorker>;
  readonly #lingering: Spin;
  readonly #startTimeoutMs: number;
  readonly #crowd: string;
  readonly #events: WorkerThreadEvents;
  readonly #loaded = new Map<number, Promise<LoadedChain>>();
  /** In the order in which the thread takes them, one after the other. */
  readonly #loads = new Map<number, PendingLoad>();
  /** Runs for the first of them. */
  #loading: NodeJS.Timeout | undefined;
  readonly #unloads = new Map<number, () => void>();
  #migration: { readonly resolve: (changes: ArrayBuffer) => void; readonly reject: (error: Error) => void } | undefined;
  #fenced = false;

  constructor(options: WorkerThreadOptions, events: WorkerThreadEvents) {
    this.id = options.id;
    this.quotaCell = options.quotaCell;
    this.#startTimeoutMs = options.startTimeoutMs;
    this.#crowd = options.crowd;
    this.#events = events;
    const progress = createProgress();
    this.#progress = new ProgressReader(progress);
    const toWorker = createLane(options.ringBytes);
    const fromWorker = createLane(options.ringBytes);
    this.#outgoing = new LaneSender(toWorker, (message, transfer) => this.#worker.postMessage(message, transfer));
    this.#incoming = new LaneReceiver(fromWorker, {
      batch: (bytes) => this.#events.answers(this, bytes),
      message: (message) => this.#receive(message),
    });
    this.#lingering = new Spin(options.lingerMicros);
    this.#worker = new Worker(ENTRY, {
      workerData: {
        progress,
        toWorker,
        fromWorker,
        runtime: options.runtime,
        spinMicros: options.spinMicros,
        seats: options.seats,
        quotaCell: options.quotaCell,
      } satisfies WorkerSettings,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMb },
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (message: FromWorker | Doorbell) => this.#incoming.receive(message));
    this.#worker.on('messageerror', (error) => this.#lose(`a message could not be read: ${error.message}`));
    this.#worker.on('error', (error) => {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      this.#lose(error instanceof Error ? error.message : String(error), code === 'ERR_WORKER_OUT_OF_MEMORY');
    });
    this.#worker.on('exit', (code) => this.#lose(`exited with code ${code}`));
  }

  /** The call that runs in it at this moment; none once it is fenced. */
  get running(): RunningCall | undefined {
    return this.#fenced ? undefined : this.#progress.running();
  }

  /**
   * Instantiates a chain, after everything posted before, once. With a rehearsal before it, unless that is cold, which compiles
   * its code for all threads but takes this one's time. Rejects with a HostError, or with WorkerGone.
   */
  load(definition: ChainDefinition, rehearsal: RehearsalOptions = {}): Promise<LoadedChain> {
    let loaded = this.#loaded.get(definition.chain);
    if (loaded === undefined) {
      loaded = this.#load(definition, rehearsal);
      this.#loaded.set(definition.chain, loaded);
    }
    return loaded;
  }

  #load(definition: ChainDefinition, rehearsal: RehearsalOptions): Promise<LoadedChain> {
    return new Promise((resolve, reject) => {
      if (this.#fenced) {
        reject(new WorkerGone(`worker ${this.id} has ended`));
        return;
      }
      this.#loads.set(definition.chain, { definition, resolve, reject });
      if (this.#loads.size === 1) this.#timeFirstLoad();
      this.#post({ kind: 'load', definition, rehearsal });
    });
  }

  /** Each load has the whole time for itself, however many the thread has before it. */
  #timeFirstLoad(): void {
    clearTimeout(this.#loading);
    const [first] = this.#loads.values();
    if (first === undefined) return;
    this.#loading = setTimeout(() => {
      const message = `${describePlugins(first.definition)} did not answer within ${this.#startTimeoutMs} ms while it was instantiated, set up and warmed (its hooks are called with made-up frames).${this.#crowd}`;
      this.#takeLoad(first.definition.chain)?.reject(new HostError('PLUGIN_START_FAILED', message));
      this.#lose(message);
    }, this.#startTimeoutMs);
  }

  /**
   * Has a plugin of a loaded chain migrate these entries; one at a time, in a thread that runs no frames. Resolves with the changes (write-codec.ts).
   * Rejects with a HostError, or with WorkerGone.
   */
  migrate(chain: number, plugin: number, from: string, entries: ArrayBuffer): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => {
      if (this.#fenced) {
        reject(new WorkerGone(`worker ${this.id} has ended`));
        return;
      }
      this.#migration = { resolve, reject };
      this.#post({ kind: 'migrate', chain, plugin, from, entries });
    });
  }

  /** Has loaded a chain before: the host's own code is warm in it. */
  get experienced(): boolean {
    return this.#loaded.size > 0;
  }

  /** Disposes of a chain's instances. Resolves when they are gone, with the thread if need be. */
  unload(chain: number): Promise<void> {
    if (this.#fenced || !this.#loaded.delete(chain)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#unloads.set(chain, resolve);
      this.#post({ kind: 'unload', chain });
    });
  }

  /** Takes a copy. */
  commands(bytes: Uint8Array): void {
    if (!this.#fenced) this.#outgoing.batch(bytes, (copy) => ({ kind: 'commands', bytes: copy }));
  }

  /** Blocks for a moment, to take answers that come at once without having slept. */
  linger(): void {
    this.#incoming.wait(this.#lingering);
  }

  /** Takes the answers that wait in shared memory. */
  drain(): void {
    this.#incoming.drain();
  }

  /** Fences it and ends it; does not wait for the end. */
  kill(): void {
    this.#fence('was killed');
    void this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    if (!this.#fenced) this.#outgoing.message(message);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'answers':
        this.#events.answers(this, message.bytes);
        return;
      case 'loaded':
        this.#takeLoad(message.chain)?.resolve(message);
        return;
      case 'load-failed':
        this.#takeLoad(message.chain)?.reject(fromPlainError(message.error));
        return;
      case 'unloaded':
        this.#unloads.get(message.chain)?.();
        this.#unloads.delete(message.chain);
        return;
      case 'migrated':
        this.#migration?.resolve(message.changes);
        return;
      case 'migration-failed':
        this.#migration?.reject(fromPlainError(message.error));
    }
  }

  #takeLoad(chain: number): PendingLoad | undefined {
    const load = this.#loads.get(chain);
    if (this.#loads.delete(chain)) this.#timeFirstLoad();
    return load;
  }

  #lose(message: string, outOfMemory = false): void {
    if (this.#fenced) return;
    // What it has answered is answered.
    this.#incoming.drain();
    if (this.#fenced) return;
    this.#fence(message);
    void this.#worker.terminate();
    this.#events.lost(this, { message, outOfMemory, call: this.#progress.running() });
  }

  #fence(message: string): void {
    if (this.#fenced) return;
    this.#fenced = true;
    this.#incoming.close();
    for (const chain of [...this.#loads.keys()]) {
      this.#takeLoad(chain)?.reject(new WorkerGone(`worker ${this.id}: ${message}`));
    }
    this.#migration?.reject(new WorkerGone(`worker ${this.id}: ${message}`));
    for (const resolve of this.#unloads.values()) resolve();
    this.#unloads.clear();
  }
}

/** Names and files for a message. One can't be told from the others here: they start in a thread that says nothing until all have. */
export function describePlugins({ plugins }: ChainDefinition): string {
  const names = plugins.map(({ spec }) => `"${spec.name}" (${spec.origin})`).join(', ');
  return plugins.length === 1 ? `plugin ${names}` : `one of the plugins ${names}`;
}
