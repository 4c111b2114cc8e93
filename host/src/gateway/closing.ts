import type { WebSocket } from 'ws';
import type { BackendSession } from '../backend/backend.js';
import type { Close } from '../verdict.js';
import type { RequestLane } from './request-lane.js';
import type { ResponseLane } from './response-lane.js';

export interface ClosingParts {
  readonly close: Close;
  /** Whether frames that came before the end still go to the backend. Not, if the backend or a plugin ended it. */
  readonly deliver: boolean;
  readonly session: BackendSession | undefined;
  readonly socket: WebSocket;
  readonly requests: RequestLane;
  readonly responses: ResponseLane;
  /** Milliseconds until the socket is cut and frames that nobody takes are given up. */
  readonly timeoutMs: number;
  /** Frames were given up. */
  readonly lost: (frames: number) => void;
  /** Both sides have closed and no hook is running. */
  readonly done: () => void;
}

/**
 * The end of a connection, step by step: requests in flight reach the backend, their answers reach the client, the close is
 * sent, the backend is told, the socket closes. Whoever may have unblocked a step calls `advance`.
 */
export class Closing {
  readonly #parts: ClosingParts;
  readonly #timer: NodeJS.Timeout;
  #deliver: boolean;
  #session: BackendSession | undefined;
  /** flushing: frames are still to be sent. handshake: the close frame is on its way. */
  #socket: 'flushing' | 'handshake' | 'gone' = 'flushing';
  #done = false;

  constructor(parts: ClosingParts) {
    this.#parts = parts;
    this.#deliver = parts.deliver;
    this.#session = parts.session;
    this.#timer = setTimeout(() => this.giveUp(), parts.timeoutMs);
    if (parts.deliver) parts.socket.resume();
    else parts.requests.end();
  }

  /** Requests still go to the backend. */
  get delivering(): boolean {
    return this.#deliver;
  }

  /** Frames can still be sent to the client. */
  get flushing(): boolean {
    return this.#socket === 'flushing';
  }

  /** The backend ended the connection while it was being started. */
  adopt(session: BackendSession): void {
    this.#session = session;
    this.advance();
  }

  socketGone(): void {
    this.#socket = 'gone';
    this.advance();
  }

  advance(): void {
    const { requests, responses } = this.#parts;
    if (this.#deliver && !requests.empty) return;
    if (this.#socket === 'flushing' && responses.inHooks === 0) this.sendClose();
    if (this.#socket !== 'flushing' && this.#session !== undefined) {
      const session = this.#session;
      this.#session = undefined;
      requests.end();
      session.disconnected(this.#parts.close);
    }
    if (this.#done || this.#socket !== 'gone' || requests.inHooks > 0 || responses.inHooks > 0) return;
    this.#done = true;
    clearTimeout(this.#timer);
    this.#parts.done();
  }

  /** Without waiting for what is still in the hooks. */
  sendClose(): void {
    if (this.#socket !== 'flushing') return;
    this.#socket = 'handshake';
    this.#parts.responses.flush();
    this.#parts.socket.close(this.#parts.close.code, this.#parts.close.reason);
  }

  /** Sends the close if that has not happened, cuts the socket and waits for nobody but running hooks. */
  giveUp(): void {
    const lost = this.#parts.requests.end();
    if (lost > 0) this.#parts.lost(lost);
    this.#deliver = false;
    this.sendClose();
    this.#parts.socket.terminate();
    this.advance();
  }
}
