import type { ConnectionMeter } from '../metrics/connection-meter.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { Close } from '../verdict.js';

/** What an operator sees of a connection, and can do with it. */
export interface ConnectionView {
  readonly context: ConnectionContext;
  readonly state: 'connecting' | 'open' | 'closing' | 'closed';
  readonly meter: Pick<ConnectionMeter, 'requests' | 'responses'>;
  /** Bytes from the client that are in the hooks or wait for the backend. */
  readonly pendingBytes: number;
  /** Bytes on their way to the client. */
  readonly queuedBytes: number;
  /** Closes it after what has been sent; frames from it that are still on their way go nowhere. */
  close(close: Close): void;
}

/** Every connection of a gateway, those included that are just ending. */
export interface ConnectionDirectory {
  readonly connections: Iterable<ConnectionView>;
}
