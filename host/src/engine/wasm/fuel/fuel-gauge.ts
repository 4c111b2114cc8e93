import type { PluginLimits } from '../../engine.js';
import { GuestAbort } from '../guest-fault.js';
import { FUEL_EXPORT } from './inject-fuel.js';

/** The most that the counter, a signed 32-bit number, can hold. */
const MAX_FUEL = 2_147_483_647;
/** Default fuel for each millisecond of a plugin's deadline. Loops spend 1 to 5 million units a millisecond, JavaScript guests up to 12. */
const UNITS_A_DEADLINE_MS = 4_000_000;
/** An instance may start for as long as this many calls. */
const CALLS_FOR_START = 10;

/** Units that one call of a hook may spend; 0: it is not metered. Deadlines of seconds ask for more than the counter can hold. */
export function fuelOf({ fuel, deadlineMs }: PluginLimits): number {
  if (fuel !== undefined) return fuel;
  const units = deadlineMs * UNITS_A_DEADLINE_MS;
  return units > MAX_FUEL ? 0 : units;
}

/** Units that an instance has for its start. */
export function startFuelOf(limits: PluginLimits): number {
  return Math.min(MAX_FUEL, fuelOf(limits) * CALLS_FOR_START);
}

/** The fuel of one instance. It comes filled for the start. */
export class FuelGauge {
  readonly #counter: WebAssembly.Global;
  readonly #limits: PluginLimits;
  readonly #units: number;

  private constructor(counter: WebAssembly.Global, limits: PluginLimits) {
    this.#counter = counter;
    this.#limits = limits;
    this.#units = fuelOf(limits);
  }

  /** `undefined` for a module that is not metered. */
  static of(exports: WebAssembly.Exports, limits: PluginLimits): FuelGauge | undefined {
    const counter = exports[FUEL_EXPORT];
    return counter instanceof WebAssembly.Global ? new FuelGauge(counter, limits) : undefined;
  }

  /** Fills it for one call, with so many units at most. */
  refill(most = MAX_FUEL): void {
    this.#counter.value = Math.min(this.#units, most);
  }

  /** Fills it for a migration's start, and for each entry that it goes on to: its deadline is for all of them together. */
  refillForEntry(): void {
    this.#counter.value = MAX_FUEL;
  }

  /** Units that a call may spend. */
  get units(): number {
    return this.#units;
  }

  /** Units that were spent since it was filled for a call. */
  get spent(): number {
    return this.#units - this.#counter.value;
  }

  /** What to say of an error that came out of the guest: a GuestAbort if it ran out of fuel, else the error. `what` ran then. */
  explain(error: unknown, what: string, units = this.#units): unknown {
    // only a charge takes it below zero, and every trap that is not one leaves it at zero or more
    if (this.#counter.value >= 0) return error;
    const limit = this.#limits.fuel === undefined ? `the default for limits.deadlineMs ${this.#limits.deadlineMs}` : 'limits.fuel';
    return new GuestAbort(
      'PLUGIN_FUEL',
      `${what} used up its fuel of ${units} units (${limit}) and was stopped: raise limits.fuel, set it to 0 to rely on limits.deadlineMs alone, or look for a loop that does not end`,
    );
  }

  explainMigration(error: unknown): unknown {
    if (this.#counter.value >= 0) return error;
    return new GuestAbort(
      'PLUGIN_FUEL',
      `it used up ${MAX_FUEL} units of fuel without going on to another entry of the state: look for a loop that does not end`,
    );
  }

  explainStart(error: unknown, what: string): unknown {
    return this.explain(error, what, startFuelOf(this.#limits));
  }
}
