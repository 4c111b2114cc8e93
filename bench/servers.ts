import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { answer } from './answer.js';
import { startGateway } from './gateway-server.js';

/** What a server process plays. */
export type Role =
  | { readonly kind: 'echo' }
  | { readonly kind: 'proxy'; readonly upstream: string }
  | { readonly kind: 'gateway'; readonly upstream: string; readonly plugins: readonly string[] };

const LOOPBACK = '127.0.0.1';
const BAD_GATEWAY = 1014;

async function listen(onConnection: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: LOOPBACK, port: 0 });
  server.on('connection', onConnection);
  await once(server, 'listening');
  return `ws://${LOOPBACK}:${(server.address() as AddressInfo).port}/`;
}

/** The least that `ws` can do: each message goes back as it came. */
function startEcho(): Promise<string> {
  return listen((socket) => {
    socket.on('message', (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary }));
  });
}

/** The least that a gateway on `ws` can do: each message goes on as it came, a close goes on as a close. No queue limits, no back-pressure. */
function startProxy(upstreamUrl: string): Promise<string> {
  return listen((client) => {
    client.pause();
    const upstream = new WebSocket(upstreamUrl, { perMessageDeflate: false });
    upstream.on('open', () => client.resume());
    upstream.on('error', () => client.close(BAD_GATEWAY));
    upstream.on('message', (data: RawData, isBinary: boolean) => client.send(data, { binary: isBinary }));
    upstream.on('close', () => client.close());
    client.on('message', (data: RawData, isBinary: boolean) => upstream.send(data, { binary: isBinary }));
    client.on('close', () => upstream.close());
  });
}

function play(role: Role): Promise<string> {
  switch (role.kind) {
    case 'echo':
      return startEcho();
    case 'proxy':
      return startProxy(role.upstream);
    case 'gateway':
      return startGateway(role.upstream, role.plugins);
  }
}

/** Starts the server on a free port. `startedMs`: from the start of this process until it listens. */
async function start(role: Role): Promise<{ readonly url: string; readonly startedMs: number }> {
  const url = await play(role);
  return { url, startedMs: performance.now() };
}

/** Processor time of all threads of this process so far, in microseconds. */
function cpu(_: null): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const api = { start, cpu };
export type ServerApi = typeof api;

answer(api);
