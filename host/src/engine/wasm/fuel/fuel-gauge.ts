import type { PluginLimits } from '../../engine.js';
import { GuestAbort } from '../guest-fault.js';
import { type CounterType, NARROW_COUNTER, WIDE_COUNTER } from './counter-type.js';
import { FUEL_EXPORT } from './inject-fuel.js';

/** The most that a narrow counter holds. */
const MAX_NARROW = 2_147_483_647;
/** Default fuel for each millisecond of a plugin's deadline. Loops spend 1 to 5 million units a millisecond, JavaScript guests up to 12. */
const UNITS_A_DEADLINE_MS = 4_000_000;
/** What the host did is charged as soon as it comes to so many units, or to this part of what a call has. */
const SETTLED_UNITS = 65_536;
const SETTLED_PART = 1 / 16;
/** An instance may start for as long as this many calls. */
const CALLS_FOR_START = 10;

/** Units that one call of a hook may spend; 0: it is not metered. */
export function fuelOf({ fuel, deadlineMs }: PluginLimits): number {
  return fuel ?? deadlineMs * UNITS_A_DEADLINE_MS;
}

/** The counter that holds them. The wide one is for those that need it: what it is filled with is a bigint, made once. */
export function counterTypeOf(limits: PluginLimits): CounterType {
  return fuelOf(limits) > MAX_NARROW ? WIDE_COUNTER : NARROW_COUNTER;
}

/** Units that an instance has for its start. */
export function startFuelOf(limits: PluginLimits): number {
  const units = fuelOf(limits) * CALLS_FOR_START;
  return counterTypeOf(limits) === WIDE_COUNTER ? units : Math.min(MAX_NARROW, units);
}

/** The fuel of one instance. It comes filled for the start. */
export class FuelGauge {
  readonly #counter: WebAssembly.Global;
  readonly #limits: PluginLimits;
  readonly #units: number;
  /** What the counter is filled with for a call. */
  readonly #full: number | bigint;
  #filled: number;
  /** Charged, and not yet taken off the counter. */
  #owed = 0;
  #settleAt = 0;

  private constructor(counter: WebAssembly.Global, limits: PluginLimits) {
    this.#counter = counter;
    this.#limits = limits;
    this.#units = fuelOf(limits);
    this.#full = this.#asValue(this.#units);
    this.#filled = startFuelOf(limits);
  }

  /** `undefined` for a module that is not metered. */
  static of(exports: WebAssembly.Exports, limits: PluginLimits): FuelGauge | undefined {
    const counter = exports[FUEL_EXPORT];
    return counter instanceof WebAssembly.Global ? new FuelGauge(counter, limits) : undefined;
  }

  /** Fills it for one call, with so many units at most. */
  refill(most = this.#units): void {
    this.#filled = Math.min(this.#units, most);
    this.#owed = 0;
    this.#settleAt = Math.min(SETTLED_UNITS, this.#filled * SETTLED_PART);
    this.#counter.value = this.#filled === this.#units ? this.#full : this.#asValue(this.#filled);
  }

  /** Fills it for a migration's start, and for each entry that it goes on to: its deadline is for all of them together. */
  refillForEntry(): void {
    this.#filled = MAX_NARROW;
    this.#owed = 0;
    this.#settleAt = SETTLED_UNITS;
    this.#counter.value = this.#asValue(MAX_NARROW);
  }

  /**
   * For what the host did for the guest. It is added up first, because to read and write the counter from here takes longer than most host calls; the guest
   * notices at its next check.
   */
  charge(units: number): void {
    this.#owed += units;
    if (this.#owed < this.#settleAt) return;
    // Hardly below zero, so that no number of charges before a check brings the counter round to positive numbers.
    this.#counter.value = this.#asValue(Math.max(-1, this.#left - this.#owed));
    this.#owed = 0;
  }

  /** Units that a call may spend. */
  get units(): number {
    return this.#units;
  }

  /** Units that were spent since it was filled for a call. */
  get spent(): number {
    return this.#filled - this.#left + this.#owed;
  }

  /** What to say of an error that came out of the guest: a GuestAbort if it ran out of fuel, else the error. `what` ran then. */
  explain(error: unknown, what: string): unknown {
    if (!this.#isEmpty) return error;
    const limit = this.#limits.fuel === undefined ? `the default for limits.deadlineMs ${this.#limits.deadlineMs}` : 'limits.fuel';
    return new GuestAbort(
      'PLUGIN_FUEL',
      `${what} used up its fuel of ${this.#filled} units (${limit}) and was stopped: raise limits.fuel, set it to 0 to rely on limits.deadlineMs alone, or look for a loop that does not end`,
    );
  }

  explainMigration(error: unknown): unknown {
    if (!this.#isEmpty) return error;
    return new GuestAbort(
      'PLUGIN_FUEL',
      `it used up ${MAX_NARROW} units of fuel without going on to another entry of the state: look for a loop that does not end`,
    );
  }

  get #left(): number {
    return Number(this.#counter.value);
  }

  /** Only a charge takes it below zero, and every trap that is not one leaves it at zero or more. */
  get #isEmpty(): boolean {
    return this.#left < 0;
  }

  #asValue(units: number): number | bigint {
    return counterTypeOf(this.#limits) === WIDE_COUNTER ? BigInt(units) : units;
  }
}
