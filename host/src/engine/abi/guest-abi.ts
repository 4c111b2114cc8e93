import type { PluginGuards } from '@framegate/sdk/abi';
import type { PluginCall } from '../../pipeline/plugin.js';
import type { Fault, Verdict } from '../../verdict.js';

/** Carries one call into an instance and its answer back out. Throws what the guest throws, and GuestAborts. */
export interface GuestAbi {
  /** Which frames the instance need not be called for. */
  readonly guards?: PluginGuards;
  run(call: PluginCall): Verdict | Fault;
  /** Has the guest bring its state into the form that it reads; `from`: the version that has kept it. Absent where the ABI has no such thing. */
  migrate?(from: string): Fault | undefined;
  /** Bytes that the last call was given, and those of its answer: payloads in ABI v1, JSON in the Otoroshi ABI. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}
