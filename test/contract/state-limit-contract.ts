import type { StateScope } from '@framegate/sdk/abi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Chain, Engine } from '../../host/src/engine/engine.js';
import type { StateStore } from '../../host/src/state/state-store.js';
import { keeper } from '../support/guests/engine-guests.js';
import { keep, type Order } from '../support/keeping.js';
import { forwarded, RecordingClient } from '../support/recording-client.js';
import { WatchedState } from '../support/watched-state.js';

const LIMIT = 1000;
/** With its key, so that twenty of them fill the state. */
const PIECE = 50;
const BY_ROOM: readonly StateScope[] = ['room', 'connection'];

function piece(key: string, ttlMs = 0, scope: StateScope = 'room'): Order {
  return { do: 'set', scope, key, bytes: PIECE - key.length, ttlMs };
}

/** What every engine promises of `limits.stateBytes`, however many workers it has. */
export function stateLimitContract(name: string, make: (state: StateStore) => Engine): void {
  describe(`${name}: the limit of a plugin's state`, () => {
    let state = new WatchedState('a');
    let engine: Engine;

    beforeEach(() => {
      state = new WatchedState('a');
      engine = make(state);
    });
    afterEach(async () => {
      await engine.close();
      expect(state.most).toBeLessThanOrEqual(LIMIT);
    });

    const open = (scopes = BY_ROOM, stateBytes = LIMIT) => engine.open([keeper('a', scopes, { stateBytes })]);
    const rooms = (chain: Chain, count: number) =>
      Array.from({ length: count }, (_, index) => new RecordingClient(chain, { room: `room ${index}` }));

    /** Gives the letter for each order. */
    async function ask(client: RecordingClient | undefined, ...orders: Order[]): Promise<string> {
      if (client === undefined) throw new RangeError('there is no such client');
      client.submit(keep(...orders));
      await client.idle();
      const last = client.settlements.at(-1);
      return last === undefined ? '' : forwarded(last).join();
    }

    /** Sets pieces, each in another room, until one is refused. Returns how many were taken. */
    async function fill(clients: readonly RecordingClient[], key = 'f'): Promise<number> {
      for (let count = 0; ; count++) if ((await ask(clients[count % clients.length], piece(`${key}${count}`))) === 'n') return count;
    }

    it('holds for all rooms together, to the last byte, though all write at once', async () => {
      const clients = rooms(await open(), 12);
      for (let round = 0; round < 10; round++) for (const client of clients) client.submit(keep(piece(`b${round}`)));
      await Promise.all(clients.map((client) => client.idle()));
      const taken = clients.flatMap((client) => client.settlements.flatMap(forwarded)).filter((letter) => letter === 'y').length;
      expect(state.bytes('a')).toBe(taken * PIECE);
      expect(taken + (await fill(clients))).toBe(LIMIT / PIECE);
      expect(state.bytes('a')).toBe(LIMIT);
    });

    it('gives the room that one room frees to any other', async () => {
      const clients = rooms(await open(), 12);
      await fill(clients);
      for (let turn = 0; turn < 12; turn++) {
        expect(await ask(clients[turn], { do: 'delete', scope: 'room', key: `f${turn}` })).toBe('y');
        expect(await ask(clients[(turn + 5) % 12], piece(`again ${turn}`))).toBe('y');
        expect(await ask(clients[(turn + 7) % 12], piece('more'))).toBe('n');
      }
    });

    it('lets the frames of one room use again what the one before has freed, without waiting', async () => {
      const clients = rooms(await open(), 3);
      await fill(clients);
      const [client] = clients;
      for (let turn = 0; turn < 100; turn++) {
        client?.submit(keep({ do: 'delete', scope: 'room', key: 'f0' }));
        client?.submit(keep(piece('f0')));
      }
      await client?.idle();
      expect(client?.settlements.slice(-200).flatMap(forwarded)).toEqual(Array.from({ length: 200 }, () => 'y'));
      expect(state.bytes('a')).toBe(LIMIT);
    });

    it('counts what a frame leaves behind, and not what it wrote on the way or what was undone', async () => {
      const clients = rooms(await open(), 4);
      const large: Order = { do: 'set', scope: 'room', key: 'l', bytes: 750 };
      for (const client of clients) {
        expect(await ask(client, large, { do: 'delete', scope: 'room', key: 'l' }, piece('p'))).toBe('yyy');
        await ask(client, large, { do: 'trap' });
      }
      expect(state.bytes('a')).toBe(4 * PIECE);
      expect(await fill(clients)).toBe(LIMIT / PIECE - 4);
    });

    it('does not count what has expired, when the worker that has it needs the room', async () => {
      const [client] = rooms(await open(), 1);
      for (let count = 0; count < LIMIT / PIECE; count++) expect(await ask(client, piece(`e${count}`, 20))).toBe('y');
      await past(Date.now() + 20);
      expect(await ask(client, piece('fresh'))).toBe('y');
      expect(state.bytes('a')).toBe(PIECE);
    });

    it('does not count what has expired elsewhere, once it has been swept', async () => {
      const clients = rooms(await open(), 12);
      for (let count = 0; count < LIMIT / PIECE; count++) expect(await ask(clients[count % 12], piece(`e${count}`, 20))).toBe('y');
      await past(Date.now() + 20);
      engine.sweepState(Date.now());
      while (state.bytes('a') > 0) await new Promise(setImmediate);
      expect(await ask(clients[5], { do: 'set', scope: 'room', key: 'all', bytes: LIMIT - 3 })).toBe('y');
      expect(await ask(clients[6], piece('more'))).toBe('n');
    });

    it('counts the state of a connection wherever that goes', async () => {
      const clients = rooms(await open(), 4);
      for (const client of clients) expect(await ask(client, { do: 'set', scope: 'connection', key: 'c', bytes: 199 })).toBe('y');
      const taken = await fill(clients);
      expect(taken).toBe((LIMIT - 800) / PIECE);
      for (let turn = 1; turn < 9; turn++) {
        for (const client of clients) {
          client.context = { ...client.context, version: turn + 1, room: `moved ${turn * clients.indexOf(client)}` };
          expect(await ask(client, piece('more'))).toBe('n');
          expect(await ask(client, { do: 'set', scope: 'connection', key: 'c', bytes: 199 })).toBe('y');
        }
      }
      clients[0]?.detach();
      expect(await ask(clients[1], { do: 'set', scope: 'room', key: 'l', bytes: 199 })).toBe('y');
      expect(await ask(clients[2], piece('more'))).toBe('n');
    });

    it('leaves all room when an operator has wiped the state', async () => {
      const clients = rooms(await open(), 12);
      await fill(clients);
      expect(engine.wipeState({ plugin: 'a' })).toBe(LIMIT / PIECE);
      await Promise.all(clients.map((client) => ask(client)));
      expect(await fill(clients)).toBe(LIMIT / PIECE);
      expect(engine.wipeState({ plugin: 'a', scope: 'room', owner: 'room 3' })).toBe(2);
      await Promise.all(clients.map((client) => ask(client)));
      expect(await fill(clients, 'g')).toBe(2);
    });

    it('is one figure for plugins of one name in several routes, each of which holds it to its own limit', async () => {
      const wide = rooms(await open(), 6);
      const narrow = rooms(await open(BY_ROOM, LIMIT / 2), 6);
      expect(await fill(narrow)).toBe(LIMIT / PIECE / 2);
      expect(await fill(wide, 'w')).toBe(LIMIT / PIECE / 2);
      expect(await ask(narrow[0], { do: 'delete', scope: 'room', key: 'f0' })).toBe('y');
      expect(await ask(narrow[0], piece('f0'))).toBe('n');
      expect(await ask(wide[1], piece('more'))).toBe('y');
    });

    it('lets a plugin that is swapped in under a lower limit shrink, and grow again below it', async () => {
      const chain = await open();
      const clients = rooms(chain, 4);
      await fill(clients);
      await chain.swap([keeper('a', BY_ROOM, { stateBytes: 100 })]);
      for (let count = 0; count < 19; count++) {
        expect(await ask(clients[count % 4], piece('more'))).toBe('n');
        expect(await ask(clients[count % 4], { do: 'delete', scope: 'room', key: `f${count}` })).toBe('y');
      }
      expect(await ask(clients[0], piece('more'))).toBe('y');
      expect(await ask(clients[1], piece('more'))).toBe('n');
    });

    it('counts what the plugin kept before its route was closed, and what a version before it kept', async () => {
      const first = await open(['room', 'user']);
      expect(await ask(rooms(first, 1)[0], piece('r'))).toBe('y');
      const user = new RecordingClient(first, { user: { id: 'ann', name: 'Ann' } });
      expect(await ask(user, { do: 'set', scope: 'user', key: 'u', bytes: 449 })).toBe('y');
      await first.close();
      const clients = rooms(await open(), 6);
      expect(await fill(clients)).toBe(LIMIT / 2 / PIECE);
      expect(state.bytes('a')).toBe(LIMIT);
    });
  });
}

/** Resolves after that time. */
async function past(time: number): Promise<void> {
  while (Date.now() <= time) await new Promise(setImmediate);
}
