import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { openReceiver } from './open-receiver.js';
import { Receiver } from './receiver.js';

/** An unmasked text frame (RFC 6455, section 5.2). */
function frame(payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), payload]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** Feeds a receiver with these bytes, in these pieces, and resolves with what it says: so many messages, or why it gave up. */
function feed(head: Buffer, pieces: readonly Buffer[], messages: number): Promise<string[]> {
  const stream = new PassThrough();
  const heard: string[] = [];
  return new Promise((resolve) => {
    if (messages === 0) resolve(heard);
    new Receiver(stream, head, {
      message: (payload) => {
        if (heard.push(payload.toString('hex')) === messages) resolve(heard);
      },
      failed: (reason) => resolve([reason]),
    });
    for (const piece of pieces) stream.write(piece);
  });
}

describe('Receiver', () => {
  it('hears the same messages however the bytes are cut', async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 65_535, 65_536)), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, cuts, fc.boolean(), async (lengths, cut, withHead) => {
        const messages = lengths.map((length, index) => Buffer.alloc(length, index + 1));
        let rest = Buffer.concat(messages.map(frame));
        const head = withHead ? rest.subarray(0, cut[0]) : Buffer.alloc(0);
        rest = rest.subarray(head.length);
        const pieces: Buffer[] = [];
        while (rest.length > 0) {
          const size = cut[pieces.length % cut.length];
          pieces.push(rest.subarray(0, size));
          rest = rest.subarray(size);
        }
        expect(await feed(head, pieces, messages.length)).toEqual(messages.map((payload) => payload.toString('hex')));
      }),
      { numRuns: 100 },
    );
  });

  it('says what it does not take: a binary frame, a close', async () => {
    const only = (...bytes: number[]): Promise<string[]> => feed(Buffer.alloc(0), [Buffer.from(bytes)], 1);
    expect(await only(0x82, 0)).toEqual(['a frame came that is neither text, ping nor close: first byte 130']);
    expect(await only(0x88, 2, 0x03, 0xf5)).toEqual(['closed with 1013 ']);
  });

  it('hears what a server on ws sends, from the moment of the handshake', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket: WebSocket) => {
      for (const message of ['first', 'x'.repeat(70_000), 'last']) socket.send(message);
    });
    const heard: string[] = [];
    await new Promise<void>((resolve, reject) => {
      void openReceiver(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
        message: (payload) => {
          heard.push(payload.toString());
          if (heard.length === 3) resolve();
        },
        failed: (reason) => reject(new Error(reason)),
      }).then((receiver) => server.once('close', () => receiver.end()), reject);
    });
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
    expect(heard).toEqual(['first', 'x'.repeat(70_000), 'last']);
  });
});
