import type { ConnectionContext } from '@framegate/host';

/** A connection for guests that are called without one. */
export const NOWHERE: ConnectionContext = {
  handle: 1,
  version: 1,
  id: 'bench',
  route: 'bench',
  host: 'localhost',
  path: '/',
  headers: {},
  remoteAddress: '127.0.0.1',
  subprotocol: '',
  connectedAt: 0,
};
