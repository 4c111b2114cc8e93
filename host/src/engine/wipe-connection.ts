import type { StateStore } from '../state/state-store.js';

/** Forgets what plugins kept for a connection that has gone, and for its user if it had none but itself (state-owner.ts). */
export function wipeConnection(state: StateStore, connection: string): void {
  state.wipe({ scope: 'connection', owner: connection });
  state.wipe({ scope: 'user', owner: connection });
}
