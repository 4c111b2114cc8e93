import type { JsonObject } from './manifest.js';

/** What a plugin may know of a connection: the JSON that the ABI's `connection` function hands over. */
export interface Connection {
  /** Unique across hosts; for logs. */
  readonly id: string;
  /** The route's name. */
  readonly route: string;
  readonly host: string;
  /** Request path with query, as the client sent it. */
  readonly path: string;
  /** Lower-case names; several values joined with ", " (RFC 9110 §5.3). `authorization` and `cookie` are left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  readonly subprotocol: string;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
  readonly room?: string;
  readonly user?: { readonly id: string; readonly name: string; readonly claims?: JsonObject };
}
