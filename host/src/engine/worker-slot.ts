import type { ChainVersion } from './chain-version.js';
import { FrameDispatcher, type FrameDispatcherOptions } from './frame-dispatcher.js';
import type { StateDomain } from './placement.js';
import type { RunningCall } from './progress.js';
import type { StateQuotas } from './state-quotas.js';
import { Watchdog } from './watchdog.js';
import type { WorkerPool } from './worker-pool.js';
import type { ChainDefinition } from './worker-protocol.js';
import { type Death, WorkerGone, type WorkerThread } from './worker-thread.js';

/** A frame whose thread dies gets one more try; the second death is the frame's. */
const DEATHS_PARDONED = 1;
/** Deaths in a row, without an accepted result between, after which takeovers slow down. */
const DEATHS_IN_A_ROW = 3;
const MAX_DEATH_DELAY_MS = 5_000;

export interface WorkerSlotOptions extends Omit<FrameDispatcherOptions, 'sink' | 'sent' | 'changed' | 'refreshed'> {
  /** Which of the N. */
  readonly worker: number;
  readonly pool: WorkerPool;
  readonly quotas: StateQuotas;
  /** Whether frames of this chain can come here. */
  readonly needs: (chain: number) => boolean;
  /** The memories of all chains. */
  readonly domains: () => Iterable<StateDomain>;
  readonly version: (chain: number) => ChainVersion | undefined;
  /** Milliseconds between two looks of the watchdog. */
  readonly lookEveryMs: () => number;
  readonly killed: (thread: WorkerThread, plugin: string, ranMs: number) => void;
}

/**
 * One of the N workers: the place where some connections' frames run, whatever thread holds it. A call past its deadline costs the
 * thread, and its own frame alone: another thread takes the place and does all the rest again, in order. Other places notice nothing.
 */
export class WorkerSlot {
  readonly dispatcher: FrameDispatcher;
  readonly #options: WorkerSlotOptions;
  readonly #watchdog: Watchdog;
  #thread: WorkerThread;
  #deathsInARow = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#thread = this.#takeThread();
    this.dispatcher = new FrameDispatcher({
      ...options,
      sink: () => this.#thread,
      sent: () => this.#watchdog.wake(),
      changed: (change) => options.quotas.accept(this.#thread.quotaCell, change),
      refreshed: () => options.quotas.refresh(),
    });
    this.#watchdog = new Watchdog({
      running: () => this.#thread.running,
      deadlineMs: ({ chain, plugin }) => options.version(chain)?.plugins[plugin]?.limits.deadlineMs ?? Number.POSITIVE_INFINITY,
      intervalMs: options.lookEveryMs,
      busy: () => this.dispatcher.size > 0,
      overrun: (call, ranMs) => this.#kill(call, ranMs),
    });
  }

  get thread(): WorkerThread {
    return this.#thread;
  }

  /**
   * Resolves when the chain, which another thread has started before, can run here. Rejects with a HostError if it can't. It is not rehearsed
   * where frames already run: the code is compiled, and a rehearsal would hold them up for tens of milliseconds.
   */
  async load(definition: ChainDefinition): Promise<void> {
    try {
      await this.#thread.load(definition, { warm: !this.#thread.experienced });
    } catch (error) {
      // Whichever thread comes next loads it on its own.
      if (!(error instanceof WorkerGone)) throw error;
    }
  }

  accept(bytes: ArrayBuffer): void {
    this.#deathsInARow = 0;
    this.dispatcher.accept(bytes);
  }

  /** Its thread has ended by itself. */
  lost(death: Death): void {
    this.#blame(death);
    this.#deathsInARow += 1;
    const over = this.#deathsInARow - DEATHS_IN_A_ROW;
    if (over < 0) this.#takeOver();
    else this.#retry = setTimeout(() => this.#takeOver(), Math.min(100 * 2 ** over, MAX_DEATH_DELAY_MS));
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#watchdog.stop();
  }

  #kill(call: RunningCall, ranMs: number): void {
    const killed = this.#thread;
    // What it has answered is answered: it need not run again.
    killed.drain();
    if (killed.running?.ticket !== call.ticket) return;
    const version = this.#options.version(call.chain);
    const frame = this.dispatcher.frame(call.sequence);
    this.#options.pool.end(killed);
    if (frame) this.dispatcher.skip(frame, call.plugin, 'PLUGIN_DEADLINE');
    version?.killed(call.plugin, Date.now());
    this.#takeOver();
    this.#options.killed(killed, version?.name(call.plugin) ?? '', ranMs);
  }

  /** The frame that a dead thread was running is suspect, but it may have been a bystander: the first death is pardoned. */
  #blame({ call, outOfMemory }: Death): void {
    const frame = call && this.dispatcher.frame(call.sequence);
    if (!call || !frame) return;
    frame.deaths += 1;
    if (frame.deaths <= DEATHS_PARDONED) return;
    this.dispatcher.skip(frame, call.plugin, outOfMemory ? 'PLUGIN_OUT_OF_MEMORY' : 'PLUGIN_TRAP');
    this.#options.version(call.chain)?.killed(call.plugin, Date.now());
  }

  #takeThread(): WorkerThread {
    const { pool, needs, quotas, worker } = this.#options;
    const thread = pool.take(needs);
    quotas.seat(worker, thread.quotaCell);
    return thread;
  }

  #takeOver(): void {
    this.#thread = this.#takeThread();
    this.#watchdog.reset();
    this.dispatcher.replay(this.#options.domains());
    if (this.dispatcher.size > 0) this.#watchdog.wake();
  }
}
