import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { answer } from './answer.js';
import { LoadConnection } from './load-connection.js';
import { PAYLOAD_BYTES } from './message-source.js';
import { Samples } from './statistics.js';

/** From one runaway's end to the next one's start. */
const PAUSE_MS = 120;
const LOST_MS = 10_000;

export interface RunawayJob {
  readonly url: string;
  /** A message on which the guest never comes back. The client that sends it is told so by a frame. */
  readonly poison: string;
  readonly runaways: number;
  readonly connections: number;
  readonly run: number;
}

export interface RunawayResult {
  /** Of others' frames that were out while the guest ran away: from sending to return. */
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly frames: number;
  /** From sending the poison to the answer that its frame failed, the slowest. */
  readonly answeredMs: number;
}

/** Clients in a closed loop with one message out each, while one more client makes the guest run away again and again. Nobody may lose anything. */
async function watch({ url, poison, runaways, connections: count, run }: RunawayJob): Promise<RunawayResult> {
  const trips: { readonly sentAt: number; readonly backAt: number }[] = [];
  const connections = Array.from(
    { length: count },
    (_, connection) =>
      new LoadConnection({
        url,
        inFlight: 1,
        payloadBytes: PAYLOAD_BYTES,
        run,
        connection,
        onRoundTrip: (us) => {
          const backAt = performance.now();
          trips.push({ sentAt: backAt - us / 1000, backAt });
        },
      }),
  );
  const villain = new WebSocket(url, { perMessageDeflate: false });
  const timer = setInterval(() => {
    for (const connection of connections) connection.assertPrompt(LOST_MS);
  }, 500);
  const windows: { readonly from: number; readonly to: number }[] = [];
  const body = async (): Promise<void> => {
    await Promise.all([once(villain, 'open'), ...connections.map((connection) => connection.opened())]);
    for (const connection of connections) connection.start();
    await delay(PAUSE_MS * 3);
    for (let runaway = 0; runaway < runaways; runaway++) {
      const answered = once(villain, 'message');
      const from = performance.now();
      villain.send(poison);
      await answered;
      windows.push({ from, to: performance.now() });
      await delay(PAUSE_MS);
    }
    await Promise.all(connections.map((connection) => connection.drain()));
    await Promise.all(connections.map((connection) => connection.close()));
  };
  try {
    await Promise.race([body(), ...connections.map((connection) => connection.failed)]);
  } finally {
    clearInterval(timer);
    villain.terminate();
    for (const connection of connections) connection.terminate();
  }
  const samples = new Samples();
  for (const { sentAt, backAt } of trips) if (windows.some(({ from, to }) => sentAt < to && backAt > from)) samples.record(backAt - sentAt);
  return {
    p99Ms: samples.percentile(99),
    worstMs: samples.percentile(100),
    frames: samples.count,
    answeredMs: Math.max(...windows.map(({ from, to }) => to - from)),
  };
}

const api = { watch };
export type BystandersApi = typeof api;

answer(api);
