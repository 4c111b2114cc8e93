import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { StateTransaction } from '../state/state-transaction.js';
import type { Answer } from '../verdict.js';
import type { ConnectionContext } from './connection-context.js';
import type { HttpJournal } from './http-journal.js';

/** One call of one hook. `frame` is empty text for `on_connect` and `on_disconnect`. */
export interface PluginCall {
  readonly hook: Hook;
  readonly frame: Frame;
  readonly connection: ConnectionContext;
  /** Milliseconds since the epoch: the only clock the guest sees during this call. */
  readonly now: number;
  /** Reads and buffered writes; the caller commits or rolls back. */
  readonly state: StateTransaction;
  /** Absent where no plugin of the chain has the network. */
  readonly http?: HttpJournal | undefined;
  /** Units of fuel that the call may spend, if that is less than the plugin's limit. */
  readonly fuel?: number;
}

/** What the pipeline knows of a plugin: nothing of Wasm, nothing of an ABI. */
export interface Plugin {
  readonly name: string;
  readonly hooks: ReadonlySet<Hook>;
  /**
   * Runs one hook. Never throws for a guest's fault: that comes back as a Fault.
   * A Wait only if the call has an HTTP journal. Synchronous where the runtime allows it; a promise only where it must be one.
   */
  run(call: PluginCall): Answer | Promise<Answer>;
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
