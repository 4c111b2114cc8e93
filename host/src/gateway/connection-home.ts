import type { Duplex } from 'node:stream';
import type { Hook } from '@framegate/sdk/abi';
import type { WebSocket } from 'ws';
import type { Admission, Backend } from '../backend/backend.js';
import type { ConnectionOptions } from '../config/config-schema.js';
import type { Chain } from '../engine/engine.js';
import type { Logger } from '../logger.js';
import type { RouteMeter } from '../metrics/route-meter.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { ConnectionTrace } from './connection-trace.js';
import type { ConnectionView } from './connection-view.js';
import type { Heartbeat } from './heartbeat.js';

/** What all connections of one route share. */
export interface ConnectionHome {
  /** `undefined`: a route without plugins. */
  readonly chain: Chain | undefined;
  readonly backend: Backend;
  readonly options: ConnectionOptions;
  /** Bytes in the chain, of all connections, above which those who add to it are paused. */
  readonly maxInFlightBytes: number;
  readonly heartbeat: Heartbeat;
  readonly logger: Logger;
  readonly meter: RouteMeter;
  /** What plugins say of a connection's frames. `frame`: its number among those of the connection that met this hook, from 1. */
  readonly noted: (context: ConnectionContext, hook: Hook, frame: number, notes: Outcome['notes']) => void;
  /** Called once for each, when both sides and all hooks are done with it. */
  readonly closed: (connection: ConnectionView) => void;
}

/** What a connection has of its own when it begins. */
export interface ConnectionParts {
  readonly socket: WebSocket;
  /** The socket under `socket`. */
  readonly raw: Duplex;
  readonly context: ConnectionContext;
  readonly admission: Admission;
  /** Absent: it has no spans. */
  readonly trace?: ConnectionTrace | undefined;
}
