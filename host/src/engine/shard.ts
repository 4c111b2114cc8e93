import type { StateScope } from '@framegate/sdk/abi';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import { stateOwner } from '../state/state-owner.js';
import type { PluginSpec } from './engine.js';

/** By what frames are spread over the workers: all that share it meet in one of them. `chain`: all frames do. */
export type ShardBy = 'connection' | 'room' | 'user' | 'chain';

/** What a module without a manifest may keep: Extism variables, and its connection's `attrs`. */
const SCOPES_WITHOUT_MANIFEST: readonly StateScope[] = ['plugin', 'connection'];

export function stateScopes({ manifest }: PluginSpec): readonly StateScope[] {
  return manifest?.capabilities.state ?? SCOPES_WITHOUT_MANIFEST;
}

/**
 * The finest way in which no two workers ever need the same memory. A connection's own state follows its frames, so it allows any.
 * Room and user together allow none: a user is in several rooms, and a room has several users.
 */
export function shardBy(scopes: Iterable<StateScope>): ShardBy {
  let by: ShardBy = 'connection';
  for (const scope of scopes) {
    if (scope === 'connection' || scope === by) continue;
    if (scope === 'plugin' || by !== 'connection') return 'chain';
    by = scope;
  }
  return by;
}

/** The worker, of so many, for a connection's frames. */
export function shardOf(by: Exclude<ShardBy, 'chain'>, context: ConnectionContext, workers: number): number {
  // Handles are given out one after the other: better spread than any hash.
  return by === 'connection' ? context.handle % workers : spread(stateOwner(by, context), workers);
}

/** The worker, of so many, that has the memory of a room or a user. FNV-1a over UTF-16 units. */
export function spread(owner: string, workers: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < owner.length; index++) hash = Math.imul(hash ^ owner.charCodeAt(index), 0x01000193);
  // The last step of FNV mixes the low bits badly.
  return ((hash ^ (hash >>> 15)) >>> 0) % workers;
}
