import { STATE_SCOPES, type StateScope } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Chain } from '../../host/src/engine/engine.js';
import type { WorkerEngine, WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { stateOwner } from '../../host/src/state/state-owner.js';
import type { StateKey } from '../../host/src/state/state-store.js';
import { EngineStorm } from '../support/engine-storm.js';
import { puppet, tally } from '../support/guests/engine-guests.js';
import { forwarded, RecordingClient, text, textOf } from '../support/recording-client.js';

/** Nothing but the deadline stops a guest that loops. Long enough that a frame which only waits for its turn on a busy machine is not taken for one. */
const HANGING = { deadlineMs: 250, fuel: 0 };
/** Loading takes processor time from those that run. */
const SWAPPED = { deadlineMs: 500, fuel: 0 };

let engine: WorkerEngine | undefined;
let state = new StateMemoryStore();
const storm = new EngineStorm();
const { events, threads } = storm;

function start(options: WorkerEngineOptions): WorkerEngine {
  state = new StateMemoryStore();
  engine = storm.start({ state, respawnDelayMs: 1, ...options });
  return engine;
}

afterEach(() => storm.close());

/** A counter: the scope and owner of what frames counted, and all sums they were shown, in no order. */
interface Counter {
  readonly key: StateKey;
  readonly shown: number[];
  /** Frames that counted. */
  counted: number;
}

/** Clients of one chain of tallies, and what the state must be after all that they sent. */
class Tallies {
  readonly clients: RecordingClient[];
  readonly #prefix: string;
  readonly #sent: { scope: StateScope; owner: string; command: string }[][] = [];

  constructor(chain: Chain, prefix: string, clients: number) {
    this.#prefix = prefix;
    this.clients = Array.from({ length: clients }, () => new RecordingClient(chain));
    for (const _ of this.clients) this.#sent.push([]);
  }

  send(client: number, scope: StateScope, command: string, hook: 'on_request_message' | 'on_response_message'): void {
    const who = this.clients[client];
    if (who === undefined) return;
    const frames = this.#sent[client];
    frames?.push({ scope, owner: stateOwner(scope, who.context), command });
    who.submit(text(`${STATE_SCOPES.indexOf(scope)}${command} ${client}/${frames?.length}`), hook);
  }

  change(client: number, room: string | undefined, user: string | undefined): void {
    const who = this.clients[client];
    if (who === undefined) return;
    const { room: _, user: __, ...rest } = who.context;
    who.context = {
      ...rest,
      version: rest.version + 1,
      ...(room === undefined ? {} : { room: `${this.#prefix}${room}` }),
      ...(user === undefined ? {} : { user: { id: `${this.#prefix}${user}`, name: user } }),
    };
  }

  async idle(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.idle()));
  }

  /** Every frame of every client once, in order; every counter exactly as many as its frames, each of which saw another sum. */
  expectExact(plugin: string): void {
    const counters = new Map<string, Counter>();
    for (const [index, client] of this.clients.entries()) {
      const sent = this.#sent[index] ?? [];
      expect(client.settlements.map(({ frame }) => textOf(frame).split('/')[1])).toEqual(sent.map((_, at) => String(at + 1)));
      for (const [at, settlement] of client.settlements.entries()) {
        const { scope, owner, command } = sent[at] ?? expect.fail('a frame was settled that was not sent');
        const id = `${scope} ${owner}`;
        const counter = counters.get(id) ?? { key: { plugin, scope, owner, key: 'n' }, shown: [], counted: 0 };
        counters.set(id, counter);
        const faults = settlement.outcome.notes.flatMap(({ fault }) => fault ?? []);
        if (command !== '') {
          expect(faults).toEqual([command === 't' ? 'PLUGIN_TRAP' : 'PLUGIN_DEADLINE']);
        } else {
          expect(faults).toEqual([]);
          counter.counted += 1;
          counter.shown.push(Number(forwarded(settlement)[0]));
        }
      }
    }
    for (const { key, shown, counted } of counters.values()) {
      expect(shown.sort((a, b) => a - b)).toEqual(Array.from({ length: counted }, (_, index) => index + 1));
      const entry = state.get(key, Date.now());
      expect(entry === undefined ? 0 : Number(new TextDecoder().decode(entry.value))).toBe(counted);
    }
  }
}

const CLIENTS = 6;
const step = (scopes: readonly StateScope[]) =>
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        client: fc.nat({ max: CLIENTS - 1 }),
        scope: fc.constantFrom(...scopes),
        command: fc.oneof(
          { weight: 60, arbitrary: fc.constant('') },
          { weight: 4, arbitrary: fc.constant('t') },
          { weight: 1, arbitrary: fc.constant('l') },
        ),
        hook: fc.constantFrom('on_request_message' as const, 'on_response_message' as const),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('change' as const),
        client: fc.nat({ max: CLIENTS - 1 }),
        room: fc.constantFrom('tea', 'coffee', 'cocoa', 'mate', undefined),
        user: fc.constantFrom('ann', 'bob', 'cid', undefined),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), thread: fc.nat({ max: 7 }) }) },
  );

describe('any number of workers', () => {
  const asked: StateScope[][] = [['connection'], ['room', 'connection'], ['user', 'connection'], ['plugin', 'room', 'user', 'connection']];
  for (const workers of [1, 2, 4]) {
    for (const scopes of asked) {
      it(`keeps order, and counts exactly, by ${scopes.join(' and ')} with ${workers} of them, through kills and crashes`, async () => {
        const chain = await start({ workers, standbys: 2 }).open([tally('a', scopes, HANGING)]);
        let run = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step(scopes), { minLength: 20, maxLength: 150 }), async (steps) => {
            const tallies = new Tallies(chain, `${run++}-`, CLIENTS);
            for (const item of steps) {
              if (item.do === 'send') tallies.send(item.client, item.scope, item.command, item.hook);
              else if (item.do === 'change') tallies.change(item.client, item.room, item.user);
              else if (item.do === 'turn') await new Promise(setImmediate);
              // A frame whose thread dies twice under it is given up: at most one crash under way.
              else if (item.thread === 0) void threads[run % threads.length]?.terminate();
            }
            await tallies.idle();
            tallies.expectExact('a');
            for (const client of tallies.clients) client.detach();
            // Memories without an owner of this run's own.
            engine?.wipeState({ scope: 'plugin' });
            engine?.wipeState({ scope: 'room', owner: '' });
          }),
          { numRuns: 12, endOnFailure: true, verbose: 1 },
        );
        expect([...state.entries({ scope: 'connection' }, Date.now())]).toEqual([]);
      });
    }
  }

  it('keeps frames of other routes flowing while a guest hangs', async () => {
    const running = start({ workers: 2, standbys: 0 });
    const hanging = new RecordingClient(await running.open([puppet('a', { limits: { deadlineMs: 3000, fuel: 0 } })]));
    const others = new RecordingClient(await running.open([puppet('b')]));
    hanging.submit(text('al'));
    hanging.submit(text('ac'));
    let flowed = 0;
    while (hanging.settlements.length === 0) {
      await others.ask('bc');
      if (hanging.settlements.length === 0) flowed += 1;
    }
    expect(flowed).toBeGreaterThan(20);
    await hanging.idle();
    expect(hanging.settlements.map(({ outcome }) => outcome.notes.map(({ fault }) => fault))).toEqual([['PLUGIN_DEADLINE'], []]);
    expect(forwarded(await others.ask('bq'))).toEqual([String(others.settlements.length - 1)]);
  });

  it('keeps frames of other rooms flowing while a guest hangs', async () => {
    const chain = await start({ workers: 4, standbys: 1 }).open([tally('a', ['room'], { deadlineMs: 1500, fuel: 0 })]);
    const rooms = Array.from({ length: 24 }, (_, index) => new RecordingClient(chain, { room: `room ${index}` }));
    const order: string[] = [];
    for (const [index, client] of rooms.entries()) {
      const settled = client.settled.bind(client);
      client.settled = (hook, frame, outcome) => {
        order.push(`${index} ${outcome.notes.some(({ fault }) => fault) ? 'hung' : 'fine'}`);
        settled(hook, frame, outcome);
      };
    }
    rooms[0]?.submit(text('1l'));
    for (const client of rooms.slice(1)) client.submit(text('1'));
    await Promise.all(rooms.map((client) => client.idle()));
    // Those that share its worker come behind it, all others before it.
    const before = order.indexOf('0 hung');
    expect(before).toBeGreaterThan(8);
    expect(order).toHaveLength(24);
    expect(events.filter(({ kind }) => kind === 'worker-killed')).toHaveLength(1);
  });

  it('moves a chain with its frames and state when another one comes that shares its memory more widely', async () => {
    const running = start({ workers: 4, standbys: 1 });
    const chain = await running.open([tally('a', ['room', 'connection'], HANGING)]);
    const tallies = new Tallies(chain, '', CLIENTS);
    for (let client = 0; client < CLIENTS; client++) tallies.change(client, ['tea', 'coffee', 'cocoa'][client % 3], undefined);
    let opened = false;
    const opening = running.open([tally('a', ['room', 'plugin'])]).finally(() => {
      opened = true;
    });
    let rounds = 0;
    while (!opened || rounds < 200) {
      for (let client = 0; client < CLIENTS; client++) {
        const scope = rounds % 2 === 0 ? 'room' : 'connection';
        tallies.send(client, scope, rounds === 50 && client === 0 ? 'l' : '', 'on_request_message');
      }
      rounds += 1;
      await (rounds % 10 === 0 ? tallies.idle() : new Promise(setImmediate));
    }
    const other = new Tallies(await opening, '', 0);
    await tallies.idle();
    tallies.expectExact('a');
    expect(other.clients).toEqual([]);
    const late = new RecordingClient(await opening, { room: 'tea' });
    const counted = Number(new TextDecoder().decode(state.get({ plugin: 'a', scope: 'room', owner: 'tea', key: 'n' }, Date.now())?.value));
    expect(forwarded(await late.ask('1'))).toEqual([String(counted + 1)]);
  }, 60_000);

  it.each([1, 4])(
    'loses, doubles and reorders nothing while plugins are swapped under load and guests are killed, workers: %i',
    async (workers) => {
      const chain = await start({ workers, standbys: 2 }).open([tally('a', ['room', 'connection'], SWAPPED)]);
      const tallies = new Tallies(chain, '', CLIENTS);
      for (let client = 0; client < CLIENTS; client++) tallies.change(client, ['tea', 'coffee', 'cocoa'][client % 3], undefined);
      let left = 8;
      let rounds = 0;
      const swapping = (async () => {
        for (; left > 0; left--) {
          // Versions that need all rooms in one worker come after one that does not.
          const scopes: StateScope[] = left < 5 ? ['room', 'plugin', 'connection'] : ['room', 'connection'];
          await chain.swap(left % 2 === 0 ? [tally('a', scopes, SWAPPED), puppet('b')] : [tally('a', scopes, SWAPPED)]);
        }
      })();
      while (left > 0) {
        for (let client = 0; client < CLIENTS; client++) {
          const hangs = rounds % 40 === 13 && client === rounds % CLIENTS;
          tallies.send(client, rounds % 2 === 0 ? 'room' : 'connection', hangs ? 'l' : '', 'on_request_message');
          if (rounds % 7 === client) tallies.change(client, ['tea', 'coffee', 'cocoa'][rounds % 3], undefined);
        }
        rounds += 1;
        await (rounds % 10 === 0 ? tallies.idle() : new Promise(setImmediate));
      }
      await swapping;
      await tallies.idle();
      tallies.expectExact('a');
    },
    60_000,
  );

  it("has a connection's state where it is when a plugin that was swapped out comes back", async () => {
    const plugins = (name: string) => [tally(name, ['room', 'connection'])];
    const chain = await start({ workers: 4, standbys: 0 }).open(plugins('a'));
    const client = new RecordingClient(chain);
    for (const sum of ['1', '2']) expect(forwarded(await client.ask('3'))).toEqual([sum]);
    await chain.swap(plugins('b'));
    for (let room = 0; room < 9; room++) {
      client.context = { ...client.context, version: room + 2, room: `room ${room}` };
      expect(forwarded(await client.ask('3'))).toEqual([String(room + 1)]);
    }
    await chain.swap(plugins('a'));
    expect(forwarded(await client.ask('3'))).toEqual(['3']);
  });

  it('forgets wiped state at one place between the frames, though a guest is killed before it', async () => {
    const running = start({ workers: 2, standbys: 1 });
    const client = new RecordingClient(await running.open([puppet('a', { limits: SWAPPED })]));
    await client.ask('ac');
    for (const command of ['ac', 'al', 'ac']) client.submit(text(command));
    running.wipeState({ plugin: 'a' });
    for (const command of ['ac', 'ac']) client.submit(text(command));
    expect(forwarded(await client.ask('aq'))).toEqual(['2']);
    const entry = state.get({ plugin: 'a', scope: 'plugin', owner: '', key: 'count' }, Date.now());
    expect(new TextDecoder().decode(entry?.value)).toBe('2');
  });
});
