import type { StateScope } from '@framegate/sdk/abi';
import type { ConnectionContext } from '../pipeline/connection-context.js';

/**
 * Whose memory a scope means for this connection (docs/abi.md): one without a room shares the room '' with the others
 * that have none; one without a user is a user of its own.
 */
export function stateOwner(scope: StateScope, connection: ConnectionContext): string {
  switch (scope) {
    case 'plugin':
      return '';
    case 'room':
      return connection.room ?? '';
    case 'user':
      return connection.user?.id ?? connection.id;
    case 'connection':
      return connection.id;
  }
}
