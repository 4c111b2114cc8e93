import { once } from 'node:events';
import { WebSocket } from 'ws';
import { MessageSource } from './message-source.js';

const HANDSHAKE_MS = 5_000;

interface Slot {
  readonly payload: Buffer;
  sentAt: number;
}

/**
 * One client in a closed loop: `inFlight` messages are out, and each one that comes back sends the next.
 * Whatever comes back must be what was sent, byte for byte and in order; anything else fails the connection.
 */
export class LoadConnection {
  readonly #socket: WebSocket;
  readonly #source: MessageSource;
  readonly #slots: readonly Slot[];
  readonly #onRoundTrip: (us: number) => void;
  /** Rejects when a message was lost, changed, out of order or uncalled for, or the server hung up. Never resolves. */
  readonly failed: Promise<never>;
  #fail: (reason: string) => void = () => undefined;
  #head = 0;
  #outstanding = 0;
  #returned = 0;
  #sending = false;
  #closing = false;
  #onDrained: (() => void) | undefined;

  constructor(options: {
    readonly url: string;
    readonly inFlight: number;
    readonly payloadBytes: number;
    readonly run: number;
    readonly connection: number;
    readonly onRoundTrip: (us: number) => void;
  }) {
    this.#source = new MessageSource({ bytes: options.payloadBytes, run: options.run, connection: options.connection });
    this.#slots = Array.from({ length: options.inFlight }, () => ({ payload: this.#source.createBuffer(), sentAt: 0 }));
    this.#onRoundTrip = options.onRoundTrip;
    this.failed = new Promise((_, reject) => {
      this.#fail = (reason) => reject(new Error(`connection ${options.connection}: ${reason}`));
    });
    this.failed.catch(() => undefined);
    this.#socket = new WebSocket(options.url, { perMessageDeflate: false, handshakeTimeout: HANDSHAKE_MS });
    this.#socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', (code, reason) => {
      if (!this.#closing) this.#fail(`closed by the server with ${code} "${reason}" while ${this.#outstanding} messages were out`);
    });
  }

  /** Messages sent and not yet back. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Fails the connection if the oldest message that is out was sent more than `ms` ago. */
  assertPrompt(ms: number): void {
    const oldest = this.#slots[this.#head];
    if (this.#outstanding === 0 || oldest === undefined || performance.now() - oldest.sentAt <= ms) return;
    this.#fail(`message ${this.#returned} did not come back within ${ms} ms\n  sent: text ${oldest.payload}`);
  }

  async opened(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CONNECTING) await once(this.#socket, 'open');
  }

  start(): void {
    this.#sending = true;
    for (const slot of this.#slots) this.#send(slot);
  }

  /** Sends nothing more; settles when everything sent has come back. */
  drain(): Promise<void> {
    this.#sending = false;
    if (this.#outstanding === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close(1000);
    await closed;
  }

  terminate(): void {
    this.#closing = true;
    this.#socket.terminate();
  }

  #send(slot: Slot): void {
    this.#source.write(slot.payload);
    this.#outstanding += 1;
    slot.sentAt = performance.now();
    this.#socket.send(slot.payload, { binary: false });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const now = performance.now();
    const slot = this.#slots[this.#head];
    if (slot === undefined || this.#outstanding === 0) {
      this.#fail(`a message came that was not sent: ${data.toString('utf8')}`);
      return;
    }
    if (isBinary || !slot.payload.equals(data)) {
      const got = `${isBinary ? 'binary' : 'text'} ${data.toString('utf8')}`;
      this.#fail(`message ${this.#returned} came back changed or out of order\n  sent: text ${slot.payload}\n  got:  ${got}`);
      return;
    }
    this.#outstanding -= 1;
    this.#returned += 1;
    this.#head = this.#head + 1 === this.#slots.length ? 0 : this.#head + 1;
    this.#onRoundTrip((now - slot.sentAt) * 1000);
    if (this.#sending) this.#send(slot);
    else if (this.#outstanding === 0) this.#onDrained?.();
  }
}
