import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

interface Watched {
  readonly raw: Duplex;
  /** Bytes it had sent at the last ping; -1: there is no ping to answer. */
  bytesAtPing: number;
  readonly dead: () => void;
}

/**
 * Pings every watched socket each interval and cuts off those from which not a byte has come since the ping before: a long message
 * on its way counts as life. A socket that this side has paused can't show any and is left alone. One timer for all; 0 watches nothing.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #sockets = new Map<WebSocket, Watched>();

  constructor(intervalMs: number) {
    if (intervalMs > 0) this.#timer = setInterval(() => this.#beat(), intervalMs).unref();
  }

  /** Until the socket closes. `raw` is the socket under it; `dead` is called just before it is cut off. */
  watch(socket: WebSocket, raw: Duplex, dead: () => void): void {
    if (this.#timer === undefined) return;
    this.#sockets.set(socket, { raw, bytesAtPing: -1, dead });
    socket.once('close', () => this.#sockets.delete(socket));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#sockets.clear();
  }

  #beat(): void {
    for (const [socket, watched] of this.#sockets) {
      const bytes = watched.raw instanceof Socket ? watched.raw.bytesRead : -1;
      if (socket.readyState !== socket.OPEN || socket.isPaused) {
        watched.bytesAtPing = -1;
      } else if (bytes >= 0 && bytes === watched.bytesAtPing) {
        watched.dead();
        socket.terminate();
      } else {
        watched.bytesAtPing = bytes;
        socket.ping();
      }
    }
  }
}
