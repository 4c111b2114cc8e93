import type { MessageHook } from '@framegate/sdk/abi';
import { afterEach, describe, expect, it } from 'vitest';
import { engineContract } from '../../../test/contract/engine-contract.js';
import { httpContract } from '../../../test/contract/http-contract.js';
import { guarded, loopAtStart, puppet } from '../../../test/support/guests/engine-guests.js';
import { forwarded, RecordingClient, text } from '../../../test/support/recording-client.js';
import type { Chain, EngineEvent } from './engine.js';
import { WorkerEngine } from './worker-engine.js';

engineContract('WorkerEngine, direct runtime, one worker', (setup) => new WorkerEngine({ ...setup, workers: 1 }));
engineContract('WorkerEngine, direct runtime, four workers', (setup) => new WorkerEngine({ ...setup, workers: 4 }));
// Its ring is too small for most batches, so that they travel both ways, as the frames come.
engineContract(
  'WorkerEngine, extism runtime, a tiny ring, no spinning',
  (setup) => new WorkerEngine({ ...setup, workers: 1, runtime: 'extism', ringBytes: 256, spinMicros: 0 }),
);

httpContract('WorkerEngine, direct runtime', (setup) => new WorkerEngine(setup));
httpContract(
  'WorkerEngine, extism runtime, a tiny ring, no spinning',
  (setup) => new WorkerEngine({ ...setup, runtime: 'extism', ringBytes: 256, spinMicros: 0 }),
);

describe('WorkerEngine', () => {
  let engine: WorkerEngine | undefined;
  afterEach(() => engine?.close());

  it('works without a standby, a refused chain included', async () => {
    engine = new WorkerEngine({ standbys: 0 });
    const client = new RecordingClient(await engine.open([puppet('a')]));
    const broken = { ...puppet('b'), wasm: Uint8Array.of(1, 2, 3) };
    await expect(engine.open([broken])).rejects.toMatchObject({ code: 'PLUGIN_NOT_WASM' });
    expect(forwarded(await client.ask('aufine'))).toEqual(['fine']);
  });

  it('starts a plugin that hangs where no frame waits behind it, without a standby too', async () => {
    const events: EngineEvent[] = [];
    engine = new WorkerEngine({ workers: 1, standbys: 0, startTimeoutMs: 2000, onEvent: (event) => events.push(event) });
    const chain = await engine.open([puppet('a')]);
    const client = new RecordingClient(chain);
    await expect(chain.swap([loopAtStart('a')])).rejects.toMatchObject({ code: 'PLUGIN_START_FAILED' });
    expect(events.flatMap((event) => (event.kind === 'worker-died' ? event.worker : []))).toEqual([2]);
    expect(forwarded(await client.ask('aufine'))).toEqual(['fine']);
  });

  it('starts as many threads for frames, and standbys, as it is told', () => {
    const events: EngineEvent[] = [];
    engine = new WorkerEngine({ workers: 2, standbys: 1, onEvent: (event) => events.push(event) });
    expect(events).toEqual([1, 2, 3].map((worker) => ({ kind: 'worker-started', worker })));
  });

  it('counts the calls of each plugin and hook, and how long they took', async () => {
    engine = new WorkerEngine();
    const chain = await engine.open([puppet('a'), puppet('b')]);
    const client = new RecordingClient(chain);
    await client.ask('one');
    await client.ask('ad'); // ends at the first
    await client.ask('three', 'on_response_message');
    const counts = chain
      .health()
      .map(({ latencies }) => Object.fromEntries(latencies.filter(({ count }) => count > 0).map(({ hook, count }) => [hook, count])));
    expect(counts).toEqual([
      { on_request_message: 2, on_response_message: 1 },
      { on_request_message: 1, on_response_message: 1 },
    ]);
    const [latency] = chain.health()[0]?.latencies ?? [];
    expect(latency?.buckets.reduce((sum, count) => sum + count)).toBe(latency?.count);
  });

  it.each([
    ['earned', 5],
    ['imposed', Number.MAX_SAFE_INTEGER],
  ])('lets no frame that a thread has already fail in a plugin whose quarantine was %s since', async (why, breakerFaultsInARow) => {
    engine = new WorkerEngine({ workers: 1, breakerFaultsInARow });
    // Each frame loops until its fuel is used up: some tens of milliseconds.
    const chain = await engine.open([puppet('a', { limits: { deadlineMs: 60_000, fuel: 40_000_000 } })]);
    const client = new RecordingClient(chain);
    const record = client.settled.bind(client);
    client.settled = (hook, frame, outcome) => {
      record(hook, frame, outcome);
      if (why === 'imposed' && client.settlements.length === 5) chain.quarantine('a', 'chain');
    };
    for (let index = 0; index < 100; index++) client.submit(text(`al ${index}`));
    await client.idle();
    const faults = client.settlements.map(({ outcome }) => outcome.notes[0]?.fault);
    const ran = faults.indexOf('PLUGIN_QUARANTINED');
    expect(faults).toEqual(faults.map((_, index) => (index < ran ? 'PLUGIN_FUEL' : 'PLUGIN_QUARANTINED')));
    // What it ran until it heard of it; all 100 were in its hands.
    expect(ran).toBeGreaterThanOrEqual(5);
    expect(ran).toBeLessThan(50);
  });

  it('runs a quarantined plugin again once it is pardoned', async () => {
    const events: EngineEvent[] = [];
    engine = new WorkerEngine({ breakerFaultsInARow: 1, breakerBackoffMs: 3_600_000, onEvent: (event) => events.push(event) });
    const chain = await engine.open([puppet('a')]);
    const client = new RecordingClient(chain);
    await client.ask('at');
    const since = chain.health()[0]?.quarantinedUntil;
    expect(since).toBeGreaterThan(Date.now());
    expect((await client.ask('aumended')).outcome.notes).toMatchObject([{ fault: 'PLUGIN_QUARANTINED' }]);
    chain.pardon('a');
    expect(chain.health()[0]?.quarantinedUntil).toBeUndefined();
    expect(forwarded(await client.ask('aumended'))).toEqual(['mended']);
    expect(events.map(({ kind }) => kind)).toContain('plugin-readmitted');
  });

  it('does not want what no plugin has an interest in, at a glance from the thread of the sockets', async () => {
    engine = new WorkerEngine();
    const small = guarded({ on_request_message: { smallBytes: 3 }, on_response_message: { never: true } });
    const words = { field: 'content', raw: true, words: ['bad'] };
    const filter = {
      ...guarded({ on_request_message: { text: words, binary: true }, on_response_message: { text: words } }),
      name: 'filter',
    };
    const seen = { scope: 'plugin', key: '', slots: 9, ttlMs: 9, minLength: 0 } as const;
    const counts = { ...guarded({ on_request_message: { text: { ...words, firstSight: seen } } }), name: 'counts' };
    const wanted = (chain: Chain, message: string, hook: MessageHook = 'on_request_message') => chain.wants(hook, text(message));
    const first = await engine.open([small]);
    expect([wanted(first, 'abc'), wanted(first, 'abcd'), wanted(first, 'abcd', 'on_response_message')]).toEqual([false, true, false]);
    const both = await engine.open([small, filter]);
    expect([wanted(both, 'abc'), wanted(both, 'bad'), wanted(both, 'good')]).toEqual([false, true, true]);
    const late = 'good '.repeat(1000);
    expect(['good', 'bad', late].map((message) => wanted(both, message, 'on_response_message'))).toEqual([false, true, true]);
    expect(wanted(await engine.open([counts]), 'new')).toBe(true);
    expect(wanted(await engine.open([small, puppet('a')]), 'abc')).toBe(true);
    expect(wanted(await engine.open([{ ...small, guards: false }]), 'abc')).toBe(true);
  });

  it('wants every frame while a plugin is in quarantine', async () => {
    engine = new WorkerEngine({ breakerFaultsInARow: 2, breakerBackoffMs: 600_000 });
    const lazy = guarded({ on_request_message: { smallBytes: 3 } });
    const chain = await engine.open([
      { ...lazy, limits: { ...lazy.limits, outputBytes: 4 }, policy: { ...lazy.policy, onFault: 'closed' } },
    ]);
    const client = new RecordingClient(chain);
    expect(chain.wants('on_request_message', text('abc'))).toBe(false);
    for (const message of ['above', 'the limit']) expect((await client.ask(message)).outcome.failed?.fault).toBe('PLUGIN_OUTPUT_TOO_LARGE');
    expect(chain.wants('on_request_message', text('abc'))).toBe(true);
    expect((await client.ask('abc')).outcome.failed?.fault).toBe('PLUGIN_QUARANTINED');
  });

  it('lets nobody wait behind thousands of frames that another connection sends at once', async () => {
    engine = new WorkerEngine({ workers: 1 });
    const chain = await engine.open([puppet('a')]);
    const [flood, one] = [new RecordingClient(chain), new RecordingClient(chain)];
    for (let frame = 0; frame < 5_000; frame++) flood.submit(text(`au${frame}`));
    await one.ask('aufine');
    expect(flood.settlements.length).toBeLessThan(500);
    await flood.idle();
    expect(flood.settlements.map(forwarded)).toEqual(Array.from({ length: 5_000 }, (_, frame) => [`${frame}`]));
  });

  it('never settles a frame within submit', async () => {
    engine = new WorkerEngine();
    const client = new RecordingClient(await engine.open([puppet('a')]));
    client.submit(text('hello'));
    expect(client.settlements).toHaveLength(0);
    await client.idle();
  });

  it('goes on when a client throws, and throws that error where it ends the process', async () => {
    engine = new WorkerEngine();
    const chain = await engine.open([puppet('a')]);
    const client = new RecordingClient(chain);
    const faulty = { context: new RecordingClient(chain).context, settled: () => expect.fail('a bug of the caller') };
    // Vitest's own listeners would fail the run: stand in for them.
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    chain.submit(faulty, 'on_request_message', text('one'));
    client.submit(text('two'));
    await client.idle();
    expect((await thrown).message).toContain('a bug of the caller');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
});
