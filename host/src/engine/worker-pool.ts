import type { ChainDefinition } from './worker-protocol.js';
import { type Death, WorkerGone, WorkerThread, type WorkerThreadEvents, type WorkerThreadOptions } from './worker-thread.js';

export interface WorkerPoolOptions extends Omit<WorkerThreadOptions, 'id'> {
  readonly standbys: number;
  readonly respawnDelayMs: number;
}

export interface WorkerPoolEvents extends Pick<WorkerThreadEvents, 'answers'> {
  readonly started: (thread: WorkerThread) => void;
  /** The active thread, or a standby, has ended without having been told to, or could not load a chain that is open. */
  readonly lost: WorkerThreadEvents['lost'];
}

const MAX_RESPAWN_DELAY_MS = 10_000;

/**
 * The thread that runs all frames and the warm ones that wait to take over. Every thread loads every open chain, in the order of
 * its messages, so that even one that is still loading may be made the active one.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #events: WorkerPoolEvents;
  readonly #chains = new Map<number, ChainDefinition>();
  readonly #ending = new Set<Promise<void>>();
  #active: WorkerThread;
  #standbys: WorkerThread[] = [];
  #respawn: NodeJS.Timeout | undefined;
  #failedStandbys = 0;
  #nextId = 1;
  #closed = false;

  constructor(options: WorkerPoolOptions, events: WorkerPoolEvents) {
    this.#options = options;
    this.#events = events;
    this.#active = this.#spawn();
    this.#fillUp();
  }

  get active(): WorkerThread {
    return this.#active;
  }

  /** Where a new chain is tried first: a standby, which delays nobody's frames. */
  get trial(): WorkerThread {
    return this.#standbys[0] ?? this.#active;
  }

  /** Loads a chain in every thread; `loaded` has it already. Resolves when the active thread has it. */
  async add(definition: ChainDefinition, loaded: WorkerThread): Promise<void> {
    this.#chains.set(definition.chain, definition);
    for (const standby of this.#standbys) if (standby !== loaded) this.#load(standby, definition);
    // A thread that was spawned by a takeover in the meantime loads it on its own.
    const active = this.#active;
    if (active === loaded) return;
    try {
      await active.load(definition);
    } catch (error) {
      // Whichever thread comes next loads it on its own.
      if (error instanceof WorkerGone) return;
      await this.remove(definition.chain);
      throw error;
    }
  }

  /** Resolves when no thread has an instance of it any more. */
  async remove(chain: number): Promise<void> {
    this.#chains.delete(chain);
    await Promise.all([this.#active, ...this.#standbys].map((thread) => thread.unload(chain)));
  }

  /** Kills the active thread and makes the best standby the active one, or a new thread if there is none. New standbys come later. */
  takeover(): WorkerThread {
    this.#end(this.#active);
    this.#active = this.#standbys.shift() ?? this.#spawn();
    this.#fillUpIn(this.#options.respawnDelayMs);
    return this.#active;
  }

  /** Resolves when every thread is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#respawn);
    for (const thread of [this.#active, ...this.#standbys]) this.#end(thread);
    this.#standbys = [];
    await Promise.all(this.#ending);
  }

  #end(thread: WorkerThread): void {
    thread.kill();
    const ended = thread.ended.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #spawn(): WorkerThread {
    const thread = new WorkerThread(
      { ...this.#options, id: this.#nextId++ },
      { answers: this.#events.answers, lost: (lost, death) => this.#lost(lost, death) },
    );
    for (const definition of this.#chains.values()) this.#load(thread, definition);
    this.#events.started(thread);
    return thread;
  }

  #load(thread: WorkerThread, definition: ChainDefinition): void {
    thread.load(definition).then(
      () => {
        this.#failedStandbys = 0;
      },
      (error: Error) => {
        // A thread without a chain that is open is of no use. If it was killed or lost there is nobody to tell any more.
        const known = thread === this.#active || this.#standbys.includes(thread);
        if (!known || !this.#chains.has(definition.chain)) return;
        thread.kill();
        this.#lost(thread, { message: error.message, outOfMemory: false, call: undefined });
      },
    );
  }

  #lost(thread: WorkerThread, death: Death): void {
    if (this.#closed) return;
    if (thread !== this.#active) {
      if (!this.#standbys.includes(thread)) return;
      this.#standbys = this.#standbys.filter((standby) => standby !== thread);
      this.#failedStandbys += 1;
      this.#fillUpIn(Math.min(this.#options.respawnDelayMs * 2 ** this.#failedStandbys, MAX_RESPAWN_DELAY_MS));
    }
    this.#events.lost(thread, death);
  }

  #fillUpIn(delayMs: number): void {
    clearTimeout(this.#respawn);
    this.#respawn = setTimeout(() => this.#fillUp(), delayMs);
  }

  #fillUp(): void {
    if (this.#closed) return;
    while (this.#standbys.length < this.#options.standbys) this.#standbys.push(this.#spawn());
  }
}
