import { HOOKS } from '@framegate/sdk/abi';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine, EngineEvent } from '../../host/src/engine/engine.js';
import { isInShare } from '../../host/src/engine/share.js';
import { HostError } from '../../host/src/errors.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import type { StateStore } from '../../host/src/state/state-store.js';
import { guarded, loopAlways, puppet } from '../support/guests/engine-guests.js';
import { forwarded, RecordingClient, text, textOf } from '../support/recording-client.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';

export interface EngineSetup {
  readonly state: StateStore;
  readonly onEvent: (event: EngineEvent) => void;
}

export type MakeEngine = (setup: EngineSetup) => Engine;

/** Rounds of frames that a load sends before it waits for somebody's last one. */
const IN_FLIGHT = 16;

/** What every engine promises, whatever thread its guests run in. */
export function engineContract(name: string, make: MakeEngine): void {
  describe(`${name}: engine contract`, () => {
    const engines: Engine[] = [];
    const events: EngineEvent[] = [];
    let state = new StateMemoryStore();

    function start(): Engine {
      events.length = 0;
      state = new StateMemoryStore();
      const engine = make({ state, onEvent: (event) => events.push(event) });
      engines.push(engine);
      return engine;
    }

    afterEach(async () => {
      await Promise.all(engines.splice(0).map((engine) => engine.close()));
    });

    it('says which hooks a chain has', async () => {
      const chain = await start().open([puppet('a')]);
      expect([...chain.hooks].sort()).toEqual([...HOOKS].sort());
    });

    it('wants no frame that would not pass, and passes one that it does not want all the same', async () => {
      const chain = await start().open([
        guarded({ on_request_message: { smallBytes: 3 } }),
        guarded({ on_request_message: { never: true } }),
      ]);
      const client = new RecordingClient(chain);
      for (const message of ['abc', 'abcd', 'ab']) {
        const { outcome } = await client.ask(message);
        if (outcome.forward[0]?.kind !== 'text') expect(chain.wants('on_request_message', text(message))).toBe(true);
        expect(outcome.forward[0]?.kind).toBe(message.length > 3 ? 'binary' : 'text');
      }
      expect(chain.wants('on_response_message', text(''))).toBe(true);
    });

    it('passes a frame unchanged as the very object that was submitted', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      const { frame, outcome } = await client.ask('hello');
      expect(outcome.forward).toHaveLength(1);
      expect(outcome.forward[0]).toBe(frame);
      expect(outcome.notes).toEqual([]);
    });

    it('passes a binary frame unchanged, one of no bytes too', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      for (const payload of [Uint8Array.of(0, 255, 128), new Uint8Array(0)]) {
        const frame = client.submit({ kind: 'binary', payload });
        await client.idle();
        expect(client.settlements.at(-1)?.outcome.forward[0]).toBe(frame);
      }
    });

    it('replaces, expands and drops frames', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      expect(forwarded(await client.ask('aunew text é'))).toEqual(['new text é']);
      expect(forwarded(await client.ask('axtwice'))).toEqual(['twice', 'twice']);
      expect(forwarded(await client.ask('ad'))).toEqual([]);
    });

    it('keeps the kind of a replaced binary frame, and payloads far larger than a batch', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      const payload = new Uint8Array(500_000).fill(9);
      payload.set(new TextEncoder().encode('au'));
      client.submit({ kind: 'binary', payload });
      await client.idle();
      const replaced = client.settlements[0]?.outcome.forward[0];
      expect(replaced?.kind).toBe('binary');
      expect(Buffer.compare(replaced?.payload ?? new Uint8Array(), payload.subarray(2))).toBe(0);
    });

    it('replies to the sender, in either direction', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      for (const hook of ['on_request_message', 'on_response_message'] as const) {
        const { outcome } = await client.ask('arpsst', hook);
        expect(outcome.reply.map(textOf)).toEqual(['psst']);
        expect(outcome.forward.map(textOf)).toEqual(['arpsst']);
      }
    });

    it('closes with the code and reason that the plugin names', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      expect((await client.ask('ak')).outcome.close).toEqual({ code: 3001, reason: 'as asked' });
    });

    it('drops a rejected frame, or closes, as the policy says', async () => {
      const engine = start();
      const dropping = new RecordingClient(await engine.open([puppet('a')]));
      const { outcome } = await dropping.ask('aj');
      expect(outcome.forward).toEqual([]);
      expect(outcome.close).toBeUndefined();
      expect(outcome.notes.map(({ kind }) => kind)).toContain('reject');
      const closing = new RecordingClient(await engine.open([puppet('a', { policy: { rejectStrategy: 'close' } })]));
      expect((await closing.ask('aj')).outcome.close).toEqual({ code: 3002, reason: 'as asked' });
    });

    it('runs a chain in its order, each plugin on what the one before made of the frame', async () => {
      const client = new RecordingClient(await start().open([puppet('a'), puppet('b')]));
      expect(forwarded(await client.ask('aubudone'))).toEqual(['done']);
      expect(forwarded(await client.ask('buaudone'))).toEqual(['audone']);
      expect(forwarded(await client.ask('axbxfour'))).toEqual(['four', 'four', 'four', 'four']);
    });

    it('runs the connect and disconnect hooks', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      expect((await client.ask('', 'on_connect')).outcome.reply.map(textOf)).toEqual(['hello']);
      await client.ask('', 'on_disconnect');
      expect(state.get({ plugin: 'a', scope: 'plugin', owner: '', key: 'gone' }, Date.now())).toBeDefined();
    });

    it('lets a frame pass an open plugin that traps or fails, and runs the rest of the chain', async () => {
      const client = new RecordingClient(await start().open([puppet('a'), puppet('b')]));
      for (const [message, fault] of [
        ['*t', 'PLUGIN_TRAP'],
        ['*e', 'PLUGIN_ERROR'],
      ] as const) {
        const { outcome } = await client.ask(message);
        expect(outcome.forward.map(textOf)).toEqual([message]);
        expect(outcome.failed).toBeUndefined();
        expect(outcome.notes.map((note) => [note.plugin, note.fault])).toEqual([
          ['a', fault],
          ['b', fault],
        ]);
      }
      expect(forwarded(await client.ask('auagain'))).toEqual(['again']);
    });

    it('drops a frame that a closed plugin fails on, and says which', async () => {
      const client = new RecordingClient(await start().open([puppet('a', { policy: { onFault: 'closed' } }), puppet('b')]));
      const { outcome } = await client.ask('at');
      expect(outcome.forward).toEqual([]);
      expect(outcome.failed).toEqual({ plugin: 'a', fault: 'PLUGIN_TRAP' });
      expect(forwarded(await client.ask('auagain'))).toEqual(['again']);
    });

    it('settles the frames of every client in the order of submission, whatever becomes of them', async () => {
      const chain = await start().open([puppet('a'), puppet('b')]);
      const clients = Array.from({ length: 7 }, () => new RecordingClient(chain));
      const submitted = clients.map(() => [] as unknown[]);
      const commands = ['ac', 'axtwo', 'ad', 'hello', 'at', 'buone', 'arpsst', 'be'];
      for (let round = 0; round < 100; round++) {
        for (const [index, client] of clients.entries()) {
          const hook = round % 3 === 0 ? 'on_response_message' : 'on_request_message';
          submitted[index]?.push(client.submit(text(commands[(round + index) % commands.length] ?? ''), hook));
        }
        if (round % 10 === 0) await new Promise(setImmediate);
      }
      await Promise.all(clients.map((client) => client.idle()));
      for (const [index, client] of clients.entries()) {
        expect(client.settlements.map(({ frame }) => frame)).toEqual(submitted[index]);
        expect(client.settlements.every(({ frame }, at) => frame === submitted[index]?.[at])).toBe(true);
      }
    });

    it('takes frames that a client submits while it is being told of another', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      const settled = client.settled.bind(client);
      let left = 20;
      client.settled = (hook, frame, outcome) => {
        if (left-- > 0) client.submit(text('ac'));
        settled(hook, frame, outcome);
      };
      client.submit(text('ac'));
      await client.idle();
      expect(client.settlements).toHaveLength(21);
      expect(forwarded(await client.ask('aq'))).toEqual(['21']);
    });

    it('keeps state from frame to frame, in the store too, and takes back what a trapped frame wrote', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      const other = new RecordingClient(chain);
      for (const message of ['ac', 'at', 'ac', 'at', 'at', 'ac']) client.submit(text(message));
      await client.idle();
      expect(forwarded(await other.ask('aq'))).toEqual(['3']);
      const entry = state.get({ plugin: 'a', scope: 'plugin', owner: '', key: 'count' }, Date.now());
      expect(new TextDecoder().decode(entry?.value)).toBe('3');
    });

    it('shows plugins the state that the store has from before, and what closed chains left', async () => {
      const engine = start();
      const key = { plugin: 'a', scope: 'plugin', owner: '', key: 'count' } as const;
      state.apply([{ kind: 'set', key, value: new TextEncoder().encode('41'), expiresAt: 0 }], Date.now());
      const first = await engine.open([puppet('a')]);
      const client = new RecordingClient(first);
      await client.ask('ac');
      expect(forwarded(await client.ask('aq'))).toEqual(['42']);
      await first.close();
      const again = new RecordingClient(await engine.open([puppet('a')]));
      expect(forwarded(await again.ask('aq'))).toEqual(['42']);
    });

    it('shows a plugin the connection as it is when the frame is submitted', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      const before = JSON.parse(forwarded(await client.ask('ai'))[0] ?? '');
      expect(before).toMatchObject({ id: client.context.id, route: 'test', path: '/' });
      expect(before.room).toBeUndefined();
      client.context = { ...client.context, version: 2, room: 'tea' };
      expect(JSON.parse(forwarded(await client.ask('ai'))[0] ?? '').room).toBe('tea');
    });

    it('reports what plugins log, with the connection', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      await client.ask('aosomething happened');
      const logs = events.filter(({ kind }) => kind === 'plugin-log');
      expect(logs).toMatchObject([
        { kind: 'plugin-log', plugin: 'a', level: 'info', message: 'something happened', connection: client.context.id },
      ]);
    });

    it('warns of a plugin that does not finish its rehearsal when it is opened, and refuses to swap it in unless it is to come back in an emergency', async () => {
      const engine = start();
      const looping = loopAlways('a', { fuel: 1_000_000 });
      const warnings = () => events.flatMap((event) => (event.kind === 'plugin-log' && event.level === 'warn' ? [event] : []));
      await engine.open([puppet('b'), looping]);
      const warning = { plugin: 'a', message: expect.stringContaining('had not finished a made-up frame') };
      expect(warnings()).toMatchObject([warning]);
      const chain = await engine.open([puppet('a')]);
      expect(warnings()).toHaveLength(1);
      const refused = {
        code: 'PLUGIN_REHEARSAL_FAILED',
        message: expect.stringContaining('on_request_message ran out of fuel in its rehearsal'),
      };
      await expect(chain.swap([looping])).rejects.toMatchObject(refused);
      await expect(chain.setCanary({ plugins: [looping], percent: 50, salt: 's' })).rejects.toMatchObject(refused);
      await chain.swap([looping], { undoOnly: true });
      expect(warnings()).toMatchObject([warning, warning]);
    });

    it('counts the bytes of the frames that have not settled', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      client.submit(text('12345'));
      client.submit(text('123'));
      expect(chain.inFlightBytes).toBe(8);
      await client.idle();
      expect(chain.inFlightBytes).toBe(0);
    });

    it("says how each plugin fares, in the chain's order, and pardons those it knows", async () => {
      const chain = await start().open([puppet('a'), puppet('b')]);
      const health = chain.health();
      expect(health.map(({ name, quarantinedUntil }) => [name, quarantinedUntil])).toEqual([
        ['a', undefined],
        ['b', undefined],
      ]);
      expect(health[0]?.hooks.has('on_request_message')).toBe(true);
      expect([chain.pardon('b'), chain.pardon('nobody')]).toEqual([true, false]);
    });

    it('replaces instances that leak, and loses neither a frame nor state', async () => {
      const recycle = { calls: 0, ageMs: 0, memoryBytes: 524_288 };
      const manifest = manifestOf(['on_request_message']);
      const leaking = guestSpec('leak', { manifest, limits: { memoryBytes: 1_048_576, recycle } });
      const client = new RecordingClient(await start().open([leaking]));
      for (let i = 0; i < 300; i++) {
        client.submit(text('x'));
        if (i % 20 === 0) await client.idle();
      }
      await client.idle();
      expect(client.settlements.flatMap(({ outcome }) => outcome.notes)).toEqual([]);
      const entry = state.get({ plugin: 'leak', scope: 'plugin', owner: '', key: 'n' }, Date.now());
      expect(new TextDecoder().decode(entry?.value)).toBe('300');
      expect(
        events.filter((event) => event.kind === 'plugin-log' && event.message.startsWith('a fresh instance replaced')).length,
      ).toBeGreaterThan(10);
    });

    it('forgets state that the operator wipes, in its plugins too', async () => {
      const engine = start();
      const client = new RecordingClient(await engine.open([puppet('a'), puppet('b')]));
      await client.ask('*c');
      await client.ask('*c');
      expect(engine.wipeState({ plugin: 'a' })).toBe(1);
      expect(forwarded(await client.ask('aq'))).toEqual(['']);
      expect(forwarded(await client.ask('bq'))).toEqual(['2']);
      await client.ask('ac');
      expect(forwarded(await client.ask('aq'))).toEqual(['1']);
    });

    it('refuses what is not a module, or not a plugin, and goes on', async () => {
      const engine = start();
      const good = puppet('a');
      const { manifest: _, ...bare } = good;
      const cases = [
        [{ ...good, wasm: new TextEncoder().encode('not wasm at all') }, 'PLUGIN_NOT_WASM'],
        [{ ...good, wasm: good.wasm.subarray(0, 300) }, 'PLUGIN_NOT_WASM'],
        [{ ...bare, wasm: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0) }, 'PLUGIN_INVALID'],
        [{ ...good, limits: { ...good.limits, memoryBytes: 65_536 } }, 'PLUGIN_INVALID'],
      ] as const;
      for (const [spec, code] of cases) {
        const error = await engine.open([puppet('b'), spec]).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(HostError);
        expect(error).toMatchObject({ code, message: expect.stringContaining('engine-puppet.wat') });
      }
      const client = new RecordingClient(await engine.open([good]));
      expect(forwarded(await client.ask('aufine'))).toEqual(['fine']);
    });

    it('swaps plugins between two frames: those before meet the old ones, those after the new ones, in order', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      const before = Array.from({ length: 50 }, (_, index) => `au${index}`);
      for (const message of before) client.submit(text(message));
      const swapped = chain.swap([puppet('b')]);
      client.submit(text('auunder way'));
      await swapped;
      for (const message of before) client.submit(text(message));
      client.submit(text('bunew'));
      await client.idle();
      const texts = client.settlements.flatMap(forwarded);
      expect(texts).toEqual([...before.map((message) => message.slice(2)), 'under way', ...before, 'new']);
    });

    it('keeps the state of a plugin that is swapped for one of its name', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      await client.ask('ac');
      await chain.swap([puppet('a', { limits: { deadlineMs: 900 } })]);
      await client.ask('ac');
      expect(forwarded(await client.ask('aq'))).toEqual(['2']);
    });

    it('adds plugins to a chain and takes them away, and the hooks follow', async () => {
      const chain = await start().open([puppet('a'), puppet('b')]);
      const client = new RecordingClient(chain);
      await client.ask('bc');
      await chain.swap([]);
      expect([...chain.hooks]).toEqual([]);
      expect(forwarded(await client.ask('aupassed'))).toEqual(['aupassed']);
      await chain.swap([puppet('c'), puppet('b')]);
      expect([...chain.hooks].sort()).toEqual([...HOOKS].sort());
      expect(chain.health().map((plugin) => plugin.name)).toEqual(['c', 'b']);
      expect(forwarded(await client.ask('bq'))).toEqual(['1']);
    });

    it('changes nothing when the new plugins cannot be started', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      const broken = { ...puppet('b'), wasm: new TextEncoder().encode('not wasm at all') };
      await expect(chain.swap([puppet('c'), broken])).rejects.toMatchObject({ code: 'PLUGIN_NOT_WASM' });
      expect(forwarded(await client.ask('austill here'))).toEqual(['still here']);
      expect(chain.health().map((plugin) => plugin.name)).toEqual(['a']);
    });

    it('loses, repeats and reorders nothing over many swaps under traffic, and counts exactly', async () => {
      const chain = await start().open([puppet('a')]);
      const clients = Array.from({ length: 8 }, () => new RecordingClient(chain));
      let sent = 0;
      let swapping = true;
      const traffic = (async () => {
        while (swapping) {
          for (const client of clients) {
            client.submit(text(`*u${sent}`));
            client.submit(text('*c'));
          }
          sent += 1;
          // Frames are always under way, but never more than the engine can take: how many there are is up to the machine.
          if (sent % IN_FLIGHT === 0) await Promise.race(clients.map((client) => client.idle()));
          await new Promise(setImmediate);
        }
      })();
      for (let index = 0; index < 10; index++) await chain.swap([puppet('a', { limits: { deadlineMs: 500 + index } })]);
      swapping = false;
      await traffic;
      await Promise.all(clients.map((client) => client.idle()));
      const expected = Array.from({ length: sent }, (_, index) => [String(index), '*c']).flat();
      for (const client of clients) expect(client.settlements.flatMap(forwarded)).toEqual(expected);
      expect(forwarded(await (clients[0] as RecordingClient).ask('aq'))).toEqual([String(8 * sent)]);
    });

    it('shows an observer every frame as it took effect, before its client is told, and who leaves', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      const seen: string[] = [];
      chain.observer = {
        settled: (whose, { hook, frame, context }, outcome) => {
          const known = whose === client && context === client.context;
          const entries = [...state.entries({ plugin: 'a' }, Date.now())].length;
          seen.push(
            `${known} ${hook} ${textOf(frame)} -> ${outcome.forward.map(textOf)}, told ${client.settlements.length}, state ${entries}`,
          );
        },
        passed: () => {},
        detached: (whose) => seen.push(whose === client ? 'left' : 'somebody left'),
      };
      for (const message of ['auone', 'ac', 'ad']) client.submit(text(message));
      await client.idle();
      await client.ask('artwo', 'on_response_message');
      client.detach();
      chain.observer = undefined;
      await client.ask('auunseen');
      expect(seen).toEqual([
        'true on_request_message auone -> one, told 0, state 0',
        'true on_request_message ac -> ac, told 1, state 1',
        'true on_request_message ad -> , told 2, state 1',
        'true on_response_message artwo -> artwo, told 3, state 1',
        'left',
      ]);
    });

    it('takes state that is loaded into it, with what comes after', async () => {
      const engine = start();
      const chain = await engine.open([puppet('a')]);
      const client = new RecordingClient(chain);
      expect(forwarded(await client.ask('aq'))).toEqual(['']);
      await client.ask('ac');
      const entries = [...state.entries({ plugin: 'a' }, Date.now())];
      await client.ask('ac');
      engine.loadState(entries);
      expect(forwarded(await client.ask('aq'))).toEqual(['1']);
      await client.ask('ac');
      expect(forwarded(await client.ask('aq'))).toEqual(['2']);
    });

    it('has a share of the connections meet a canary on the same state, in order, and lets them go on without it', async () => {
      const chain = await start().open([puppet('a')]);
      const clients = Array.from({ length: 20 }, (_, index) => new RecordingClient(chain, { id: `client ${index}` }));
      const chosen = (percent: number) => clients.map(({ context }) => isInShare(context.id, 'salt', percent));
      const plugins = [puppet('a'), puppet('b')];
      const expected: string[][] = clients.map(() => []);
      const send = (percent: number) => {
        for (const [index, canary] of chosen(percent).entries()) {
          for (let frame = 0; frame < 5; frame++) {
            clients[index]?.submit(text(`bu${percent}.${frame}`));
            expected[index]?.push(canary ? `${percent}.${frame}` : `bu${percent}.${frame}`);
          }
        }
      };
      send(0);
      for (const percent of [10, 50, 100]) {
        await chain.setCanary({ plugins, percent, salt: 'salt' });
        send(percent);
      }
      expect(chain.canary?.frames).toBe([10, 50, 100].reduce((sum, percent) => sum + 5 * chosen(percent).filter(Boolean).length, 0));
      expect(chain.canary?.plugins.map((plugin) => plugin.name)).toEqual(['a', 'b']);
      expect(chain.health().map((plugin) => plugin.name)).toEqual(['a']);
      clients[0]?.submit(text('ac'));
      expected[0]?.push('ac');
      await chain.setCanary(undefined);
      expect(chain.canary).toBeUndefined();
      send(0);
      clients[0]?.submit(text('aq'));
      expected[0]?.push('1');
      await Promise.all(clients.map((client) => client.idle()));
      expect(clients.map((client) => client.settlements.flatMap(forwarded))).toEqual(expected);
    });

    it('keeps a connection in a canary by its user, and its hooks and faults apart from those of the chain', async () => {
      const chain = await start().open([guarded({ on_request_message: { never: true }, on_response_message: { never: true } })]);
      expect(chain.hooks.has('on_connect')).toBe(false);
      await chain.setCanary({ plugins: [puppet('a')], percent: 50, salt: 's' });
      expect(chain.hooks.has('on_connect')).toBe(true);
      expect(chain.wants('on_request_message', text('any'))).toBe(true);
      expect(chain.responsePerMessage).toBe(false);
      const users = Array.from({ length: 10 }, (_, index) => ({ id: `user ${index}`, name: 'n' }));
      for (const user of users) {
        const client = new RecordingClient(chain, { user });
        const { outcome } = await client.ask('at');
        client.context = { ...client.context, version: 2, user: { id: 'another', name: 'n' } };
        const again = await client.ask('at');
        const canary = isInShare(user.id, 's', 50);
        for (const { notes } of [outcome, again.outcome]) expect(notes.map(({ fault }) => fault)).toEqual(canary ? ['PLUGIN_TRAP'] : []);
      }
      const inCanary = users.filter(({ id }) => isInShare(id, 's', 50)).length;
      expect(chain.canary?.plugins[0]?.faults).toBe(2 * inCanary);
      expect(chain.health()[0]?.faults).toBe(0);
      await chain.setCanary(undefined);
      expect(chain.hooks.has('on_connect')).toBe(false);
    });

    it('goes on without a canary that cannot be started', async () => {
      const chain = await start().open([puppet('a')]);
      const broken = { ...puppet('b'), wasm: new TextEncoder().encode('not wasm at all') };
      await expect(chain.setCanary({ plugins: [broken], percent: 100, salt: '' })).rejects.toMatchObject({ code: 'PLUGIN_NOT_WASM' });
      expect(chain.canary).toBeUndefined();
      expect(forwarded(await new RecordingClient(chain).ask('aufine'))).toEqual(['fine']);
    });

    it('swaps nothing in a chain that is closed', async () => {
      const chain = await start().open([puppet('a')]);
      await chain.close();
      await expect(chain.swap([puppet('b')])).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    });

    it('settles what is outstanding when a client detaches, and forgets its connection state', async () => {
      const chain = await start().open([puppet('a')]);
      const client = new RecordingClient(chain);
      const entry = { value: Uint8Array.of(1), expiresAt: 0 };
      const key = { plugin: 'a', scope: 'connection', owner: client.context.id, key: 'k' } as const;
      state.apply([{ kind: 'set', key, ...entry }], Date.now());
      for (let i = 0; i < 10; i++) client.submit(text('ac'));
      client.detach();
      await client.idle();
      await chain.close();
      expect(client.settlements).toHaveLength(10);
      expect(state.get(key, Date.now())).toBeUndefined();
    });

    it('serves a client that comes back after it detached', async () => {
      const client = new RecordingClient(await start().open([puppet('a')]));
      await client.ask('ac');
      client.detach();
      expect(forwarded(await client.ask('aq'))).toEqual(['1']);
    });

    it('closes a chain when all its frames have settled, and takes no more', async () => {
      const engine = start();
      const chain = await engine.open([puppet('a')]);
      const other = new RecordingClient(await engine.open([puppet('b')]));
      const client = new RecordingClient(chain);
      for (let i = 0; i < 100; i++) client.submit(text('ac'));
      await chain.close();
      expect(client.settlements).toHaveLength(100);
      expect(() => client.submit(text('late'))).toThrow('closed');
      expect(forwarded(await other.ask('bustill here'))).toEqual(['still here']);
    });

    it('settles everything before it closes, and opens nothing afterwards', async () => {
      const engine = start();
      const client = new RecordingClient(await engine.open([puppet('a')]));
      for (let i = 0; i < 100; i++) client.submit(text('ac'));
      await engine.close();
      expect(client.settlements).toHaveLength(100);
      await expect(engine.open([puppet('a')])).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    });
  });
}
