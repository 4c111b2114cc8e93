import type { WebSocket } from 'ws';
import type { BackendSession } from '../backend/backend.js';
import type { Frame } from '../frame.js';
import { frameCost } from './outbox.js';

/** Whose frames a {@link RequestLane} has. */
export interface LaneLoad {
  /** The hooks have more than enough to do with all connections together. */
  readonly overloaded: boolean;
}

/**
 * Frames on their way from one client to its backend: those in the request hooks, and those that a congested backend did not take.
 * Bound: with more than `maxPendingBytes` of them, a congested backend or overloaded hooks, the client's socket is paused; what it had already read still comes.
 */
export class RequestLane {
  readonly #socket: WebSocket;
  readonly #maxPendingBytes: number;
  readonly #load: LaneLoad;
  readonly #waiting: Frame[] = [];
  #session: BackendSession | undefined;
  #inHooks = 0;
  #pendingBytes = 0;

  constructor(socket: WebSocket, maxPendingBytes: number, load: LaneLoad) {
    this.#socket = socket;
    this.#maxPendingBytes = maxPendingBytes;
    this.#load = load;
  }

  /** Hooks that have not settled, `on_connect` and `on_disconnect` included. */
  get inHooks(): number {
    return this.#inHooks;
  }

  /** Bytes in the hooks, and of frames that wait. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Nothing is in the hooks and nothing waits. */
  get empty(): boolean {
    return this.#inHooks === 0 && this.#waiting.length === 0;
  }

  open(session: BackendSession): void {
    this.#session = session;
  }

  entered(frame: Frame): void {
    this.#inHooks++;
    this.#pendingBytes += frameCost(frame);
    this.#throttle();
  }

  settled(frame: Frame): void {
    this.#inHooks--;
    this.#pendingBytes -= frameCost(frame);
    this.#throttle();
  }

  /** Hands a frame to the backend, after those that wait. */
  deliver(frame: Frame): void {
    const session = this.#session;
    if (session === undefined) return;
    if (this.#waiting.length > 0 || session.congested) {
      this.#waiting.push(frame);
      this.#pendingBytes += frameCost(frame);
    } else {
      session.receive(frame);
    }
    this.#throttle();
  }

  /** The backend takes frames again. */
  drained(): void {
    while (this.#session !== undefined && !this.#session.congested) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#pendingBytes -= frameCost(frame);
      this.#session.receive(frame);
    }
    this.#throttle();
  }

  /** Nothing more goes to the backend; the socket is read again, so that its closing handshake can come in. Returns how many frames were given up. */
  end(): number {
    const lost = this.#waiting.length;
    for (const frame of this.#waiting.splice(0)) this.#pendingBytes -= frameCost(frame);
    this.#session = undefined;
    this.#socket.resume();
    return lost;
  }

  #throttle(): void {
    const session = this.#session;
    if (session === undefined) return;
    // Overload pauses only who has frames in the hooks: when those settle, this is called again.
    const held = session.congested || (this.#inHooks > 0 && this.#load.overloaded);
    if (!this.#socket.isPaused) {
      if (held || this.#pendingBytes > this.#maxPendingBytes) this.#socket.pause();
    } else if (!held && this.#pendingBytes <= this.#maxPendingBytes / 2) {
      this.#socket.resume();
    }
  }
}
