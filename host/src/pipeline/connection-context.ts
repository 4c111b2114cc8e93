import type { Connection } from '@framegate/sdk/abi';

/** What a plugin may know of a connection. Sent to an engine worker once and again only when it changes, never with a frame. */
export interface ConnectionContext extends Connection {
  /** Unique in this process while the connection lives; the ABI's connection number. */
  readonly handle: number;
  /** Grows with every change of the other fields. */
  readonly version: number;
}
