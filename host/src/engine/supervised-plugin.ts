import type { Hook } from '@framegate/sdk/abi';
import type { Plugin, PluginCall } from '../pipeline/plugin.js';
import type { Fault, FaultCode, Verdict } from '../verdict.js';
import type { PluginLimits } from './engine.js';
import type { Skip } from './in-flight.js';
import { monotonicNow, type ProgressWriter } from './progress.js';

/** What the plugins of all chains in a thread share: where calls are announced, and what the current frame skips. */
export interface Supervision {
  readonly progress: ProgressWriter;
  /** The current frame's sequence number. */
  sequence: number;
  skips: readonly Skip[];
}

/**
 * A plugin whose calls the main thread can watch. A call that is to be skipped ends as the fault it was skipped for,
 * so that the pipeline applies the plugin's policy and all that follows it in the chain still runs.
 */
export class SupervisedPlugin implements Plugin {
  readonly #plugin: Plugin;
  readonly #index: number;
  readonly #limits: PluginLimits;
  readonly #supervision: Supervision;
  #sequence = -1;
  /** Calls for the current frame, and the milliseconds of all but the first: one frame may have become many. */
  #calls = 0;
  #spentMs = 0;

  constructor(plugin: Plugin, index: number, limits: PluginLimits, supervision: Supervision) {
    this.#plugin = plugin;
    this.#index = index;
    this.#limits = limits;
    this.#supervision = supervision;
  }

  get name(): string {
    return this.#plugin.name;
  }

  get hooks(): ReadonlySet<Hook> {
    return this.#plugin.hooks;
  }

  run(call: PluginCall): Verdict | Fault | Promise<Verdict | Fault> {
    const { skips } = this.#supervision;
    for (const skip of skips) if (skip.plugin === this.#index) return this.#fault(skip.fault);
    const started = this.#enter();
    const verdict = this.#plugin.run(call);
    if (verdict instanceof Promise) return verdict.finally(() => this.#leave(started));
    this.#leave(started);
    return verdict;
  }

  /** The deadline is for all calls that one frame causes together; the first costs no second look at the clock, and is left out. */
  #enter(): number {
    const { progress, sequence } = this.#supervision;
    const now = monotonicNow();
    if (this.#sequence === sequence) {
      this.#calls += 1;
    } else {
      this.#sequence = sequence;
      this.#calls = 1;
      this.#spentMs = 0;
    }
    progress.enter(this.#index, now - this.#spentMs);
    return now;
  }

  #leave(started: number): void {
    this.#supervision.progress.leave();
    if (this.#calls > 1) this.#spentMs += monotonicNow() - started;
  }

  dispose(): void | Promise<void> {
    return this.#plugin.dispose();
  }

  #fault(code: FaultCode): Fault {
    return { kind: 'fault', code, message: this.#explain(code) };
  }

  #explain(code: FaultCode): string {
    if (code === 'PLUGIN_DEADLINE') return `ran for longer than limits.deadlineMs (${this.#limits.deadlineMs} ms) and was stopped`;
    if (code === 'PLUGIN_QUARANTINED') return 'is quarantined after repeated faults, and was not run';
    return 'brought its worker thread down, twice, on this frame';
  }
}
