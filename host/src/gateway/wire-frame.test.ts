import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Frame } from '../frame.js';
import { Outbox } from './outbox.js';
import { WireFrame } from './wire-frame.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Pair {
  /** The server's end. */
  readonly socket: WebSocket;
  readonly outbox: Outbox;
  readonly client: WebSocket;
  /** What the client's own parser made of the bytes, in order: `text …`, `binary …` (hex), `ping …`. */
  readonly seen: string[];
  /** Resolves when the client has seen so many. */
  saw(count: number): Promise<void>;
}

/** Two real ends of a connection. */
async function connected(compression: boolean): Promise<Pair> {
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: compression && { threshold: 0 } });
  const http = createServer();
  const accepted = new Promise<{ socket: WebSocket; raw: Duplex }>((resolve) => {
    http.on('upgrade', (request, raw, head) => webSockets.handleUpgrade(request, raw, head, (socket) => resolve({ socket, raw })));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, { perMessageDeflate: compression });
  const seen: string[] = [];
  let look: () => void = () => {};
  let broken: (error: Error) => void = () => {};
  const note = (line: string): void => {
    seen.push(line);
    look();
  };
  client.on('message', (data, isBinary) => note(isBinary ? `binary ${(data as Buffer).toString('hex')}` : `text ${data}`));
  client.on('ping', (data) => note(`ping ${data}`));
  client.on('error', (error) => broken(error));
  client.on('close', (code) => broken(new Error(`closed with ${code}`)));
  await once(client, 'open');
  const { socket, raw } = await accepted;
  cleanups.push(() => new Promise((resolve) => http.close(resolve)));
  cleanups.push(() => [client.terminate(), socket.terminate()]);
  const saw = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      broken = reject;
      look = () => {
        if (seen.length >= count) resolve();
      };
      look();
    });
  return { socket, outbox: new Outbox(socket, raw, 'server'), client, seen, saw };
}

const text = (value: string): Frame => ({ kind: 'text', payload: Buffer.from(value) });

describe('a frame whose bytes are shared', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('is a message of %i bytes to any client', async (length) => {
    const { outbox, seen, saw } = await connected(false);
    const payload = Buffer.alloc(length, 0xa7);
    outbox.write(new WireFrame({ kind: 'binary', payload }));
    outbox.write(new WireFrame(text('x'.repeat(length))));
    await saw(2);
    expect(seen).toEqual([`binary ${payload.toString('hex')}`, `text ${'x'.repeat(length)}`]);
  });

  it('is built once', () => {
    const frame = new WireFrame(text('once'));
    expect(frame.wire).toBe(frame.wire);
  });

  it.each([false, true])('keeps its place among pings and frames that ws sends (compression: %s)', async (compression) => {
    const step = fc.record({
      what: fc.constantFrom('shared', 'own', 'ping', 'flush', 'pause'),
      size: fc.oneof(fc.nat(200), fc.nat(70_000)),
    });
    const { socket, outbox, seen, saw } = await connected(compression);
    expect(socket.extensions).toBe(compression ? 'permessage-deflate' : '');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        seen.length = 0;
        const expected: string[] = [];
        for (const [index, { what, size }] of steps.entries()) {
          const content = `${index} ${'z'.repeat(size)}`;
          if (what === 'flush') outbox.flush();
          else if (what === 'pause') await new Promise(setImmediate);
          else if (what === 'ping') socket.ping(`${index}`);
          else outbox.write(what === 'shared' ? new WireFrame(text(content)) : text(content));
          if (what === 'ping') expected.push(`ping ${index}`);
          if (what === 'shared' || what === 'own') expected.push(`text ${content}`);
        }
        await saw(expected.length);
        expect(seen).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('comes before the close that follows it', async () => {
    const { socket, outbox, client, seen } = await connected(false);
    const closed = once(client, 'close');
    outbox.write(new WireFrame(text('last')));
    outbox.flush();
    socket.close(3_000);
    outbox.write(new WireFrame(text('too late')));
    expect((await closed)[0]).toBe(3_000);
    expect(seen).toEqual(['text last']);
  });

  it('counts as buffered, and says when the system has taken it', async () => {
    const { outbox } = await connected(false);
    const written = new Promise<void>((resolve) => outbox.write(new WireFrame(text('x'.repeat(1_000))), resolve));
    expect(outbox.bufferedBytes).toBeGreaterThanOrEqual(1_000);
    await written;
    expect(outbox.bufferedBytes).toBe(0);
  });

  it('is masked all the same where this side is the client', async () => {
    const { socket, client } = await connected(false);
    const raw = (client as unknown as { _socket: Duplex })._socket;
    const message = once(socket, 'message');
    new Outbox(client, raw, 'client').write(new WireFrame(text('masked')));
    expect(String((await message)[0])).toBe('masked');
  });
});
