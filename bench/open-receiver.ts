import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Receiver, type ReceiverEvents } from './receiver.js';

/** Shakes hands with a WebSocket server (`ws://` address, no extensions) and listens. */
export function openReceiver(url: string, events: ReceiverEvents): Promise<Receiver> {
  return new Promise((resolve, reject) => {
    const handshake = request(url.replace(/^ws/, 'http'), {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    handshake.on('upgrade', (_response, socket, head) => resolve(new Receiver(socket, head, events)));
    handshake.on('response', (response) => reject(new Error(`The server answered the handshake with ${response.statusCode}.`)));
    handshake.on('error', reject);
    handshake.end();
  });
}
