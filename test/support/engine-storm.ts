import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import type { EngineEvent } from '../../host/src/engine/engine.js';
import { WorkerEngine, type WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';

const NEVER = Number.MAX_SAFE_INTEGER;

/** One engine after the other whose breakers never trip, with what it tells and the threads that it starts. */
export class EngineStorm {
  readonly events: EngineEvent[] = [];
  /** In the order in which they started; those that ended stay. A test may end them, as a crash would. */
  readonly threads: Worker[] = [];
  readonly #onThread = (message: unknown): void => {
    this.threads.push((message as { worker: Worker }).worker);
  };
  #engine: WorkerEngine | undefined;

  start(options: WorkerEngineOptions): WorkerEngine {
    this.events.length = 0;
    this.threads.length = 0;
    subscribe('worker_threads', this.#onThread);
    this.#engine = new WorkerEngine({
      onEvent: (event) => this.events.push(event),
      breakerFaults: NEVER,
      breakerFaultsInARow: NEVER,
      ...options,
    });
    return this.#engine;
  }

  /** Resolves when every thread is gone: a guest that survives its kill fails the test that waits for it. */
  async close(): Promise<void> {
    unsubscribe('worker_threads', this.#onThread);
    await this.#engine?.close();
  }
}
