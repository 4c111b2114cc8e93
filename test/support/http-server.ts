import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request that has arrived, and is not answered yet. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly response: ServerResponse;
}

/** A real HTTP server on loopback, whose test answers each request by hand or through `answer`. */
export class TestHttpServer {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(answer: (request: Received) => void = () => {}, address = '127.0.0.1'): Promise<TestHttpServer> {
    const server = createServer();
    const test = new TestHttpServer(server);
    server.on('request', (request, response) => {
      void text(request).then((body) =>
        test.#take({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body, response }, answer),
      );
    });
    server.listen(0, address);
    await once(server, 'listening');
    return test;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return `${(this.#server.address() as AddressInfo).address}:${this.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Resolves with the request of that number (from 0) when it has arrived. */
  async arrived(index = 0): Promise<Received> {
    if (this.received.length <= index) await new Promise<void>((resolve) => this.#waiting.push({ count: index + 1, resolve }));
    return this.received[index] as Received;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(received: Received, answer: (request: Received) => void): void {
    this.received.push(received);
    answer(received);
    for (const { count, resolve } of this.#waiting) if (count <= this.received.length) resolve();
  }
}
