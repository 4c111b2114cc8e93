import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE } from '../close-codes.js';
import type { Frame } from '../frame.js';
import type { Heartbeat, Pulse } from '../gateway/heartbeat.js';
import { Outbox } from '../gateway/outbox.js';
import { receivedClose } from '../gateway/received-close.js';
import type { Close } from '../verdict.js';
import type { BackendPeer, BackendSession } from './backend.js';

/** What all sessions of one upstream share. */
export interface UpstreamHome {
  readonly maxQueuedBytes: number;
  readonly heartbeat: Heartbeat;
  /** The upstream did not answer a ping on one of its sockets. */
  readonly unanswered: (whose: { readonly connection?: string; readonly route?: string }) => void;
}

/**
 * One client's socket to the upstream. A slow upstream makes it `congested`, a slow client pauses it; frames that were already read
 * when it was paused are held (one read of the socket at most). Until `start` nothing is read.
 */
export class UpstreamSession implements BackendSession, Pulse {
  readonly socket: WebSocket;
  readonly raw: Duplex;
  readonly #home: UpstreamHome;
  readonly #outbox: Outbox;
  readonly #held: Frame[] = [];
  #peer: BackendPeer | undefined;
  #drained: () => void = () => {};
  #congested = false;
  #ended: Close | undefined;
  #error: string | undefined;

  constructor(socket: WebSocket, raw: Duplex, home: UpstreamHome) {
    this.socket = socket;
    this.raw = raw;
    this.#home = home;
    this.#outbox = new Outbox(socket, raw, 'client');
    home.heartbeat.watch(this);
    socket.pause();
    socket.on('message', (data, isBinary) => this.#received({ kind: isBinary ? 'binary' : 'text', payload: data as Buffer }));
    socket.on('error', (error) => {
      this.#error = error.message;
    });
    socket.on('close', (code, reason) => this.#closed(code, reason));
  }

  start(peer: BackendPeer, onDrain: () => void): void {
    this.#peer = peer;
    this.#drained = onDrain;
    this.#pump();
  }

  get congested(): boolean {
    return this.#congested;
  }

  receive(frame: Frame): void {
    this.#outbox.write(frame, this.#written);
    if (this.#outbox.bufferedBytes > this.#home.maxQueuedBytes) this.#congested = true;
  }

  clientDrained(): void {
    this.#pump();
  }

  disconnected(close: Close): void {
    this.#peer = undefined;
    this.#held.length = 0;
    this.#outbox.flush();
    this.socket.resume();
    this.socket.close(close.code, close.reason);
  }

  unanswered(): void {
    const { id: connection, route } = this.#peer?.context ?? {};
    this.#home.unanswered({ ...(connection !== undefined && { connection }), ...(route !== undefined && { route }) });
  }

  #received(frame: Frame): void {
    const peer = this.#peer;
    if (peer === undefined && this.socket.readyState !== this.socket.OPEN) return;
    if (peer === undefined || peer.congested || this.#held.length > 0) {
      this.#held.push(frame);
      this.socket.pause();
    } else {
      peer.send(frame);
    }
  }

  /** Sends what was held, then reads on, then passes on the upstream's end. */
  #pump(): void {
    while (this.#peer !== undefined && !this.#peer.congested) {
      const frame = this.#held.shift();
      if (frame === undefined) break;
      this.#peer.send(frame);
    }
    if (this.#peer === undefined || this.#peer.congested) return;
    if (this.#ended === undefined) this.socket.resume();
    else this.#peer.close(this.#ended);
  }

  readonly #written = (): void => {
    if (!this.#congested || this.#outbox.bufferedBytes > this.#home.maxQueuedBytes / 2) return;
    this.#congested = false;
    this.#drained();
  };

  #closed(code: number, reason: Buffer): void {
    this.#home.heartbeat.forget(this);
    const lost = {
      code: CLOSE.UPSTREAM_UNAVAILABLE.code,
      reason: `upstream connection failed${this.#error === undefined ? '' : `: ${this.#error}`}`.slice(0, 120),
    };
    this.#ended = receivedClose(code, reason, lost);
    this.#congested = false;
    this.#pump();
  }
}
