import { once } from 'node:events';
import { WebSocket } from 'ws';
import { answer } from './answer.js';
import { Audience } from './audience.js';
import { MessageSource, PAYLOAD_BYTES } from './message-source.js';
import { openReceiver } from './open-receiver.js';
import type { Receiver } from './receiver.js';

/** Handshakes at the same time. */
const HANDSHAKES = 50;
const LOST_MS = 20_000;

interface Party {
  readonly receivers: readonly Receiver[];
  readonly audience: Audience;
  readonly publisher: WebSocket | undefined;
}

let party: Party | undefined;
let nextRun = 0;

export interface CrowdJob {
  readonly url: string;
  /** Added to the address: what makes a client of the chat join a room. */
  readonly query: string;
  readonly receivers: number;
  /** Whether one more client joins last, to write. */
  readonly publishes: boolean;
}

/** Connects everybody. */
async function gather({ url, query, receivers: count, publishes }: CrowdJob): Promise<null> {
  const audience = new Audience(count);
  const receivers: Receiver[] = [];
  for (let first = 0; first < count; first += HANDSHAKES) {
    const some = Array.from({ length: Math.min(HANDSHAKES, count - first) }, (_, index) => first + index);
    const opened = some.map((seat) =>
      openReceiver(url + query, {
        message: (payload) => audience.hears(seat, payload),
        failed: (reason) => audience.fail(`receiver ${seat}: ${reason}`),
      }),
    );
    receivers.push(...(await Promise.all(opened)));
  }
  const publisher = publishes ? await openPublisher(url + query, audience) : undefined;
  party = { receivers, audience, publisher };
  return null;
}

async function openPublisher(url: string, audience: Audience): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('error', (error) => audience.fail(`publisher: ${error.message}`));
  return socket;
}

export interface BurstJob {
  readonly messages: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** Bursts of messages, the next as soon as everybody has heard the last one whole. Deliveries a second. */
async function bursts({ messages, warmupMs, durationMs }: BurstJob): Promise<number> {
  const { audience, publisher, receivers } = gathered();
  if (!publisher) throw new Error('Nobody is here to publish.');
  const source = new MessageSource({ bytes: PAYLOAD_BYTES, run: nextRun++, connection: 0 });
  const burst = async (): Promise<void> => {
    const payloads = Array.from({ length: messages }, () => {
      const payload = source.createBuffer();
      source.write(payload);
      return payload;
    });
    const heard = audience.expect(payloads.map((payload) => (JSON.parse(payload.toString()) as { content: string }).content));
    for (const payload of payloads) publisher.send(payload, { binary: false });
    await heard;
  };
  const watch = setTimeout(
    () => audience.fail(`deliveries stopped: ${audience.missing} of a burst are missing`),
    warmupMs + durationMs + LOST_MS,
  );
  try {
    const runFor = async (ms: number): Promise<number> => {
      const started = performance.now();
      let done = 0;
      while (performance.now() - started < ms) {
        await burst();
        done += 1;
      }
      return (done * messages * receivers.length * 1000) / (performance.now() - started);
    };
    await runFor(warmupMs);
    return await runFor(durationMs);
  } finally {
    clearTimeout(watch);
  }
}

function leave(_: null): null {
  const { receivers, publisher } = gathered();
  for (const receiver of receivers) receiver.end();
  publisher?.terminate();
  party = undefined;
  return null;
}

function gathered(): Party {
  if (!party) throw new Error('Nobody has been gathered.');
  return party;
}

const api = { gather, bursts, leave };
export type CrowdApi = typeof api;

answer(api);
