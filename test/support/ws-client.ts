import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A real WebSocket client that remembers what came, so that a test can wait for it instead of sleeping. */
export class WsClient {
  readonly socket: WebSocket;
  /** Resolves when the socket has closed. */
  readonly closed: Promise<Closed>;
  readonly #received: (string | Buffer)[] = [];
  readonly #waiting: ((message: string | Buffer) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? (data as Buffer) : data.toString();
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#received.push(message);
      else waiter(message);
    });
    this.closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  }

  /** Resolves when the handshake is done; rejects with the HTTP answer, if that is what came. */
  static async open(url: string, options: ClientOptions & { readonly protocols?: string[] } = {}): Promise<WsClient> {
    const client = WsClient.connecting(url, options);
    await once(client.socket, 'open');
    return client;
  }

  static connecting(url: string, { protocols = [], ...options }: ClientOptions & { readonly protocols?: string[] } = {}): WsClient {
    return new WsClient(new WebSocket(url, protocols, { perMessageDeflate: false, ...options }));
  }

  send(message: string | Uint8Array): void {
    this.socket.send(message);
  }

  /** The next message, text as a string. */
  next(): Promise<string | Buffer> {
    const message = this.#received.shift();
    return message === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(message);
  }

  async nextJson(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.next()).toString());
  }

  async take(count: number): Promise<(string | Buffer)[]> {
    const messages: (string | Buffer)[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Messages that nobody has asked for yet. */
  get unread(): number {
    return this.#received.length;
  }

  close(code?: number, reason?: string): Promise<Closed> {
    this.socket.close(code, reason);
    return this.closed;
  }
}
