import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { TraceHeaders } from '../telemetry/tracer.js';
import type { Close } from '../verdict.js';

/** The side of a connection that a backend sees. */
export interface BackendPeer {
  readonly context: ConnectionContext;
  /** Sends a frame towards the client, through the response hooks. Bounded by `connection.maxQueuedBytes`. What goes to many is a `Broadcast`, the same to each. */
  send(frame: Frame): void;
  /** Closes the client's side, after what has been sent. */
  close(close: Close): void;
  /**
   * True while more than half of `connection.maxQueuedBytes` is on its way to the client; `clientDrained` is called when it turns false.
   * A backend that can hold its source back does so; one that can't ignores this, and a client that stays slow is closed with 1013.
   */
  readonly congested: boolean;
  /** Changes what plugins see of the connection; raises its version. A key that is `undefined` is taken away. */
  update(change: { room?: string | undefined; user?: ConnectionContext['user'] | undefined }): void;
}

/** One connection as its backend sees it. Frames come one by one, in order, after the request hooks. */
export interface BackendSession {
  receive(frame: Frame): void;
  /** True while the backend can't take more; the connection pauses its socket until `onDrain` was called. */
  readonly congested: boolean;
  /** `peer.congested` has turned false. */
  clientDrained?(): void;
  /** The client has gone, or was closed. Called once; nothing is sent afterwards. */
  disconnected(close: Close): void;
}

/** A client's upgrade request. Header names are lower-case; here the secrets are still in. */
export interface UpgradeRequest {
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocols: readonly string[];
  readonly remoteAddress: string;
  /** The id that the connection has, or would have had; absent: it was not given one yet. */
  readonly connection?: string;
  /** Whether the client speaks TLS, as a trusted proxy says; absent if none does. */
  readonly secure?: boolean;
  /** The trace that the connection belongs to from here on; absent: none. */
  readonly trace?: TraceHeaders;
}

/** A backend's answer to an upgrade request, before the handshake is answered. */
export interface Admission {
  /** The subprotocol to answer with, if any. */
  readonly subprotocol?: string;
  /** The client is connected and its `on_connect` hooks have run. `onDrain` is called when `congested` turns false. Never throws. */
  start(peer: BackendPeer, onDrain: () => void): BackendSession;
  /** The client went away before `start`. */
  abandon(): void;
}

/** Where a route's frames go: the chat in this process, or a WebSocket server behind us. */
export interface Backend {
  /**
   * Decides on a client before its handshake is answered; an upstream opens its own socket here.
   * A refusal is a close: the handshake is completed and closed at once with that code, which a browser can read, unlike an HTTP status.
   */
  admit(request: UpgradeRequest): Promise<Admission | { readonly refused: Close }>;
  /** A frame that tells a client something in the backend's own protocol, if it has one for that. */
  notice?(code: string, message: string): Frame | undefined;
  /** A frame that tells a client that the server is about to close the connection, and after how many milliseconds it should come back. */
  farewell?(retryAfterMs: number): Frame | undefined;
  close(): Promise<void>;
}
