import type { Hook, JsonObject, MessageHook, PluginManifest } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { HttpGrant } from '../http/http-grant.js';
import type { HttpCounts } from '../http/http-meter.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { HttpRecord } from '../pipeline/http-journal.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { PluginPolicy } from '../pipeline/plugin.js';
import type { RecordOptions } from '../recording/record-options.js';
import type { StateEntry, StateFilter, StateKey } from '../state/state-store.js';
import type { Latency } from './latency.js';

/** What one plugin may use. Each has a default in config-schema.ts. */
export interface PluginLimits {
  /** Milliseconds one hook may run before its worker is killed. */
  readonly deadlineMs: number;
  /** Units of work, about one for eight instructions, that one hook may spend before it is stopped in its thread; 0: not metered. Default: by `deadlineMs`. */
  readonly fuel?: number | undefined;
  /** Bytes of guest memory; `memory.grow` fails above it. Rounded up to 64 KiB pages. */
  readonly memoryBytes: number;
  /** Bytes of all frames of one verdict. */
  readonly outputBytes: number;
  /** Bytes of state (keys and values), all scopes together. */
  readonly stateBytes: number;
  /** Milliseconds that frames may wait for the plugin to migrate its state, the frames before them included. Default 5,000. */
  readonly migrateMs?: number | undefined;
  /** Bytes that may be kept to take migrations back; one that needs more is refused. 0: nothing is kept. Default 32 MiB. */
  readonly migrateUndoBytes?: number | undefined;
  /** Log lines a second, all instances in one thread together; further ones are left out, and counted. Default 100. */
  readonly logLines?: number | undefined;
  /** Bytes of one log line; a longer one is cut. Default 4096. */
  readonly logLineBytes?: number | undefined;
  /** When an instance is replaced by a fresh one; state stays. Absent: only after a fault. */
  readonly recycle?: RecycleLimits | undefined;
}

/** Each 0: not for that reason. */
interface RecycleLimits {
  /** Calls of its hooks. */
  readonly calls: number;
  readonly ageMs: number;
  /** Bytes of guest memory that it has grown to. */
  readonly memoryBytes: number;
}

/** A plugin ready to be instantiated: read, hash-checked, its manifest read and its config validated. */
export interface PluginSpec {
  /** The name in this chain: state belongs to it. */
  readonly name: string;
  readonly wasm: Uint8Array;
  /** `undefined`: a module without our section, called through the Otoroshi ABI. */
  readonly manifest?: PluginManifest;
  /** JSON source map of the bundled JavaScript, for stack traces. */
  readonly sourceMap?: string;
  /** Where it came from, for messages. */
  readonly origin: string;
  readonly config: JsonObject;
  /** False: every frame meets the guest, whatever it says of those that it has no interest in. Default true. */
  readonly guards?: boolean;
  readonly limits: PluginLimits;
  /** Absent: no network. */
  readonly http?: HttpGrant;
  /** Its calls are written to a file. Absent: nothing is. */
  readonly record?: RecordOptions;
  readonly policy: PluginPolicy;
}

/** Somebody whose frames pass through a chain. */
export interface ChainClient {
  /** The context as of now; the engine reads it again when its `version` has grown. */
  readonly context: ConnectionContext;
  /**
   * Called once for every submitted frame, in the order of submission for each hook direction,
   * exactly once in effect whatever plugins do. `frame` is the one that was submitted.
   */
  settled(hook: Hook, frame: Frame, outcome: Outcome): void;
  /** How many of its frames have settled that met this hook: the number of the next is one more. Only for what is logged. */
  settledCount?(hook: Hook): number;
}

/** A frame that has been through a chain, as it was when it was submitted. */
export interface ObservedFrame {
  readonly hook: Hook;
  readonly frame: Frame;
  readonly context: ConnectionContext;
  /** What its plugins asked of the network, if any did. */
  readonly http?: HttpRecord;
}

/** Somebody who looks on. Called on the frames' way, in the order in which they take effect: it takes note and returns, and never throws. */
export interface ChainObserver {
  /** A frame has settled, and its writes are in the state; its client is told next. */
  settled(client: ChainClient, frame: ObservedFrame, outcome: Outcome): void;
  /** A frame passes that was not submitted, because no plugin wants it. */
  passed(client: ChainClient, hook: Hook, frame: Frame): void;
  detached(client: ChainClient): void;
}

/** How one plugin of a chain fares. */
export interface PluginHealth {
  readonly name: string;
  readonly hooks: ReadonlySet<Hook>;
  /** Milliseconds since the epoch at which its quarantine ends; absent: it runs. */
  readonly quarantinedUntil?: number;
  /** Frames that it failed on since the chain has these plugins; those that were under way before meet the plugins of before. */
  readonly faults: number;
  /** Its calls so far, for each of its hooks; empty where nobody measures them. */
  readonly latencies: readonly Latency[];
  /** Its requests so far; absent: it has no network, or nobody counts them. */
  readonly http?: HttpCounts;
}

/** Plugins that a share of a chain's connections meets instead of the chain's own. */
export interface Canary {
  readonly plugins: readonly PluginSpec[];
  /** Of the connections. A connection is chosen by its user's id if it has one when its first frame is submitted, else by its own; it stays chosen while the share grows. */
  readonly percent: number;
  /** Which connections those are depends on it. */
  readonly salt: string;
}

/** How a canary fares. */
export interface CanaryHealth {
  /** Submitted so far, hooks for connections that come and go among them. */
  readonly frames: number;
  readonly plugins: readonly PluginHealth[];
}

/** What became of a plugin's state when another version took it over. */
export interface StateMigration {
  readonly plugin: string;
  /** `restored`: what an earlier migration changed was taken back, and no guest asked. */
  readonly kind: 'migrated' | 'restored';
  /** Versions; '' for a module without a manifest. */
  readonly from: string;
  readonly to: string;
  /** How many it changed. */
  readonly entries: number;
  /** Of these, restored ones that had been written again since they were migrated. */
  readonly overwritten: number;
  /** Of these, ones that had come since in the newer version's form, and were taken away. */
  readonly removed: number;
  /** What is kept to take it back. */
  readonly undoBytes: number;
  /** Milliseconds that it took, and that frames have waited, the ones before them included. */
  readonly ms: number;
  readonly waitedMs: number;
}

export interface SwapOptions {
  /**
   * In an emergency, to a version that ran before. No migration is run: what earlier ones changed is taken back where that is known; if not, the state stays as it is.
   * Faults in a rehearsal do not count.
   */
  readonly undoOnly?: boolean;
}

/** One route's plugins, loaded, warmed and running. */
export interface Chain {
  /** The hooks that at least one plugin has; a frame for another hook need not be submitted. */
  readonly hooks: ReadonlySet<Hook>;
  /** Whether a plugin may have something to say of this frame; if not, it need not be submitted. Costs a few microseconds at most. */
  wants(hook: MessageHook, frame: Frame): boolean;
  /** Every plugin with the response hook is per-message and keeps no state of a user or a connection: one run holds for all who are in one room. */
  readonly responsePerMessage: boolean;
  /** Payload bytes of the frames that have not settled. The chain takes whatever comes: who submits keeps this bounded. */
  readonly inFlightBytes: number;
  /** Told of every frame. Whoever does not submit a frame tells it so. */
  observer: ChainObserver | undefined;
  /**
   * The payload must stay as it is until the frame settles. `traced`: its outcome has the calls, where they are measured (InlineEngine does not).
   * `http`: answers that are there already for what its plugins will ask. Throws a HostError (ENGINE_CLOSED) after `close`.
   */
  submit(client: ChainClient, hook: Hook, frame: Frame, traced?: boolean, http?: HttpRecord): void;
  /**
   * Puts these plugins in the place of the ones that run: every frame submitted before it resolves meets the old ones, every one after it
   * the new ones; order and state stay. Connections that are there do not meet `on_connect` again. Rejects with a HostError, having changed
   * nothing, if they can't be started, or trap, run away or run out of memory on the made-up frames of their rehearsal. One after the other.
   *
   * Where a plugin's state is another version's, that is migrated or restored at this point: frames of every chain that shares it wait, `limits.migrateMs`
   * at most, and those submitted meanwhile meet the new plugins. A migration that fails makes it reject as above.
   */
  swap(plugins: readonly PluginSpec[], options?: SwapOptions): Promise<void>;
  /**
   * From when it resolves on that share of the connections meets these plugins, on the same state; with `undefined`, and for everybody else, the
   * chain's own. Frames submitted before meet what they met; order stays. The same plugins with another share are not started again. Rejects with a
   * HostError, having changed nothing, if they can't be started, or if one of them would have to migrate the state, which is the chain's own plugins' too.
   */
  setCanary(canary: Canary | undefined): Promise<void>;
  /** `undefined`: there is none. */
  readonly canary: CanaryHealth | undefined;
  /** What the last swap, or the opening, did to the plugins' state. */
  readonly migrations: readonly StateMigration[];
  /** Each plugin, in the chain's order. */
  health(): readonly PluginHealth[];
  /** Quarantines a plugin, or the canary's of that name, whatever its breaker has counted: its frames meet its `onFault` policy without running it, those on their way included. */
  quarantine(plugin: string, of: 'chain' | 'canary'): void;
  /** Ends a plugin's quarantine and forgets its faults. False: there is no plugin of that name. */
  pardon(plugin: string): boolean;
  /** The connection has gone: its connection-scoped state and whatever is cached for it are forgotten. Outstanding frames still settle first. */
  detach(client: ChainClient): void;
  /** Resolves when every submitted frame has settled and the instances are gone. */
  close(): Promise<void>;
}

/** Where a plugin was when it wrote a line. `frame`: the frame's number among those of its connection that met this hook. */
export interface LogPlace {
  readonly route: string;
  readonly hook: Hook;
  readonly frame?: number;
}

export type EngineEvent =
  | { readonly kind: 'worker-started'; readonly worker: number }
  | { readonly kind: 'worker-killed'; readonly worker: number; readonly plugin: string; readonly ranMs: number }
  | { readonly kind: 'worker-died'; readonly worker: number; readonly message: string }
  /** Its frames meet its `onFault` policy without running it, for that long. */
  | { readonly kind: 'plugin-quarantined'; readonly plugin: string; readonly forMs: number }
  | { readonly kind: 'plugin-readmitted'; readonly plugin: string }
  | {
      readonly kind: 'plugin-log';
      readonly plugin: string;
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly connection: string;
      /** The frame that it was about; absent: none, or nobody knows. */
      readonly place?: LogPlace;
    };

/**
 * Runs chains of plugins away from the thread that owns the sockets.
 * Guarantee: a guest that loops, traps, or eats memory costs its own frame, never another one.
 */
export interface Engine {
  /** Instantiates and warms every plugin of a route; one that traps in its rehearsal has that logged. Rejects with a HostError that names the plugin and why. */
  open(plugins: readonly PluginSpec[]): Promise<Chain>;
  /**
   * Forgets plugins' state, in the store and in the workers' copies of it: at one point between two frames of each connection, somewhere
   * among those that have not settled. Returns how many entries the store had.
   */
  wipeState(filter: StateFilter): number;
  /** Puts entries into plugins' state, in the store and in the workers' copies of it, before any frame that is submitted afterwards. */
  loadState(entries: Iterable<readonly [StateKey, StateEntry]>): void;
  /** Forgets what has expired of plugins' state, in the store and in the workers' copies of it: at once, or as soon as a worker gets to it. */
  sweepState(now: number): void;
  close(): Promise<void>;
}
