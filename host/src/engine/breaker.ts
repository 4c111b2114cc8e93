export interface BreakerOptions {
  /** Kills within the window that quarantine the plugin. */
  readonly kills: number;
  readonly windowMs: number;
  /** Cheap faults (traps, errors, bad output) in a row, with no success between, that quarantine it. */
  readonly faultsInARow: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/**
 * Keeps a plugin that fails again and again from costing everybody a deadline each time. Kills count within a window; cheap faults
 * only in a row, so that one client's bad frames can't switch a plugin off for all. After the back-off the plugin is on trial for a
 * window: one more kill, or a fault before the first success, quarantines it again for twice as long. Times are the caller's, in ms.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #kills: number[] = [];
  #faultsInARow = 0;
  #until: number | undefined;
  #trialUntil = 0;
  #onTrial = false;
  #backoff: number;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#backoff = options.backoffMs;
  }

  get quarantined(): boolean {
    return this.#until !== undefined;
  }

  /** When the quarantine is over; `undefined` without one. */
  get quarantinedUntil(): number | undefined {
    return this.#until;
  }

  /** Forgets every fault, as if the plugin had just been loaded. Returns true if that ends a quarantine. */
  reset(): boolean {
    const ended = this.quarantined;
    this.#kills = [];
    this.#faultsInARow = 0;
    this.#until = undefined;
    this.#trialUntil = 0;
    this.#onTrial = false;
    this.#backoff = this.#options.backoffMs;
    return ended;
  }

  /** Returns the milliseconds of quarantine if this was one kill too many. */
  killed(now: number): number | undefined {
    if (this.#until !== undefined) return undefined;
    this.#kills = this.#kills.filter((at) => at > now - this.#options.windowMs);
    this.#kills.push(now);
    if (this.#kills.length >= this.#options.kills || now < this.#trialUntil) return this.#quarantine(now);
    return undefined;
  }

  /** Returns the milliseconds of quarantine if this was one fault too many. */
  faulted(now: number): number | undefined {
    if (this.#until !== undefined) return undefined;
    this.#faultsInARow += 1;
    if (this.#faultsInARow >= this.#options.faultsInARow || this.#onTrial) return this.#quarantine(now);
    return undefined;
  }

  /** Quarantines it whatever was counted. Returns the milliseconds, if it was not in quarantine already. */
  trip(now: number): number | undefined {
    return this.#until === undefined ? this.#quarantine(now) : undefined;
  }

  /** The plugin has run a frame without a fault. */
  succeeded(): void {
    if (this.#until !== undefined) return;
    this.#faultsInARow = 0;
    this.#onTrial = false;
  }

  /** Ends the quarantine if it is over by now. Returns true when it does. */
  readmit(now: number): boolean {
    if (this.#until === undefined || now < this.#until) return false;
    this.#until = undefined;
    this.#onTrial = true;
    this.#trialUntil = now + this.#options.windowMs;
    return true;
  }

  #quarantine(now: number): number {
    const again = this.#trialUntil > 0 && now < this.#trialUntil;
    this.#backoff = again ? Math.min(this.#backoff * 2, this.#options.maxBackoffMs) : this.#options.backoffMs;
    this.#until = now + this.#backoff;
    this.#kills = [];
    this.#faultsInARow = 0;
    return this.#backoff;
  }
}
