import type { Duplex } from 'node:stream';

const TEXT = 0x81;
const CLOSE = 0x88;
const PING = 0x89;

/** What a receiver is told of. A payload is a view that is valid during the call only. */
export interface ReceiverEvents {
  readonly message: (payload: Buffer) => void;
  readonly failed: (reason: string) => void;
}

/**
 * The receiving half of a WebSocket client, straight on its socket: splits what comes into whole, unmasked text frames (RFC 6455, section
 * 5.2) and does nothing else, so that hundreds of receivers in one process cost less than the server that they measure.
 */
export class Receiver {
  readonly #socket: Duplex;
  readonly #events: ReceiverEvents;
  #rest: Buffer;
  #closing = false;

  /** `head` is what came along with the answer to the handshake. */
  constructor(socket: Duplex, head: Buffer, events: ReceiverEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#rest = head;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the server hung up'));
    if (head.length > 0) setImmediate(() => this.#receive(Buffer.alloc(0)));
  }

  end(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const left = data.length - at;
      if (left < 2) break;
      let length = data[at + 1] ?? 0;
      let header = 2;
      if (length === 126) {
        if (left < 4) break;
        length = data.readUInt16BE(at + 2);
        header = 4;
      } else if (length === 127) {
        if (left < 10) break;
        length = Number(data.readBigUInt64BE(at + 2));
        header = 10;
      }
      if (left < header + length) break;
      this.#frame(data[at] ?? 0, data.subarray(at + header, at + header + length));
      at += header + length;
    }
    this.#rest = at === data.length ? Buffer.alloc(0) : data.subarray(at);
  }

  #frame(first: number, payload: Buffer): void {
    if (first === TEXT) this.#events.message(payload);
    else if (first === CLOSE) this.#fail(`closed with ${payload.length >= 2 ? payload.readUInt16BE(0) : 'no code'} ${payload.subarray(2)}`);
    // A run is shorter than two heartbeats: a ping need not be answered.
    else if (first !== PING) this.#fail(`a frame came that is neither text, ping nor close: first byte ${first}`);
  }

  #fail(reason: string): void {
    if (!this.#closing) this.#events.failed(reason);
    this.#closing = true;
  }
}
