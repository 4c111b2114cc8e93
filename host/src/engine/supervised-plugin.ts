import type { Hook } from '@framegate/sdk/abi';
import { answerKind } from '../pipeline/answer-kind.js';
import type { TracedCall } from '../pipeline/outcome.js';
import type { Plugin, PluginCall } from '../pipeline/plugin.js';
import { type Answer, type Fault, type FaultCode, PASS } from '../verdict.js';
import type { PluginLimits } from './engine.js';
import type { Skip } from './in-flight.js';
import type { LatencyWriter } from './latency.js';
import { monotonicNow, type ProgressWriter } from './progress.js';
import type { QuarantineFlags } from './quarantine-flags.js';
import type { Chore } from './wasm/plugin-services.js';

/** What the plugins of all chains in a thread share: where calls are announced, and what the current frame skips. */
export interface Supervision {
  readonly progress: ProgressWriter;
  /** The current frame's sequence number. */
  sequence: number;
  skips: readonly Skip[];
  /** The current frame's calls so far, if it is traced. */
  calls: TracedCall[] | undefined;
  /** When a plugin's call for that frame ended last, and which frame that was. The next one starts then: the clock is not read twice. */
  ended: { sequence: number; at: number };
}

/** Which plugin of its chain it is. */
export interface SupervisedPlace {
  readonly index: number;
  readonly limits: PluginLimits;
  readonly latency: LatencyWriter;
  readonly quarantines: QuarantineFlags;
}

/** So far from the current frame's sequence number that it is no frame's which is under way. */
const NO_FRAME = 2 ** 31;

/** Has a chore of a plugin watched like a call of it, between two frames: it may run the guest's set-up. */
export function superviseChore({ progress, sequence }: Supervision, chain: number, plugin: number, chore: Chore): void | Promise<void> {
  progress.frame((sequence + NO_FRAME) >>> 0, chain);
  progress.enter(plugin, monotonicNow());
  const done = chore();
  if (done instanceof Promise) return done.finally(() => progress.leave());
  progress.leave();
}

/**
 * A plugin whose calls the main thread can watch. A call that is to be skipped ends as the fault it was skipped for,
 * so that the pipeline applies the plugin's policy and all that follows it in the chain still runs.
 */
export class SupervisedPlugin implements Plugin {
  readonly #plugin: Plugin;
  readonly #index: number;
  readonly #limits: PluginLimits;
  readonly #latency: LatencyWriter;
  readonly #quarantines: QuarantineFlags;
  readonly #supervision: Supervision;
  #sequence = -1;
  /** Milliseconds of all calls for the current frame: it may have become many. */
  #spentMs = 0;

  constructor(plugin: Plugin, { index, limits, latency, quarantines }: SupervisedPlace, supervision: Supervision) {
    this.#plugin = plugin;
    this.#index = index;
    this.#limits = limits;
    this.#latency = latency;
    this.#quarantines = quarantines;
    this.#supervision = supervision;
  }

  get name(): string {
    return this.#plugin.name;
  }

  get hooks(): ReadonlySet<Hook> {
    return this.#plugin.hooks;
  }

  run(call: PluginCall): Answer | Promise<Answer> {
    const { skips } = this.#supervision;
    for (const skip of skips) if (skip.plugin === this.#index) return this.#fault(skip.fault);
    // Since this frame was sent: those that are here already are not to fail one by one.
    if (this.#quarantines.has(this.#index)) return this.#fault('PLUGIN_QUARANTINED');
    const started = this.#enter();
    const verdict = this.#plugin.run(call);
    if (verdict instanceof Promise) {
      let answer: Answer = PASS;
      return verdict
        .then((settled) => {
          answer = settled;
          return settled;
        })
        .finally(() => this.#leave(call, answer, started));
    }
    this.#leave(call, verdict, started);
    return verdict;
  }

  /** The deadline is for all calls that one frame causes together. */
  #enter(): number {
    const { progress, sequence, ended } = this.#supervision;
    const now = ended.sequence === sequence ? ended.at : monotonicNow();
    if (this.#sequence !== sequence) {
      this.#sequence = sequence;
      this.#spentMs = 0;
    }
    progress.enter(this.#index, now - this.#spentMs);
    return now;
  }

  #leave({ hook }: PluginCall, answer: Answer, started: number): void {
    const { progress, sequence, ended, calls } = this.#supervision;
    progress.leave();
    ended.at = monotonicNow();
    ended.sequence = sequence;
    this.#spentMs += ended.at - started;
    this.#latency.record(hook, ended.at - started);
    calls?.push({ plugin: this.name, hook, verdict: answerKind(answer), startedAt: started, ms: ended.at - started });
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
