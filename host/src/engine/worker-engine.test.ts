import { afterEach, describe, expect, it } from 'vitest';
import { engineContract } from '../../../test/contract/engine-contract.js';
import { puppet } from '../../../test/support/guests/engine-guests.js';
import { forwarded, RecordingClient, text } from '../../../test/support/recording-client.js';
import type { EngineEvent } from './engine.js';
import { WorkerEngine } from './worker-engine.js';

engineContract('WorkerEngine, direct runtime, one worker', (setup) => new WorkerEngine({ ...setup, workers: 1 }));
engineContract('WorkerEngine, direct runtime, four workers', (setup) => new WorkerEngine({ ...setup, workers: 4 }));
// Its ring is too small for most batches, so that they travel both ways, as the frames come.
engineContract(
  'WorkerEngine, extism runtime, a tiny ring, no spinning',
  (setup) => new WorkerEngine({ ...setup, workers: 1, runtime: 'extism', ringBytes: 256, spinMicros: 0 }),
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
