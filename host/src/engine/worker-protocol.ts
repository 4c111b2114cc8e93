import type { PluginGuards } from '@framegate/sdk/abi';
import { HOST_ERRORS, HostError, type HostErrorCode } from '../errors.js';
import type { Lane } from './lane.js';
import type { PluginLog } from './outcome-codec.js';
import type { QuotaMemory, QuotaSeats } from './state-quota.js';
import type { PluginRuntime, PreparedPlugin, RehearsalOptions } from './wasm/instantiate-plugin.js';

/** A chain as every worker gets it: modules are compiled once, and shared by all threads. */
export interface ChainDefinition {
  readonly chain: number;
  readonly plugins: readonly PreparedPlugin[];
  /** Where every thread counts the plugins' calls (latency.ts). */
  readonly latencies: SharedArrayBuffer;
  /** Which of the plugins are out of service (quarantine-flags.ts). */
  readonly quarantines: SharedArrayBuffer;
  /** Each plugin's, by its name: plugins of one name have one. */
  readonly quotas: readonly QuotaMemory[];
}

/** Given to a new thread. */
export interface WorkerSettings {
  readonly progress: SharedArrayBuffer;
  readonly toWorker: Lane;
  readonly fromWorker: Lane;
  readonly spinMicros: number;
  readonly seats: QuotaSeats;
  readonly quotaCell: number;
  readonly runtime: PluginRuntime;
}

/** What a thread says of a chain that it has loaded. */
export interface LoadedChain {
  /** Each plugin's. */
  readonly guards: readonly PluginGuards[];
  /** What there is to say of plugins that did not finish their rehearsal in time; of none without one. */
  readonly unfinished: readonly PluginLog[];
}

/** Handled strictly in the order of arrival, the batches of commands that came through the ring (lane.ts) among them. */
export type ToWorker =
  | { readonly kind: 'load'; readonly definition: ChainDefinition; readonly rehearsal: RehearsalOptions }
  | { readonly kind: 'unload'; readonly chain: number }
  /** Has a plugin of a loaded chain migrate these entries (write-codec.ts), in a thread that runs no frames. `from`: the version that they are of. */
  | { readonly kind: 'migrate'; readonly chain: number; readonly plugin: number; readonly from: string; readonly entries: ArrayBuffer }
  /** Commands (frame-codec.ts); as a message where the ring has no room for them. */
  | { readonly kind: 'commands'; readonly bytes: ArrayBuffer };

export type FromWorker =
  | ({ readonly kind: 'loaded'; readonly chain: number } & LoadedChain)
  | { readonly kind: 'load-failed'; readonly chain: number; readonly error: PlainError }
  | { readonly kind: 'unloaded'; readonly chain: number }
  /** `changes`: what they have become (write-codec.ts). */
  | { readonly kind: 'migrated'; readonly changes: ArrayBuffer }
  | { readonly kind: 'migration-failed'; readonly error: PlainError }
  /** Answers (outcome-codec.ts): one result for each frame, in their order; as a message where the ring has no room for them. */
  | { readonly kind: 'answers'; readonly bytes: ArrayBuffer };

/** An error between threads: structured clone would lose a HostError's code. */
export interface PlainError {
  readonly code?: string;
  readonly message: string;
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof HostError) return { code: error.code, message: error.message };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Whatever is not a HostError becomes PLUGIN_START_FAILED: it comes from starting a chain. */
export function fromPlainError(error: PlainError): HostError {
  return new HostError(isHostErrorCode(error.code) ? error.code : 'PLUGIN_START_FAILED', error.message);
}

function isHostErrorCode(code: string | undefined): code is HostErrorCode {
  return code !== undefined && Object.hasOwn(HOST_ERRORS, code);
}
