import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';

const LOOPBACK = '127.0.0.1';
const BAD_GATEWAY = 1014;

/** A plain `ws` server on a free port. */
async function listen(onConnection: (socket: WebSocket, server: WebSocketServer, request: IncomingMessage) => void): Promise<string> {
  const server = new WebSocketServer({ host: LOOPBACK, port: 0 });
  server.on('connection', (socket, request) => onConnection(socket, server, request));
  await once(server, 'listening');
  return `ws://${LOOPBACK}:${(server.address() as AddressInfo).port}/`;
}

/** The least that `ws` can do: each message goes back as it came. */
export function startEcho(): Promise<string> {
  return listen((socket) => {
    socket.on('message', (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary }));
  });
}

/** The least that a chat on `ws` can do, as its own examples do it: each message goes to everybody else, one `send` each. */
export function startRelay(): Promise<string> {
  return listen((socket, server) => {
    socket.on('message', (data: RawData, isBinary: boolean) => {
      for (const other of server.clients)
        if (other !== socket && other.readyState === WebSocket.OPEN) other.send(data, { binary: isBinary });
    });
  });
}

export type Direction = 'request' | 'response';

/** What is done to a connection's messages on their way. Calls `pass` once, now or later, in the order in which messages came. */
export type Treatment = (direction: Direction, data: RawData, isBinary: boolean, pass: (data: RawData | string) => void) => void;

const untouched: Treatment = (_direction, data, _isBinary, pass) => pass(data);

/** The least that a gateway on `ws` can do: each message goes on, a close goes on as a close. No queue limits, no back-pressure. */
export function startProxy(upstreamUrl: string, treatmentOf: (request: IncomingMessage) => Treatment = () => untouched): Promise<string> {
  return listen((client, _server, request) => {
    const treat = treatmentOf(request);
    client.pause();
    const upstream = new WebSocket(upstreamUrl, { perMessageDeflate: false });
    upstream.on('open', () => client.resume());
    upstream.on('error', () => client.close(BAD_GATEWAY));
    upstream.on('message', (data: RawData, binary: boolean) => treat('response', data, binary, (out) => client.send(out, { binary })));
    upstream.on('close', () => client.close());
    client.on('message', (data: RawData, binary: boolean) => treat('request', data, binary, (out) => upstream.send(out, { binary })));
    client.on('close', () => upstream.close());
  });
}
