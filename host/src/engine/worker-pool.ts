import type { StateQuotas } from './state-quotas.js';
import type { RehearsalOptions } from './wasm/instantiate-plugin.js';
import type { ChainDefinition, LoadedChain } from './worker-protocol.js';
import { type Death, WorkerThread, type WorkerThreadEvents, type WorkerThreadOptions } from './worker-thread.js';

export interface WorkerPoolOptions extends Omit<WorkerThreadOptions, 'id' | 'seats' | 'quotaCell'> {
  readonly quotas: StateQuotas;
  readonly standbys: number;
  readonly respawnDelayMs: number;
}

export interface WorkerPoolEvents extends Pick<WorkerThreadEvents, 'answers'> {
  readonly started: (thread: WorkerThread) => void;
  /** A thread has ended without having been told to, or could not load a chain that is open. */
  readonly lost: WorkerThreadEvents['lost'];
}

const MAX_RESPAWN_DELAY_MS = 10_000;

/**
 * Makes threads, and keeps some warm that may take over from any other: a standby loads every open chain, in the order of
 * its messages, so that even one that is still loading may be given frames.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #events: WorkerPoolEvents;
  readonly #chains = new Map<number, ChainDefinition>();
  readonly #threads = new Set<WorkerThread>();
  readonly #ending = new Set<Promise<void>>();
  #standbys: WorkerThread[] = [];
  #respawn: NodeJS.Timeout | undefined;
  #failedStandbys = 0;
  #nextId = 1;
  #closed = false;

  constructor(options: WorkerPoolOptions, events: WorkerPoolEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Where a new chain is tried first: it delays nobody's frames there. */
  get standby(): WorkerThread | undefined {
    return this.#standbys[0];
  }

  /** An open chain, as it was added. */
  definition(chain: number): ChainDefinition | undefined {
    return this.#chains.get(chain);
  }

  /** From now on every standby has this chain, and every thread that is given out. */
  add(definition: ChainDefinition): void {
    this.#chains.set(definition.chain, definition);
    for (const standby of this.#standbys) this.load(standby, definition);
  }

  /** Loads a chain in a thread that is made for it and ends with it: slower than in a standby, but nobody waits behind a plugin that hangs. */
  async tryApart(definition: ChainDefinition, rehearsal: RehearsalOptions): Promise<LoadedChain> {
    const thread = this.#spawn(() => false);
    try {
      return await thread.load(definition, rehearsal);
    } finally {
      this.end(thread);
    }
  }

  /** Starts a thread that runs no frames, with this chain and no other. Who asked for it ends it. */
  async startApart(definition: ChainDefinition): Promise<WorkerThread> {
    const thread = this.#spawn(() => false);
    try {
      await thread.load(definition, { warm: false });
      return thread;
    } catch (error) {
      this.end(thread);
      throw error;
    }
  }

  /** Resolves when no thread has an instance of it any more. */
  async remove(chain: number): Promise<void> {
    this.#chains.delete(chain);
    await Promise.all([...this.#threads].map((thread) => thread.unload(chain)));
  }

  /** Gives out the best standby, or a new thread if there is none, which loads those chains that `needs` names. New standbys come later. */
  take(needs: (chain: number) => boolean): WorkerThread {
    const thread = this.#standbys.shift() ?? this.#spawn(needs);
    this.#fillUpIn(this.#options.respawnDelayMs);
    return thread;
  }

  /**
   * Loads a chain in a thread, if it has not got it yet. Only a thread's first one is rehearsed: the chain's code is compiled for all of them, and
   * frames may come at any moment. Should it fail, the thread is as good as lost.
   */
  load(thread: WorkerThread, definition: ChainDefinition): void {
    thread.load(definition, { warm: !thread.experienced }).then(
      () => {
        this.#failedStandbys = 0;
      },
      (error: Error) => {
        // A thread without a chain that is open is of no use. If it was killed or lost there is nobody to tell any more.
        if (this.#chains.has(definition.chain)) this.#lost(thread, { message: error.message, outOfMemory: false, call: undefined });
      },
    );
  }

  /** Ends a thread; does not wait for the end. */
  end(thread: WorkerThread): void {
    thread.kill();
    this.#threads.delete(thread);
    const ended = thread.ended.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** Starts the standbys that are missing. */
  fillUp(): void {
    if (this.#closed) return;
    while (this.#standbys.length < this.#options.standbys) this.#standbys.push(this.#spawn(() => true));
  }

  /** Resolves when every thread is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#respawn);
    this.#standbys = [];
    for (const thread of [...this.#threads]) this.end(thread);
    await Promise.all(this.#ending);
  }

  #spawn(needs: (chain: number) => boolean): WorkerThread {
    const { quotas, ...options } = this.#options;
    const thread = new WorkerThread(
      { ...options, id: this.#nextId++, seats: quotas.seats, quotaCell: quotas.takeCell() },
      { answers: this.#events.answers, lost: (lost, death) => this.#lost(lost, death) },
    );
    this.#threads.add(thread);
    void thread.ended.then(() => quotas.freeCell(thread.quotaCell));
    for (const definition of this.#chains.values()) if (needs(definition.chain)) this.load(thread, definition);
    this.#events.started(thread);
    return thread;
  }

  #lost(thread: WorkerThread, death: Death): void {
    if (this.#closed || !this.#threads.has(thread)) return;
    this.end(thread);
    if (this.#standbys.includes(thread)) {
      this.#standbys = this.#standbys.filter((standby) => standby !== thread);
      this.#failedStandbys += 1;
      this.#fillUpIn(Math.min(this.#options.respawnDelayMs * 2 ** this.#failedStandbys, MAX_RESPAWN_DELAY_MS));
    }
    this.#events.lost(thread, death);
  }

  #fillUpIn(delayMs: number): void {
    clearTimeout(this.#respawn);
    this.#respawn = setTimeout(() => this.fillUp(), delayMs);
  }
}
