import type { StateEntry, StateKey, StateWrite } from './state-store.js';

/** The writes that make these entries, as they are. */
export function asWrites(entries: Iterable<readonly [StateKey, StateEntry]>): StateWrite[] {
  return Array.from(entries, ([key, { value, expiresAt }]) => ({ kind: 'set', key, value, expiresAt }));
}
