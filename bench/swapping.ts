import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { answer } from './answer.js';
import { LoadConnection } from './load-connection.js';
import { PAYLOAD_BYTES } from './message-source.js';
import { Samples } from './statistics.js';

const LOST_MS = 20_000;
const CONTROL_MS = 250;

/** On this message the plugin answers with what it has counted. */
export const COUNT_QUESTION = '{"name":"auditor","content":"how many"}';

export interface SwapWatchJob {
  readonly url: string;
  readonly connections: number;
  readonly inFlight: number;
  readonly run: number;
}

export interface SwapWatchResult {
  /** From sending to return, of messages that were out while a swap was under way. */
  readonly swappingP99Ms: number;
  readonly swappingFrames: number;
  /** The slowest of them. */
  readonly slowestMs: number;
  /** Of all others. */
  readonly quietP99Ms: number;
  readonly quietFrames: number;
  /** Messages sent by everybody, each of which came back once and in order. */
  readonly roundTrips: number;
  /** What the plugin has counted in its state, a message each way. */
  readonly counted: { readonly requests: number; readonly responses: number; readonly migrated?: number };
}

interface Watch {
  readonly connections: readonly LoadConnection[];
  readonly trips: { readonly sentAt: number; readonly backAt: number }[];
  readonly windows: { readonly from: number; to: number }[];
  readonly failed: Promise<never>;
  readonly timer: NodeJS.Timeout;
  readonly url: string;
}

let watching: Watch | undefined;

/** Clients in a closed loop, until {@link finish}. */
async function start({ url, connections: count, inFlight, run }: SwapWatchJob): Promise<null> {
  const trips: { sentAt: number; backAt: number }[] = [];
  const connections = Array.from(
    { length: count },
    (_, connection) =>
      new LoadConnection({
        url,
        inFlight,
        payloadBytes: PAYLOAD_BYTES,
        run,
        connection,
        onRoundTrip: (us) => {
          const backAt = performance.now();
          trips.push({ sentAt: backAt - us / 1000, backAt });
        },
      }),
  );
  const timer = setInterval(() => {
    for (const connection of connections) connection.assertPrompt(LOST_MS);
  }, 500);
  const failed = Promise.race(connections.map((connection) => connection.failed));
  failed.catch(() => undefined);
  watching = { connections, trips, windows: [], failed, timer, url };
  await Promise.race([Promise.all(connections.map((connection) => connection.opened())), failed]);
  for (const connection of connections) connection.start();
  await delay(CONTROL_MS);
  return null;
}

/** A swap begins or ends now. */
async function mark(phase: 'begins' | 'ends'): Promise<null> {
  const { windows, failed } = current();
  const now = performance.now();
  if (phase === 'begins') windows.push({ from: now, to: Number.POSITIVE_INFINITY });
  else {
    const last = windows.at(-1);
    if (last !== undefined) last.to = now;
  }
  // A loss ends the run at once.
  await Promise.race([failed, delay(0)]);
  return null;
}

async function finish(_: null): Promise<SwapWatchResult> {
  const { connections, trips, windows, failed, timer, url } = current();
  try {
    await delay(CONTROL_MS);
    await Promise.race([Promise.all(connections.map((connection) => connection.drain())), failed]);
    const counted = await ask(url);
    await Promise.all(connections.map((connection) => connection.close()));
    const swapping = new Samples();
    const quiet = new Samples();
    let window = 0;
    for (const { sentAt, backAt } of trips) {
      // Both are in the order of time, so that one look at the windows is enough.
      while (window < windows.length && (windows[window]?.to ?? 0) < sentAt - LOST_MS) window += 1;
      const met = windows.slice(window).some(({ from, to }) => sentAt < to && backAt > from);
      (met ? swapping : quiet).record(backAt - sentAt);
    }
    return {
      swappingP99Ms: swapping.percentile(99),
      swappingFrames: swapping.count,
      slowestMs: swapping.percentile(100),
      quietP99Ms: quiet.percentile(99),
      quietFrames: quiet.count,
      roundTrips: trips.length,
      counted,
    };
  } finally {
    clearInterval(timer);
    for (const connection of connections) connection.terminate();
    watching = undefined;
  }
}

async function ask(url: string): Promise<SwapWatchResult['counted']> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  const answered = once(socket, 'message');
  socket.send(COUNT_QUESTION);
  const [data] = await answered;
  socket.terminate();
  return JSON.parse(String(data));
}

function current(): Watch {
  if (watching === undefined) throw new Error('nobody watches: start first');
  return watching;
}

const api = { start, mark, finish };
export type SwappingApi = typeof api;

answer(api);
