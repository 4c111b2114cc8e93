import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { LoadConnection } from './load-connection.js';

let server: WebSocketServer | undefined;

afterEach(async () => {
  for (const client of server?.clients ?? []) client.terminate();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** A server that does `onMessage` with each message, and a connection to it with four messages out. `trips` settles after 20 came back. */
async function connect(onMessage: (socket: WebSocket, data: Buffer, count: number) => void) {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    let count = 0;
    socket.on('message', (data) => onMessage(socket, data as Buffer, count++));
  });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let count = 0;
  let onEnough: () => void = () => undefined;
  const trips = new Promise<void>((resolve) => {
    onEnough = resolve;
  });
  const onRoundTrip = (): void => {
    if (++count === 20) onEnough();
  };
  const connection = new LoadConnection({ url, inFlight: 4, payloadBytes: 140, run: 3, connection: 0, onRoundTrip });
  await connection.opened();
  connection.start();
  return { connection, trips };
}

const echo = (socket: WebSocket, data: Buffer): void => socket.send(data, { binary: false });

describe('LoadConnection', () => {
  it('gets back everything it sent, and hangs up cleanly', async () => {
    const { connection, trips } = await connect(echo);
    await trips;
    await connection.drain();
    expect(connection.outstanding).toBe(0);
    await connection.close();
  });

  it('fails when a message comes back changed', async () => {
    const { connection } = await connect((socket, data, count) =>
      socket.send(count === 5 ? data.toString().toUpperCase() : data.toString()),
    );
    await expect(connection.failed).rejects.toThrow('message 5 came back changed or out of order');
  });

  it('fails when two messages change places', async () => {
    let held: Buffer | undefined;
    const { connection } = await connect((socket, data, count) => {
      if (count === 6) held = data;
      else echo(socket, data);
      if (count === 7 && held) echo(socket, held);
    });
    await expect(connection.failed).rejects.toThrow('message 6 came back changed or out of order');
  });

  it('fails when a message comes back twice', async () => {
    const { connection } = await connect((socket, data, count) => {
      echo(socket, data);
      if (count === 2) echo(socket, data);
    });
    await expect(connection.failed).rejects.toThrow('message 3 came back changed or out of order');
  });

  it('fails when text comes back as binary', async () => {
    const { connection } = await connect((socket, data) => socket.send(data, { binary: true }));
    await expect(connection.failed).rejects.toThrow('got:  binary');
  });

  it('fails when messages were swallowed for longer than it may take', async () => {
    let onSwallowed: () => void = () => undefined;
    const swallowed = new Promise<void>((resolve) => {
      onSwallowed = resolve;
    });
    const { connection } = await connect((socket, data, count) => {
      if (count < 16) echo(socket, data);
      else if (count === 19) onSwallowed();
    });
    await swallowed;
    connection.assertPrompt(60_000);
    expect(connection.outstanding).toBe(4);
    connection.assertPrompt(0);
    await expect(connection.failed).rejects.toThrow('message 16 did not come back within 0 ms');
  });

  it('fails when the server hangs up with messages out', async () => {
    const { connection } = await connect((socket) => socket.close(1011, 'tired'));
    await expect(connection.failed).rejects.toThrow('closed by the server with 1011 "tired" while 4 messages were out');
  });
});
