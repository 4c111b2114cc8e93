import { afterEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../host/src/engine/engine.js';
import { WorkerEngine, type WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { granted, httpGuest } from '../contract/http-contract.js';
import { type Received, TestHttpServer } from '../support/http-server.js';
import { seededRandom } from '../support/random.js';
import { RecordingClient, text, textOf } from '../support/recording-client.js';

const NEVER = Number.MAX_SAFE_INTEGER;
/** Nothing but the deadline stops a guest that loops. */
const HANGING = { deadlineMs: 250, fuel: 0 };

const closers: (() => Promise<void>)[] = [];
const events: EngineEvent[] = [];
let state = new StateMemoryStore();

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function start(options: WorkerEngineOptions = {}): WorkerEngine {
  events.length = 0;
  state = new StateMemoryStore();
  const engine = new WorkerEngine({ state, onEvent: (event) => events.push(event), breakerFaults: NEVER, ...options });
  closers.push(() => engine.close());
  return engine;
}

async function serve(answer?: (request: Received) => void): Promise<TestHttpServer> {
  const server = await TestHttpServer.start(answer);
  closers.push(() => server.close());
  return server;
}

const count = (): string =>
  new TextDecoder().decode(state.get({ plugin: 'a', scope: 'plugin', owner: '', key: 'n' }, Date.now())?.value ?? new Uint8Array(0));
const kills = (): number => events.filter(({ kind }) => kind === 'worker-killed').length;
const told = (client: RecordingClient): string[][] => client.settlements.map(({ outcome }) => outcome.forward.map(textOf));

describe('a worker that is killed while frames wait for the network', () => {
  it.each(['s', 'a'])('asks once (%s), keeps the order, and counts every frame once', async (how) => {
    const server = await serve();
    const http = granted([server.host], { timeoutMs: 60_000 });
    const chain = await start().open([httpGuest('a', http, { limits: HANGING })]);
    const [waits, kills1, other] = [new RecordingClient(chain), new RecordingClient(chain), new RecordingClient(chain)];
    for (const message of [`${how}{"url":"${server.url}"}`, '-behind', '-more']) waits.submit(text(message));
    const { response } = await server.arrived();
    await kills1.ask('k');
    await other.ask('-other');
    expect(kills()).toBe(1);
    expect(waits.settlements).toEqual([]);
    waits.submit(text('-last'));
    await kills1.ask('k again');
    response.end('answer');
    await waits.idle();
    expect(told(waits)).toEqual([['answer'], ['-behind'], ['-more'], ['-last']]);
    expect(server.received).toHaveLength(1);
    expect(kills()).toBe(2);
    expect(count()).toBe('5');
  });

  it('does not kill a frame for the time that it waits', async () => {
    const server = await serve();
    const chain = await start().open([httpGuest('a', granted([server.host], { timeoutMs: 60_000 }), { limits: HANGING })]);
    const [waits, other] = [new RecordingClient(chain), new RecordingClient(chain)];
    waits.submit(text(`s{"url":"${server.url}"}`));
    const { response } = await server.arrived();
    // each takes its deadline: the frame waits for three of them
    for (const frame of ['k1', 'k2', 'k3']) await other.ask(frame);
    response.end('patience');
    await waits.idle();
    expect(told(waits)).toEqual([['patience']]);
    expect(kills()).toBe(3);
  });

  it('loses, doubles and reorders nothing in a storm of kills and answers', async () => {
    const random = seededRandom('http kill storm');
    const server = await serve(({ response, path }) => void setImmediate(() => response.end(path)));
    const chain = await start({ standbys: 2 }).open([
      httpGuest('a', granted([server.host], { maxConcurrent: 64, timeoutMs: 60_000 }), {
        limits: HANGING,
        policy: { onFault: 'open', rejectStrategy: 'drop' },
      }),
    ]);
    const clients = Array.from({ length: 10 }, () => new RecordingClient(chain));
    const expected = clients.map(() => [] as string[]);
    let asked = 0;
    let killed = 0;
    for (let round = 0; round < 60; round++) {
      for (const [index, client] of clients.entries()) {
        const dice = random(100);
        const path = `/${index}/${round}`;
        const message = dice === 0 ? `k${path}` : dice < 30 ? `${dice % 2 === 0 ? 'a' : 's'}{"url":"${server.url}${path}"}` : `-${path}`;
        if (dice === 0) killed += 1;
        else if (dice < 30) asked += 1;
        expected[index]?.push(dice > 0 && dice < 30 ? path : message);
        client.submit(text(message));
      }
      if (round % 5 === 0) await new Promise(setImmediate);
    }
    await Promise.all(clients.map((client) => client.idle()));
    for (const [index, client] of clients.entries()) expect(told(client).flat()).toEqual(expected[index]);
    expect(count()).toBe(String(clients.length * 60 - killed));
    expect(kills()).toBe(killed);
    expect(killed).toBeGreaterThan(1);
    // a request that had been answered is never made again; nor is one under way, since it is not the worker's
    expect(server.received).toHaveLength(asked);
  });
});
