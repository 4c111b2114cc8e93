import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

/** A real WebSocket server to stand behind the host; echoes unless told otherwise. */
export class UpstreamServer {
  readonly url: string;
  readonly sockets: WebSocket[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly #server: ReturnType<typeof createServer>;
  readonly #webSockets: WebSocketServer;
  readonly #waiting: ((socket: WebSocket) => void)[] = [];

  private constructor(server: ReturnType<typeof createServer>, webSockets: WebSocketServer) {
    this.#server = server;
    this.#webSockets = webSockets;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(
    onSocket: (socket: WebSocket, request: IncomingMessage) => void = echo,
    options: ServerOptions = {},
  ): Promise<UpstreamServer> {
    const server = createServer();
    const webSockets = new WebSocketServer({ server, ...options });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = new UpstreamServer(server, webSockets);
    webSockets.on('connection', (socket, request) => {
      socket.on('error', () => {});
      upstream.sockets.push(socket);
      upstream.requests.push(request);
      onSocket(socket, request);
      upstream.#waiting.shift()?.(socket);
    });
    return upstream;
  }

  /** The socket of the next client. Ask before it connects. */
  nextSocket(): Promise<WebSocket> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#webSockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
}
