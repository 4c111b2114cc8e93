import { monotonicNow, type RunningCall } from './progress.js';

export interface WatchdogOptions {
  /** The call that the worker runs at this moment. */
  readonly running: () => RunningCall | undefined;
  readonly deadlineMs: (call: RunningCall) => number;
  /** Milliseconds between two looks: at most a quarter of the shortest deadline. */
  readonly intervalMs: () => number;
  /** True while there is something to watch; when it is false the timer is not set again. */
  readonly busy: () => boolean;
  readonly overrun: (call: RunningCall, ranMs: number) => void;
}

/**
 * Looks, while frames are in flight, at how long one plugin call has been running, and reports the one that runs past its deadline,
 * within a timer's precision (1–2 ms). A look that comes late by itself accuses nobody: the whole process may have stood still.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #pardoned: number | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Something may run from now on. Cheap when the watchdog is awake already. */
  wake(): void {
    if (this.#timer === undefined) this.#schedule(this.#options.intervalMs());
  }

  /** Another worker is watched now. */
  reset(): void {
    this.#pardoned = undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.reset();
  }

  #schedule(delay: number): void {
    this.#due = monotonicNow() + delay;
    this.#timer = setTimeout(() => this.#look(), delay);
  }

  #look(): void {
    this.#timer = undefined;
    const next = this.#judge(monotonicNow());
    if (this.#timer === undefined && this.#options.busy()) this.#schedule(next);
  }

  /** Returns the milliseconds until the next look. */
  #judge(now: number): number {
    const interval = this.#options.intervalMs();
    const call = this.#options.running();
    if (call === undefined) return interval;
    const deadline = this.#options.deadlineMs(call);
    const left = deadline - (now - call.since);
    if (left > 0) return Math.min(interval, Math.ceil(left));
    // One pardon a call, or a main thread that is always late would never kill anybody.
    if (now - this.#due > deadline && call.ticket !== this.#pardoned) {
      this.#pardoned = call.ticket;
      return interval;
    }
    this.#options.overrun(call, now - call.since);
    return interval;
  }
}
