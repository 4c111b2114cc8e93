import type { StateScope } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerEngine, WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';
import { EngineStorm } from '../support/engine-storm.js';
import { keeper } from '../support/guests/engine-guests.js';
import { keep, type Order } from '../support/keeping.js';
import { forwarded, RecordingClient } from '../support/recording-client.js';
import { WatchedState } from '../support/watched-state.js';

const LIMIT = 2000;
const CLIENTS = 6;
const KEYS = ['a', 'b', 'c', 'd'];
const SCOPES: readonly StateScope[] = ['room', 'connection'];

let state = new WatchedState('a');
const storm = new EngineStorm();
const { events, threads } = storm;

function start(options: WorkerEngineOptions): WorkerEngine {
  state = new WatchedState('a');
  return storm.start({ state, respawnDelayMs: 1, ...options });
}

afterEach(() => storm.close());

const place = { scope: fc.constantFrom(...SCOPES), key: fc.constantFrom(...KEYS) };
const order: fc.Arbitrary<Order> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      ...place,
      bytes: fc.nat({ max: 500 }),
      ttlMs: fc.constantFrom(0, 0, 1, 5),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('delete' as const), ...place }) },
  { weight: 1, arbitrary: fc.constant({ do: 'trap' as const }) },
);
const step = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      client: fc.nat({ max: CLIENTS - 1 }),
      orders: fc.array(order, { minLength: 1, maxLength: 4 }),
      hangs: fc.integer({ min: 0, max: 150 }).map((die) => die === 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      client: fc.nat({ max: CLIENTS - 1 }),
      room: fc.constantFrom('tea', 'coffee', 'cocoa', 'mate', 'milk'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const), room: fc.constantFrom('tea', 'coffee') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), thread: fc.nat() }) },
);

/** Every byte of the limit can be had, in whichever worker, and not one more. */
async function expectAllFree(clients: readonly RecordingClient[]): Promise<void> {
  for (const client of clients) {
    const all = { scope: 'connection', key: 'all' } as const;
    client.submit(keep({ do: 'set', ...all, bytes: LIMIT - 2 }));
    client.submit(keep({ do: 'set', ...all, bytes: LIMIT - 3 }, { do: 'set', scope: 'room', key: 'x', bytes: 0 }));
    client.submit(keep({ do: 'delete', ...all }));
    await client.idle();
    expect(client.settlements.slice(-3).flatMap(forwarded)).toEqual(['n', 'yn', 'y']);
  }
}

describe("the limit of a plugin's state, in any number of workers", () => {
  for (const workers of [1, 2, 4]) {
    it(`is never exceeded, and nothing of it is lost, through kills, crashes, moves and wipes, workers: ${workers}`, async () => {
      const running = start({ workers, standbys: 2 });
      const chain = await running.open([keeper('a', SCOPES, { stateBytes: LIMIT, deadlineMs: 250, fuel: 0 })]);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 250 }), async (steps) => {
          run += 1;
          const clients = Array.from({ length: CLIENTS }, (_, index) => new RecordingClient(chain, { room: `room ${index}` }));
          let crashes = 0;
          for (const item of steps) {
            const client = 'client' in item ? clients[item.client] : undefined;
            if (item.do === 'send') client?.submit(keep(...item.orders, ...(item.hangs ? [{ do: 'loop' } as const] : [])));
            else if (item.do === 'move' && client)
              client.context = { ...client.context, version: client.context.version + 1, room: item.room };
            else if (item.do === 'turn') await new Promise(setImmediate);
            else if (item.do === 'sweep') running.sweepState(Date.now());
            else if (item.do === 'wipe') running.wipeState({ scope: 'room', owner: item.room });
            // A frame whose thread dies twice under it is given up.
            else if (item.do === 'crash' && run % 3 === 0 && crashes++ === 0) void threads[item.thread % threads.length]?.terminate();
          }
          await Promise.all(clients.map((client) => client.idle()));
          expect(state.most).toBeLessThanOrEqual(LIMIT);
          const rooms = new Set([...state.entries({ scope: 'room' }, 0)].map(([{ owner }]) => owner));
          for (const room of rooms) {
            const visitor = new RecordingClient(chain, { room });
            visitor.submit(keep(...KEYS.map((key): Order => ({ do: 'delete', scope: 'room', key }))));
            await visitor.idle();
            visitor.detach();
          }
          for (const client of clients) {
            client.submit(keep(...KEYS.map((key): Order => ({ do: 'delete', scope: 'connection', key }))));
            await client.idle();
          }
          // What a TTL of some milliseconds has left.
          while (state.bytes('a') > 0) {
            running.sweepState(Date.now());
            await new Promise(setImmediate);
          }
          await expectAllFree(clients);
          expect(state.most).toBeLessThanOrEqual(LIMIT);
          for (const client of clients) client.detach();
        }),
        { numRuns: 15, endOnFailure: true, verbose: 1 },
      );
      expect(state.bytes('a')).toBe(0);
    }, 60_000);
  }

  it('is right after guests were killed in the middle of their writes', async () => {
    const running = start({ workers: 4, standbys: 1 });
    const chain = await running.open([keeper('a', SCOPES, { stateBytes: LIMIT, deadlineMs: 250, fuel: 0 })]);
    const clients = Array.from({ length: 12 }, (_, index) => new RecordingClient(chain, { room: `room ${index}` }));
    const large: Order = { do: 'set', scope: 'room', key: 'large', bytes: 900 };
    for (const [index, client] of clients.entries()) {
      for (let count = 0; count < 3; count++) client.submit(keep({ do: 'set', scope: 'room', key: `k${count}`, bytes: 48 }));
      if (index % 4 === 0) client.submit(keep(large, { do: 'loop' }));
      for (let count = 3; count < 6; count++) client.submit(keep({ do: 'set', scope: 'room', key: `k${count}`, bytes: 48 }));
    }
    await Promise.all(clients.map((client) => client.idle()));
    const faults = clients.flatMap(({ settlements }) =>
      settlements.flatMap(({ outcome }) => outcome.notes.flatMap(({ fault }) => fault ?? [])),
    );
    expect(faults).toEqual(['PLUGIN_DEADLINE', 'PLUGIN_DEADLINE', 'PLUGIN_DEADLINE']);
    expect(events.filter(({ kind }) => kind === 'worker-killed')).toHaveLength(3);
    const taken = clients.flatMap(({ settlements }) => settlements.flatMap(forwarded)).filter((letters) => letters === 'y').length;
    expect(state.bytes('a')).toBe(taken * 50);
    for (const client of clients) {
      client.submit(keep(...[0, 1, 2, 3, 4, 5].map((count): Order => ({ do: 'delete', scope: 'room', key: `k${count}` }))));
      await client.idle();
    }
    expect(state.bytes('a')).toBe(0);
    await expectAllFree(clients);
    expect(state.most).toBeLessThanOrEqual(LIMIT);
  }, 30_000);
});
