import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Somebody whose socket a {@link Heartbeat} watches. */
export interface Pulse {
  readonly socket: WebSocket;
  /** The socket under `socket`. */
  readonly raw: Duplex;
  /** It did not answer a ping; it is cut off after this. */
  unanswered(): void;
}

/** There is no ping to answer. */
const NO_PING = -1;

/**
 * Pings every watched socket each interval and cuts off those from which not a byte has come since the ping before: a long message
 * on its way counts as life. A socket that this side has paused can't show any and is left alone. One timer for all; 0 watches nothing.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout | undefined;
  /** Bytes that each had sent at the last ping. */
  readonly #bytesAtPing = new Map<Pulse, number>();

  constructor(intervalMs: number) {
    if (intervalMs > 0) this.#timer = setInterval(() => this.#beat(), intervalMs).unref();
  }

  /** Until `forget`, which its socket's end calls for. */
  watch(pulse: Pulse): void {
    if (this.#timer !== undefined) this.#bytesAtPing.set(pulse, NO_PING);
  }

  forget(pulse: Pulse): void {
    this.#bytesAtPing.delete(pulse);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#bytesAtPing.clear();
  }

  #beat(): void {
    for (const [pulse, bytesAtPing] of this.#bytesAtPing) {
      const { socket, raw } = pulse;
      const bytes = raw instanceof Socket ? raw.bytesRead : NO_PING;
      if (socket.readyState !== socket.OPEN || socket.isPaused) {
        this.#bytesAtPing.set(pulse, NO_PING);
      } else if (bytes >= 0 && bytes === bytesAtPing) {
        pulse.unanswered();
        socket.terminate();
      } else {
        this.#bytesAtPing.set(pulse, bytes);
        socket.ping();
      }
    }
  }
}
