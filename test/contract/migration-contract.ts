import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Chain, Engine, EngineEvent, PluginSpec } from '../../host/src/engine/engine.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import type { StateWrite } from '../../host/src/state/state-store.js';
import { puppetOfKeys, type StrikesOptions, type StrikesVersion, strikes } from '../support/guests/strikes.js';
import { forwarded, RecordingClient, text } from '../support/recording-client.js';
import type { EngineSetup } from './engine-contract.js';

/** Frames of a client that are under way at a time while it sends all along. */
const IN_FLIGHT = 8;

/** What every engine makes of a plugin's state when another version of the plugin takes over. `hasDeadline`: a guest that never ends is stopped. */
export function migrationContract(name: string, make: (setup: EngineSetup) => Engine, { hasDeadline }: { hasDeadline: boolean }): void {
  describe(`${name}: migration contract`, () => {
    const engines: Engine[] = [];
    let load: { end: () => Promise<string[][]> } | undefined;
    const events: EngineEvent[] = [];
    let store = new StateMemoryStore();

    function start(): Engine {
      events.length = 0;
      store = new StateMemoryStore();
      const engine = make({ state: store, onEvent: (event) => events.push(event) });
      engines.push(engine);
      return engine;
    }

    afterEach(async () => {
      await load?.end();
      load = undefined;
      await Promise.all(engines.splice(0).map((engine) => engine.close()));
    });

    const open = async (version: StrikesVersion = '1.0.0', options?: StrikesOptions): Promise<Chain> =>
      start().open([await strikes(version, options)]);
    const inRoom = (chain: Chain, room: string): RecordingClient => new RecordingClient(chain, { room });
    const ask = async (client: RecordingClient, message: string): Promise<string> => forwarded(await client.ask(message)).join();
    const put = (...entries: [room: string, key: string, value: unknown, ttl?: number][]): void =>
      store.apply(
        entries.map(([owner, key, value, ttl]): StateWrite => {
          const expiresAt = ttl === undefined ? 0 : Date.now() + ttl;
          return {
            kind: 'set',
            key: { plugin: 'strikes', scope: 'room', owner, key },
            value: Buffer.from(JSON.stringify(value)),
            expiresAt,
          };
        }),
        Date.now(),
      );
    const kept = (): Record<string, string> =>
      Object.fromEntries(
        Array.from(store.entries({ plugin: 'strikes' }, Date.now()), ([{ scope, owner, key }, { value, expiresAt }]) => [
          `${scope} ${owner} ${key}`,
          `${Buffer.from(value)} ${expiresAt}`,
        ]).sort(),
      );

    it('brings the state of all rooms and connections into the form of the new version, before it sees a frame', async () => {
      const chain = await open();
      const clients = Array.from({ length: 24 }, (_, index) => inRoom(chain, `room ${index % 12}`));
      for (const client of clients) await ask(client, 'room a');
      for (const client of clients) await ask(client, 'connection b');
      await chain.swap([await strikes('2.0.0')]);
      expect(chain.migrations).toMatchObject([
        { plugin: 'strikes', kind: 'migrated', from: '1.0.0', to: '2.0.0', entries: 36, overwritten: 0, removed: 0 },
      ]);
      const [client] = clients;
      expect(client && (await ask(client, 'room a'))).toBe('2.0.0 3');
      for (const other of clients) expect(await ask(other, 'connection b')).toBe('2.0.0 2');
      expect(events).toContainEqual(expect.objectContaining({ kind: 'plugin-log', message: 'migrates from 1.0.0' }));
    });

    it('says nothing of a swap that changed no state', async () => {
      const chain = await open();
      await chain.swap([await strikes('2.0.0')]);
      expect(chain.migrations).toEqual([]);
      await chain.swap([await strikes('2.0.0', { limits: { deadlineMs: 300 } })]);
      expect(chain.migrations).toEqual([]);
    });

    it('loses, repeats and reorders nothing for clients that send all along, and counts exactly', async () => {
      const chain = await open();
      const traffic = sending(chain, 6);
      for (const version of ['2.0.0', '3.0.0', '1.0.1'] as const) {
        await traffic.rounds(2);
        await chain.swap([await strikes(version)]);
        expect(chain.migrations).toMatchObject([{ kind: 'migrated', to: version }]);
      }
      await traffic.rounds(2);
      for (const replies of await traffic.end()) {
        expect(replies.map((reply) => Number(reply.split(' ')[1]))).toEqual(replies.map((_, index) => index + 1));
        const versions = replies.map((reply) => reply.split(' ')[0]);
        expect(versions.filter((version, index) => version !== versions[index - 1])).toEqual(['1.0.0', '2.0.0', '3.0.0', '1.0.1']);
      }
    });

    const failures: [what: string, key: string, why: RegExp, limits: Partial<PluginSpec['limits']>][] = [
      ['traps', 'k-t', /PLUGIN_TRAP.*unreachable/s, {}],
      ['fails', 'k-f', /PLUGIN_ERROR: cannot read it/, {}],
      ['uses up its fuel', 'k-w', /PLUGIN_FUEL.*without going on to another entry/s, {}],
      ['exceeds the limit of its state', 'k-b', /limits\.stateBytes \(1000\)/, { stateBytes: 1000 }],
      ['asks for a connection', 'k-c', /PLUGIN_ERROR.*needs a connection/s, {}],
      ['changes more than may be kept to take it back', 'k-b', /limits\.migrateUndoBytes is 5000/, { migrateUndoBytes: 5000 }],
      ...(hasDeadline
        ? [['never ends', 'k-w', /did not end within limits\.migrateMs \(300 ms\)/, { fuel: 0, migrateMs: 300 }] as const]
        : []
      ).map(([what, key, why, limits]): (typeof failures)[number] => [what, key, why, limits]),
    ];
    it.each(failures)('leaves the state, the version and the clients as they were if a migration %s', async (_what, key, why, limits) => {
      const chain = await open();
      put(['quiet', 'a-u', 1], ['quiet', key, 2], ['quiet', 'z-u', 3, 60_000]);
      const before = kept();
      const traffic = sending(chain, 4);
      await traffic.rounds(1);
      const failed = chain.swap([puppetOfKeys('2.0.0', limits)]);
      await expect(failed).rejects.toMatchObject({ code: 'PLUGIN_MIGRATION_FAILED', message: expect.stringMatching(why) });
      await expect(failed).rejects.toThrow('plugin "strikes" 2.0.0 (strikes 2.0.0) could not take over the state of version 1.0.0');
      await traffic.rounds(1);
      for (const replies of await traffic.end()) expect(replies).toEqual(replies.map((_, index) => `1.0.0 ${index + 1}`));
      expect(kept()).toMatchObject(before);
      await chain.swap([await strikes('2.0.0')]);
      expect(await ask(inRoom(chain, 'quiet'), 'room a-u')).toBe('2.0.0 2');
    });

    it('takes back byte for byte what a migration changed, when the version before comes back', async () => {
      const chain = await open();
      put(['a', 'x-u', 1], ['a', 'y-d', 2], ['b', 'z-k', 3], ['b', 't-u', 4, 60_000]);
      const before = kept();
      await chain.swap([puppetOfKeys('2.0.0')]);
      expect(kept()).not.toEqual(before);
      await chain.swap([await strikes('1.0.0')]);
      expect(kept()).toEqual(before);
      expect(chain.migrations).toMatchObject([{ kind: 'restored', from: '2.0.0', to: '1.0.0', entries: 3, overwritten: 0, removed: 0 }]);
      expect(await ask(inRoom(chain, 'a'), 'room x-u')).toBe('1.0.0 2');
    });

    it('takes back two versions at once', async () => {
      const chain = await open();
      put(['a', 'x', 1], ['b', 'x', 2]);
      const before = kept();
      for (const version of ['2.0.0', '3.0.0'] as const) await chain.swap([await strikes(version)]);
      await chain.swap([await strikes('1.0.0')]);
      expect(kept()).toEqual(before);
      expect(chain.migrations).toMatchObject([{ kind: 'restored', from: '3.0.0', to: '1.0.0', entries: 2 }]);
    });

    it('gives back what an entry was though the new version has written it, takes away what came in its form, and leaves the rest', async () => {
      const chain = await open();
      put(['a', 'x', 1], ['b', 'x', 2]);
      await chain.swap([await strikes('2.0.0')]);
      expect(await ask(inRoom(chain, 'a'), 'room x')).toBe('2.0.0 2');
      await inRoom(chain, 'b').ask('delete room x');
      expect(await ask(inRoom(chain, 'c'), 'room x')).toBe('2.0.0 1');
      expect(await ask(inRoom(chain, 'c'), 'room other')).toBe('2.0.0 1');
      await chain.swap([await strikes('1.0.0')]);
      expect(chain.migrations).toMatchObject([{ kind: 'restored', entries: 3, overwritten: 2, removed: 1 }]);
      expect(kept()).toEqual({ 'room a x': '1 0', 'room b x': '2 0', 'room c other': '{"n":1} 0' });
      expect(await ask(inRoom(chain, 'c'), 'room x')).toBe('1.0.0 1');
    });

    it('asks the older version where nothing is kept to take it back, unless it is told to ask nobody', async () => {
      const chain = await open();
      put(['a', 'x', 1]);
      const unkept = { limits: { migrateUndoBytes: 0 } };
      await chain.swap([await strikes('2.0.0', unkept)]);
      await chain.swap([await strikes('1.0.1')], { undoOnly: true });
      expect(chain.migrations).toEqual([]);
      expect(kept()).toEqual({ 'room a x': '{"n":1} 0' });
      await chain.swap([await strikes('2.0.0', unkept)]);
      await chain.swap([await strikes('3.0.0', unkept)]);
      await chain.swap([await strikes('1.0.1')]);
      expect(chain.migrations).toMatchObject([{ kind: 'migrated', from: '3.0.0', to: '1.0.1', entries: 1 }]);
      expect(kept()).toEqual({ 'room a x': '1 0' });
    });

    it('migrates a memory that two chains share once', async () => {
      const engine = start();
      const one = await engine.open([await strikes('1.0.0')]);
      const two = await engine.open([await strikes('1.0.0')]);
      await ask(inRoom(one, 'a'), 'room x');
      await one.swap([await strikes('2.0.0')]);
      await two.swap([await strikes('2.0.0')]);
      expect([one.migrations.length, two.migrations.length]).toEqual([1, 0]);
      expect(await ask(inRoom(two, 'a'), 'room x')).toBe('2.0.0 2');
    });

    it('takes no version for a share of the connections that would migrate what the others read', async () => {
      const chain = await open();
      await ask(inRoom(chain, 'a'), 'room x');
      const canary = { plugins: [await strikes('2.0.0')], percent: 50, salt: '' };
      await expect(chain.setCanary(canary)).rejects.toMatchObject({ code: 'PLUGIN_MIGRATION_FAILED' });
      expect(kept()).toEqual({ 'room a x': '1 0' });
      expect(await ask(inRoom(chain, 'a'), 'room x')).toBe('1.0.0 2');
    });

    it('never brings back what was forgotten', async () => {
      const engine = start();
      const chain = await engine.open([await strikes('1.0.0')]);
      const [gone, stays] = [inRoom(chain, 'a'), inRoom(chain, 'b')];
      for (const client of [gone, stays]) for (const scope of ['room', 'connection']) await ask(client, `${scope} x`);
      await chain.swap([await strikes('2.0.0')]);
      gone.detach();
      engine.wipeState({ plugin: 'strikes', scope: 'room', owner: 'a' });
      await chain.swap([await strikes('1.0.0')]);
      expect(kept()).toEqual({ 'room b x': '1 0', [`connection ${stays.context.id} x`]: '1 0' });
    });

    it('ends where the documentation says it does, whatever is kept and sent before the version before comes back', async () => {
      const chain = await open();
      const versions = { first: await strikes('1.0.0'), second: await strikes('2.0.0') };
      const entry = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y'), fc.integer({ min: 0, max: 9 }));
      const frame = fc.tuple(fc.constantFrom('count', 'delete'), fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y', 'z'));
      await fc.assert(
        fc.asyncProperty(fc.array(entry, { maxLength: 5 }), fc.array(frame, { maxLength: 8 }), async (entries, frames) => {
          // Workers get what is put into the store when a chain comes that uses it.
          await chain.swap([]);
          store.wipe({});
          put(...entries);
          const model = new Map(entries.map(([room, key, value]) => [`room ${room} ${key}`, `${value} 0`]));
          const forms = new Set<string>(entries.map(([, key]) => key));
          await chain.swap([versions.first]);
          await chain.swap([versions.second]);
          for (const [what, room, key] of frames) {
            await inRoom(chain, room).ask(what === 'count' ? `room ${key}` : `delete room ${key}`);
            if (forms.has(key)) continue;
            const id = `room ${room} ${key}`;
            const count = Number(/\d+/.exec(model.get(id) ?? '0')?.[0]);
            if (what === 'delete') model.delete(id);
            else model.set(id, `{"n":${count + 1}} 0`);
          }
          await chain.swap([versions.first]);
          expect(kept()).toEqual(Object.fromEntries([...model].sort()));
        }),
        { numRuns: 8, verbose: 1 },
      );
    });

    /** Clients, each in a room of its own, that send frame after frame. */
    function sending(chain: Chain, count: number): { rounds: (count: number) => Promise<void>; end: () => Promise<string[][]> } {
      let isSending = true;
      let waiting: (() => void) | undefined;
      let left = 0;
      const clients = Array.from({ length: count }, (_, index) => {
        const client = inRoom(chain, `load ${index}`);
        const record = client.settled.bind(client);
        client.settled = (hook, frame, outcome) => {
          // An engine on this thread would never let go of it.
          setImmediate(() => isSending && client.submit(text('room n')));
          record(hook, frame, outcome);
          left -= 1;
          if (left === 0) waiting?.();
        };
        for (let sent = 0; sent < IN_FLIGHT; sent++) client.submit(text('room n'));
        return client;
      });
      const sender = {
        /** Until so many frames of each client, on average, have come back since. */
        rounds: (many: number) =>
          new Promise<void>((resolve) => {
            left = many * count * IN_FLIGHT;
            waiting = resolve;
          }),
        end: async () => {
          isSending = false;
          await Promise.all(clients.map((client) => client.idle()));
          return clients.map((client) => client.settlements.flatMap(forwarded));
        },
      };
      load = sender;
      return sender;
    }
  });
}
