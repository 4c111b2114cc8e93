import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { StateTransaction } from '../state/state-transaction.js';
import type { Fault, Verdict } from '../verdict.js';
import type { ConnectionContext } from './connection-context.js';

/** One call of one hook. `frame` is empty text for `on_connect` and `on_disconnect`. */
export interface PluginCall {
  readonly hook: Hook;
  readonly frame: Frame;
  readonly connection: ConnectionContext;
  /** Milliseconds since the epoch: the only clock the guest sees during this call. */
  readonly now: number;
  /** Reads and buffered writes; the caller commits or rolls back. */
  readonly state: StateTransaction;
}

/** What the pipeline knows of a plugin: nothing of Wasm, nothing of an ABI. */
export interface Plugin {
  readonly name: string;
  readonly hooks: ReadonlySet<Hook>;
  /**
   * Runs one hook. Never throws for a guest's fault: that comes back as a {@link Fault}.
   * Synchronous where the runtime allows it; a promise only where it must be one.
   */
  run(call: PluginCall): Verdict | Fault | Promise<Verdict | Fault>;
  /** Frees the instance. No call may follow. */
  dispose(): void | Promise<void>;
}

/** How the pipeline treats one plugin: configuration, not plugin code. */
export interface PluginPolicy {
  /** `open`: the frame passes unchanged. `closed`: it is dropped and its sender told. */
  readonly onFault: 'open' | 'closed';
  /** What becomes of a rejected frame. */
  readonly rejectStrategy: 'drop' | 'close';
}
