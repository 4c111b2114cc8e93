import type { StateScope } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Broadcast } from '../../host/src/backend/broadcast.js';
import type { Engine, PluginSpec } from '../../host/src/engine/engine.js';
import { InlineEngine } from '../../host/src/engine/inline-engine.js';
import { WorkerEngine } from '../../host/src/engine/worker-engine.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { teaTime } from '../support/chat-client.js';
import { puppet } from '../support/guests/engine-guests.js';
import { type Guest, Party } from '../support/party.js';
import { text } from '../support/recording-client.js';
import { ReversingEngine } from '../support/reversing-engine.js';

const parties: Party[] = [];

afterEach(async () => {
  for (const party of parties.splice(0)) await party.close();
});

async function start(...parameters: Parameters<typeof Party.start>): Promise<Party> {
  const party = await Party.start(...parameters);
  parties.push(party);
  return party;
}

/** The puppet with another manifest, of which the host is told that its response hook looks at nobody. */
function perMessage(
  name: string,
  change: Parameters<typeof puppet>[1] = {},
  scopes: readonly StateScope[] = ['plugin', 'room'],
): PluginSpec {
  const spec = puppet(name, change);
  if (spec.manifest === undefined) throw new Error('the puppet has no manifest');
  return { ...spec, manifest: { ...spec.manifest, response: 'per-message', capabilities: { state: scopes, http: [] } } };
}

/** The puppet greets everybody. */
async function invite(party: Party, count: number, greetings: number, options?: Parameters<Party['invite']>[1]): Promise<Guest[]> {
  const guests = await party.invite(count, options);
  for (const { client } of guests) await client.take(greetings);
  return guests;
}

function tellAll(guests: readonly Guest[], message: string): void {
  const broadcast = new Broadcast(text(message));
  for (const { peer } of guests) peer.send(broadcast);
}

/** What everybody was sent up to and with a last frame that goes to each alone. */
async function upToNow(guests: readonly Guest[]): Promise<string[][]> {
  for (const { peer } of guests) peer.send(text('now'));
  return Promise.all(
    guests.map(async ({ client }) => {
      const heard: string[] = [];
      for (let next = String(await client.next()); next !== 'now'; next = String(await client.next())) heard.push(next);
      return heard;
    }),
  );
}

class CountingState extends StateMemoryStore {
  count(plugin: string): number {
    const entry = this.get({ plugin, scope: 'plugin', owner: '', key: 'count' }, Date.now());
    return entry ? Number(new TextDecoder().decode(entry.value)) : 0;
  }
}

const ENGINES: [string, (state: StateMemoryStore) => Engine][] = [
  ['worker', (state) => new WorkerEngine({ state, breakerFaults: Number.MAX_SAFE_INTEGER })],
  ['inline', (state) => new InlineEngine({ state })],
  ['reversing', (state) => new ReversingEngine({ state })],
];

describe.each(ENGINES)('a broadcast (%s engine)', (_name, engineWith) => {
  it('runs response hooks that are all per-message once for everybody', async () => {
    const state = new CountingState();
    const party = await start(engineWith(state), [perMessage('a'), perMessage('b')]);
    const guests = await invite(party, 5, 2);
    tellAll(guests, '*c');
    expect(await upToNow(guests)).toEqual(Array(5).fill(['*c']));
    expect([state.count('a'), state.count('b')]).toEqual([1, 1]);
  });

  it('runs them for each recipient when one is per-recipient, or keeps state of a user or a connection', async () => {
    for (const other of [puppet('b'), perMessage('b', {}, ['plugin', 'connection']), perMessage('b', {}, ['plugin', 'user'])]) {
      const state = new CountingState();
      const party = await start(engineWith(state), [perMessage('a'), other]);
      const guests = await invite(party, 3, 2);
      tellAll(guests, '*c');
      expect(await upToNow(guests)).toEqual(Array(3).fill(['*c']));
      expect([state.count('a'), state.count('b')]).toEqual([3, 3]);
    }
  });

  it('runs them once for each room', async () => {
    const state = new CountingState();
    const party = await start(engineWith(state), [perMessage('a')]);
    const guests = await invite(party, 4, 1);
    guests[3]?.peer.update({ room: 'kitchen' });
    tellAll(guests, 'ac');
    expect(await upToNow(guests)).toEqual(Array(4).fill(['ac']));
    expect(state.count('a')).toBe(2);
  });

  it('gives everybody what the hooks made of it: replaced, doubled, nothing', async () => {
    const party = await start(engineWith(new StateMemoryStore()), [perMessage('a', { policy: { rejectStrategy: 'drop' } })]);
    const guests = await invite(party, 3, 1);
    for (const message of ['first', 'aufresh', 'axtwice', 'adgone', 'ajrefused', 'last']) tellAll(guests, message);
    expect(await upToNow(guests)).toEqual(Array(3).fill(['first', 'fresh', 'twice', 'twice', 'last']));
  });

  it('says it to one who joins when the hooks are done', async () => {
    const state = new CountingState();
    const party = await start(engineWith(state), [perMessage('a')]);
    const guests = await invite(party, 2, 1);
    const broadcast = new Broadcast(text('ac'));
    guests[0]?.peer.send(broadcast);
    await guests[0]?.client.next();
    guests[1]?.peer.send(broadcast);
    expect(await guests[1]?.client.next()).toBe('ac');
    guests[1]?.peer.send(text('before'));
    guests[1]?.peer.send(broadcast);
    guests[1]?.peer.send(broadcast);
    expect((await upToNow(guests))[1]).toEqual(['before', 'ac', 'ac']);
    expect(state.count('a')).toBe(1);
  });

  it('passes when a plugin faults that is open, and reaches nobody when it is closed; the next one does', async () => {
    for (const onFault of ['open', 'closed'] as const) {
      const party = await start(engineWith(new StateMemoryStore()), [perMessage('a', { policy: { onFault } })]);
      const guests = await invite(party, 3, 1);
      tellAll(guests, 'at');
      tellAll(guests, 'then');
      expect(await upToNow(guests)).toEqual(Array(3).fill(onFault === 'open' ? ['at', 'then'] : ['then']));
      expect(party.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    }
  });

  it('brings one reply to the backend, as from the first recipient, and everybody the frame', async () => {
    const party = await start(engineWith(new StateMemoryStore()), [perMessage('a')]);
    const guests = await invite(party, 3, 1);
    tellAll(guests, 'arthanks');
    expect(await upToNow(guests)).toEqual(Array(3).fill(['arthanks']));
    expect(party.heard).toEqual([`${guests[0]?.peer.context.id}: thanks`]);
  });

  it('closes everybody when its hook closes', async () => {
    const party = await start(engineWith(new StateMemoryStore()), [perMessage('a')]);
    const guests = await invite(party, 3, 1);
    tellAll(guests, 'ak');
    for (const { client } of guests) expect(await client.closed).toEqual({ code: 3001, reason: 'as asked' });
  });

  it.each([
    ['per-message', () => [perMessage('a'), perMessage('b')]],
    ['per-recipient', () => [puppet('a'), perMessage('b')]],
  ] as const)('keeps its place among all other frames to each recipient (%s plugins)', async (_kind, plugins) => {
    const party = await start(engineWith(new StateMemoryStore()), plugins());
    const guests = await invite(party, 4, 2);
    const command = fc.constantFrom('plain ', 'au', 'bu', 'ax', 'ad', 'bd');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('all' as const), command, order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 }) }),
      fc.record({ kind: fc.constant('one' as const), command, to: fc.nat(3) }),
      fc.record({ kind: fc.constant('old' as const), to: fc.nat(3) }),
      fc.record({ kind: fc.constant('wait' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const expected: string[][] = [[], [], [], []];
        let last: { broadcast: Broadcast; becomes: string[] } | undefined;
        const becomes = (prefix: string, rest: string): string[] =>
          prefix === 'plain ' ? [prefix + rest] : prefix.endsWith('d') ? [] : Array(prefix === 'ax' ? 2 : 1).fill(rest);
        for (const [index, now] of steps.entries()) {
          if (now.kind === 'wait') {
            await new Promise(setImmediate);
          } else if (now.kind === 'old') {
            if (last === undefined) continue;
            guests[now.to]?.peer.send(last.broadcast);
            expected[now.to]?.push(...last.becomes);
          } else if (now.kind === 'one') {
            guests[now.to]?.peer.send(text(`${now.command}${index} to ${now.to}`));
            expected[now.to]?.push(...becomes(now.command, `${index} to ${now.to}`));
          } else {
            last = { broadcast: new Broadcast(text(`${now.command}${index}`)), becomes: becomes(now.command, `${index}`) };
            for (const to of now.order) {
              guests[to]?.peer.send(last.broadcast);
              expected[to]?.push(...last.becomes);
            }
          }
        }
        expect(await upToNow(guests)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a broadcast', () => {
  it('is what a chat room tells its members', async () => {
    const { clients } = await teaTime(['ann', 'bob', 'cid']);
    clients[0].say({ type: 'message', content: 'hello' });
    const told = clients[1].frames.at(-1);
    expect(told).toBeInstanceOf(Broadcast);
    expect(clients[2].frames.at(-1)).toBe(told);
  });

  it('is not lost for the others when the one whose call it is leaves', async () => {
    const party = await start(new WorkerEngine(), [perMessage('a')]);
    const guests = await invite(party, 3, 1);
    const [first, ...others] = guests;
    tellAll(guests, 'to all');
    first?.peer.close({ code: 3000, reason: '' });
    tellAll(others, 'to the rest');
    expect(await upToNow(others)).toEqual(Array(2).fill(['to all', 'to the rest']));
    expect((await first?.client.closed)?.code).toBe(3000);
  });

  it('goes on when a recipient is cut off while it is in the hooks; that one is gone at the backend, and its hooks end', async () => {
    const party = await start(new WorkerEngine(), [perMessage('a', { limits: { deadlineMs: 250, fuel: 0 }, policy: { onFault: 'open' } })]);
    const guests = await invite(party, 3, 1);
    const gone = new Promise<string>((resolve) => {
      party.onLeave = resolve;
    });
    tellAll(guests, 'al');
    guests[1]?.client.socket.terminate();
    expect(await gone).toBe(guests[1]?.peer.context.id);
    const left = [guests[0], guests[2]].filter((guest) => guest !== undefined);
    tellAll(left, 'then');
    expect(await upToNow(left)).toEqual(Array(2).fill(['al', 'then']));
  });

  it('tells those who are told last of one who breaks off while it is told, in their turn', async () => {
    const party = await start(new InlineEngine(), [perMessage('a')]);
    const guests = await invite(party, 3, 1);
    const others = guests.slice(1);
    party.onLeave = () => tellAll(others, 'somebody left');
    const broadcast = new Broadcast(text('news'));
    guests[0]?.peer.send(broadcast);
    guests[0]?.peer.close({ code: 3000, reason: '' });
    for (const { peer } of others) peer.send(broadcast);
    expect(await Promise.all(others.map(({ client }) => client.take(2)))).toEqual(Array(2).fill(['news', 'somebody left']));
  });

  it.each([
    ['no', []],
    ['per-message', [perMessage('a')]],
    ['per-recipient', [puppet('a')]],
  ] as const)('closes a slow recipient alone with 1013 (%s plugins)', async (_kind, plugins) => {
    const config = { connection: { maxQueuedBytes: 1_000_000 } };
    const party = await start(new InlineEngine(), plugins, config);
    const guests = await invite(party, 3, plugins.length);
    const slow = guests[1];
    slow?.client.socket.pause();
    const gone = new Promise<string>((resolve) => {
      party.onLeave = resolve;
    });
    const filler = 'x'.repeat(100_000);
    let sent = 0;
    while (party.left.length === 0) {
      tellAll(
        guests.filter(({ peer }) => party.peers.includes(peer)),
        `${sent++} ${filler}`,
      );
      for (const guest of guests) if (guest !== slow) expect(await guest.client.next()).toBe(`${sent - 1} ${filler}`);
    }
    expect(await gone).toBe(slow?.peer.context.id);
    slow?.client.socket.resume();
    expect(await slow?.client.closed).toMatchObject({ code: 1013, reason: 'client reads too slowly' });
    const left = guests.filter((guest) => guest !== slow);
    tellAll(left, 'then');
    expect(await upToNow(left)).toEqual([['then'], ['then']]);
  });

  it('closes those with 1013 for whom too much is in the hooks', async () => {
    const party = await start(new InlineEngine(), [perMessage('a')], { connection: { maxQueuedBytes: 10_000 } });
    const guests = await invite(party, 2, 1);
    const filler = 'x'.repeat(4_000);
    for (let index = 0; index < 3; index++) tellAll(guests.slice(0, 1), filler);
    tellAll(guests, 'small');
    expect(await guests[0]?.client.closed).toEqual({ code: 1013, reason: 'try again later' });
    expect(await upToNow(guests.slice(1))).toEqual([['small']]);
  });

  it('reaches clients with compression and without in the same order', async () => {
    const party = await start(new InlineEngine(), [perMessage('a')], { connection: { compression: { threshold: 0 } } });
    const guests = [...(await invite(party, 2, 1)), ...(await invite(party, 2, 1, { perMessageDeflate: true }))];
    expect(guests.map(({ client }) => client.socket.extensions.split(';')[0])).toEqual([
      '',
      '',
      'permessage-deflate',
      'permessage-deflate',
    ]);
    const messages: string[] = [];
    for (let index = 0; index < 30; index++) {
      messages.push(`${index} ${'again and '.repeat(100)}`);
      tellAll(guests, messages.at(-1) ?? '');
      messages.push(`own ${index}`);
      for (const { peer } of guests) peer.send(text(`own ${index}`));
    }
    expect(await upToNow(guests)).toEqual(Array(4).fill(messages));
  });
});
