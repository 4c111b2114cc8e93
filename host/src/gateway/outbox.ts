import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Frame } from '../frame.js';
import { WireFrame } from './wire-frame.js';

/** Counted for a frame beside its payload, so that empty frames are bounded too. */
const FRAME_OVERHEAD = 64;
/** Corked bytes that are not held back until the end of the tick. */
const FLUSH_BYTES = 65_536;

/** Bytes that a frame counts in every queue. */
export function frameCost(frame: Frame): number {
  return frame.payload.length + FRAME_OVERHEAD;
}

const corked = new Set<Outbox>();
let scheduled = false;

function flushAll(): void {
  scheduled = false;
  const boxes = [...corked];
  corked.clear();
  for (const box of boxes) box.flush();
}

/** Writes frames to a WebSocket; those of one tick leave in one write. `raw` is the socket under `socket`. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #takesWire: boolean;
  #corkedBytes = -1;

  /**
   * `side`: whose end of the connection this is. Only a server's frames can be shared: a client masks each anew. Without an
   * extension `ws` has no queue of its own, pings and closes leave at once: bytes written beside it keep their place.
   */
  constructor(socket: WebSocket, raw: Duplex, side: 'server' | 'client') {
    this.#socket = socket;
    this.#raw = raw;
    this.#takesWire = side === 'server' && socket.extensions === '';
  }

  /** Bytes written that the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Ignored once the socket is closing. `written` is called when the system has taken the frame, or never will. */
  write(frame: Frame, written?: () => void): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#cork(frameCost(frame));
    if (this.#takesWire && frame instanceof WireFrame) this.#raw.write(frame.wire, written);
    else this.#socket.send(frame.payload, { binary: frame.kind === 'binary' }, written);
    if (this.#corkedBytes > FLUSH_BYTES) this.flush();
  }

  flush(): void {
    if (this.#corkedBytes < 0) return;
    this.#corkedBytes = -1;
    corked.delete(this);
    this.#raw.uncork();
  }

  #cork(bytes: number): void {
    if (this.#corkedBytes < 0) {
      this.#corkedBytes = 0;
      this.#raw.cork();
      corked.add(this);
      if (!scheduled) setImmediate(flushAll);
      scheduled = true;
    }
    this.#corkedBytes += bytes;
  }
}
