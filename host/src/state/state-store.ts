import type { StateScope } from '@framegate/sdk/abi';

/** Where a value lives. `owner` is the room's, user's or connection's id; '' in scope `plugin`. */
export interface StateKey {
  readonly plugin: string;
  readonly scope: StateScope;
  readonly owner: string;
  /** UTF-8, at most 512 bytes. */
  readonly key: string;
}

/** `expiresAt`: milliseconds since the epoch; 0 = never. */
export interface StateEntry {
  readonly value: Uint8Array;
  readonly expiresAt: number;
}

export type StateWrite =
  | { readonly kind: 'set'; readonly key: StateKey; readonly value: Uint8Array; readonly expiresAt: number }
  | { readonly kind: 'delete'; readonly key: StateKey }
  /** Adds to a number kept as decimal text; creates it with `expiresAt` if it is absent. */
  | { readonly kind: 'add'; readonly key: StateKey; readonly delta: number; readonly expiresAt: number };

/** The entries of one plugin, of one scope, of one owner, or any of these together; all entries if it names none. */
export interface StateFilter {
  readonly plugin?: string;
  readonly scope?: StateScope;
  readonly owner?: string;
}

/**
 * The plugins' memory, owned by the host: it outlives instances, workers and versions of a plugin.
 * Guarantee: `apply` takes a frame's writes all at once, in order, or (when it throws) none of them.
 * An entry past its `expiresAt` is never returned, whether or not it has been swept yet.
 */
export interface StateStore {
  get(key: StateKey, now: number): StateEntry | undefined;
  apply(writes: readonly StateWrite[], now: number): void;
  /**
   * Whether the plugin's state may grow by so many bytes in all with the frame that runs, under this limit; what has expired goes first if there is no
   * room. Where threads share the limit, the room is kept for the frame. Asked only for frames that make it grow.
   */
  fits(plugin: string, growth: number, limit: number, now: number): boolean;
  /** Live bytes (keys and values) of one plugin, the figure that `limits.stateBytes` caps. */
  bytes(plugin: string): number;
  /** Live entries, optionally of one plugin or of one owner in one scope. For a standby's start and the operator's browser. */
  entries(filter: StateFilter, now: number): Iterable<[StateKey, StateEntry]>;
  /** Forgets everything that `entries` would list. Returns how many entries that was. */
  wipe(filter: StateFilter): number;
  /** What has expired and is not forgotten yet. */
  expired(now: number): readonly StateKey[];
  /** Forgets what has expired. Returns how many entries that was. */
  sweep(now: number): number;
}
