import type { StateFilter, StateStore } from '../state/state-store.js';

/** Forgets what plugins kept for a connection that has gone, and for its user if it had none but itself (state-owner.ts). Returns which entries these were. */
export function wipeConnection(state: StateStore, connection: string): readonly StateFilter[] {
  const filters: readonly StateFilter[] = [
    { scope: 'connection', owner: connection },
    { scope: 'user', owner: connection },
  ];
  for (const filter of filters) state.wipe(filter);
  return filters;
}
