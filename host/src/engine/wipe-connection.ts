import type { StateStore } from '../state/state-store.js';

/** Forgets what these plugins kept for a connection that has gone, and for its user if it had none but itself (state-owner.ts). */
export function wipeConnection(state: StateStore, plugins: readonly string[], connection: string): void {
  for (const plugin of plugins) {
    state.wipe({ plugin, scope: 'connection', owner: connection });
    state.wipe({ plugin, scope: 'user', owner: connection });
  }
}
