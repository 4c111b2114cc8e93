import type { FuelGauge } from './fuel/fuel-gauge.js';
import type { GuestIo } from './guest-io.js';
import type { GuestMemory } from './guest-memory.js';
import type { GuestSession } from './guest-session.js';

/** A module that has been instantiated and initialised, by whichever runtime. Its exports may throw. */
export interface GuestInstance {
  readonly exports: WebAssembly.Exports;
  readonly session: GuestSession;
  /** Absent in an Otoroshi module that exports none. */
  readonly memory: GuestMemory | undefined;
  /** Present where the guest is called through the Otoroshi ABI. */
  readonly io: GuestIo | undefined;
  /** Absent in a module that is not metered. */
  readonly fuel: FuelGauge | undefined;
  dispose(): void | Promise<void>;
}

/** The exports that a runtime calls once, after instantiation, in the order in which Extism does. */
export function initializeGuest(exports: WebAssembly.Exports): void {
  const call = (name: string, ...args: number[]) => {
    const start = exports[name];
    if (typeof start === 'function') start(...args);
    return typeof start === 'function';
  };
  call('hs_init', 0, 0);
  if (!call('_initialize')) call('__wasm_call_ctors');
}
