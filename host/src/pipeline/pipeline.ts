import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { StateStore, StateWrite } from '../state/state-store.js';
import { StateTransaction } from '../state/state-transaction.js';
import { PASS } from '../verdict.js';
import type { ConnectionContext } from './connection-context.js';
import type { HttpJournal } from './http-journal.js';
import type { Outcome, OutcomeNote } from './outcome.js';
import { PipelineRun, type PipelineStep } from './pipeline-run.js';
import type { PluginCall } from './plugin.js';

export type { PipelineStep } from './pipeline-run.js';

/** What became of a frame, and what it wrote: both are to take effect, or neither. */
export interface PipelineResult {
  readonly outcome: Outcome;
  readonly writes: readonly StateWrite[];
}

const NO_FRAMES: readonly Frame[] = Object.freeze([]);
const NO_NOTES: readonly OutcomeNote[] = Object.freeze([]);
const NOTHING: Outcome = Object.freeze({ forward: NO_FRAMES, reply: NO_FRAMES, notes: NO_NOTES });

/**
 * Runs a frame through one route's plugins. The first plugin is nearest to the client: frames from it meet the plugins in
 * order, frames to it in reverse; a reply travels back through the plugins that its frame has passed.
 * Never throws for a plugin's fault: the plugin's `onFault` policy decides (open: pass on, closed: drop), and its writes are undone.
 */
export class Pipeline {
  readonly hooks: ReadonlySet<Hook>;
  readonly #steps: readonly PipelineStep[];
  readonly #store: StateStore;

  constructor(steps: readonly PipelineStep[], store: StateStore) {
    this.#steps = steps;
    this.#store = store;
    this.hooks = new Set(steps.flatMap(({ plugin }) => [...plugin.hooks]));
  }

  /**
   * `now`: milliseconds since the epoch. Synchronous as long as every plugin is. The store is read, never written.
   * If `http` is waiting afterwards, the result means nothing: the frame has to run again.
   */
  run(
    hook: Hook,
    frame: Frame,
    connection: ConnectionContext,
    now: number,
    http?: HttpJournal | undefined,
  ): PipelineResult | Promise<PipelineResult> {
    const state = new StateTransaction(this.#store, now);
    const isEvent = hook === 'on_connect' || hook === 'on_disconnect';
    const outcome = isEvent
      ? this.hooks.has(hook)
        ? new PipelineRun(this.#steps, hook, connection, state, http).event(frame)
        : NOTHING
      : this.#message({ hook, frame, connection, now: http?.startedAt ?? now, state, http });
    if (outcome instanceof Promise) return outcome.then((settled) => ({ outcome: settled, writes: state.writes() }));
    return { outcome, writes: state.writes() };
  }

  /** Frees every plugin. */
  async dispose(): Promise<void> {
    await Promise.all(this.#steps.map(({ plugin }) => plugin.dispose()));
  }

  /** As long as every plugin passes the frame on, nothing is built but the outcome. */
  #message(call: PluginCall): Outcome | Promise<Outcome> {
    const { hook, frame, state } = call;
    const steps = this.#steps;
    const last = steps.length - 1;
    for (let index = 0; index <= last; index++) {
      const position = hook === 'on_request_message' ? index : last - index;
      const plugin = steps[position]?.plugin;
      if (!plugin?.hooks.has(hook)) continue;
      const savepoint = state.savepoint();
      const answer = plugin.run(call);
      if (answer === PASS) continue;
      return new PipelineRun(steps, hook, call.connection, state, call.http).answered(frame, position, savepoint, answer);
    }
    return { forward: [frame], reply: NO_FRAMES, notes: NO_NOTES };
  }
}
