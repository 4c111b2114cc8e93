import { afterEach, describe, expect, it } from 'vitest';
import { loopAtStart, puppet } from '../../../test/support/guests/engine-guests.js';
import { connectionContext } from '../../../test/support/plugin-calls.js';
import { ByteWriter } from './byte-codec.js';
import { writeCommand } from './frame-codec.js';
import { createLatencies } from './latency.js';
import { monotonicNow } from './progress.js';
import { createQuarantineFlags } from './quarantine-flags.js';
import { createSeats } from './state-quota.js';
import { preparePlugin } from './wasm/instantiate-plugin.js';
import { type Death, WorkerGone, WorkerThread } from './worker-thread.js';

const CONTEXT = connectionContext({ handle: 1 });

/** A batch of one frame that keeps the puppet "a" busy for some milliseconds. */
function slowFrame(): ArrayBuffer {
  const payload = new Uint8Array(6);
  payload.set(new TextEncoder().encode('as'));
  new DataView(payload.buffer).setUint32(2, 5_000_000, true);
  const out = new ByteWriter();
  writeCommand(out, { kind: 'context', context: CONTEXT });
  const frame = { kind: 'binary', payload } as const;
  writeCommand(out, { kind: 'frame', sequence: 9, chain: 1, connection: 1, hook: 'on_request_message', frame, skips: [], traced: false });
  return out.take();
}

describe('WorkerThread', () => {
  let thread: WorkerThread | undefined;
  const answers: ArrayBuffer[] = [];
  const deaths: Death[] = [];

  function start(startTimeoutMs = 10_000): WorkerThread {
    answers.length = 0;
    deaths.length = 0;
    thread = new WorkerThread(
      {
        id: 1,
        runtime: 'direct',
        heapMb: 128,
        startTimeoutMs,
        ringBytes: 65_536,
        spinMicros: 0,
        lingerMicros: 0,
        crowd: '',
        seats: createSeats(1),
        quotaCell: 0,
      },
      { answers: (_, bytes) => answers.push(bytes), lost: (_, death) => deaths.push(death) },
    );
    return thread;
  }

  afterEach(async () => {
    thread?.kill();
    await thread?.ended;
  });

  it('says nothing any more once it is killed, though its answer was on the way', async () => {
    const worker = start();
    await worker.load({
      chain: 1,
      plugins: [await preparePlugin(puppet('a'))],
      latencies: createLatencies(1),
      quarantines: createQuarantineFlags(1),
      quotas: [],
    });
    worker.commands(new Uint8Array(slowFrame()));
    // Within one turn of the event loop, so that nothing can be received: the call starts, ends, and its answer is posted.
    while (worker.running === undefined);
    expect(worker.running).toMatchObject({ sequence: 9, chain: 1, plugin: 0 });
    while (worker.running !== undefined);
    const posted = monotonicNow() + 20;
    while (monotonicNow() < posted);
    worker.kill();
    await worker.ended;
    expect(answers).toEqual([]);
    expect(deaths).toEqual([]);
    await expect(
      worker.load({ chain: 2, plugins: [], latencies: createLatencies(0), quarantines: createQuarantineFlags(0), quotas: [] }),
    ).rejects.toBeInstanceOf(WorkerGone);
  });

  it('gives each of the chains that wait in it the whole time for its start', async () => {
    const prepared = await preparePlugin(loopAtStart('c', { fuel: 20_000_000 }));
    const load = (worker: WorkerThread, chain: number): Promise<unknown> =>
      worker
        .load({ chain, plugins: [prepared], latencies: createLatencies(1), quarantines: createQuarantineFlags(1), quotas: [] })
        .catch((error: Error) => error.message);
    const warm = start();
    // The first one waits for the thread itself.
    await load(warm, 1);
    const before = monotonicNow();
    await load(warm, 2);
    const oneTakes = monotonicNow() - before;
    warm.kill();
    const timeout = Math.max(1_500, 5 * oneTakes);
    const worker = start(timeout);
    const failures = await Promise.all(Array.from({ length: Math.ceil((2 * timeout) / oneTakes) }, (_, chain) => load(worker, chain)));
    for (const failure of failures) expect(failure).toContain('used up its fuel');
    expect(deaths).toEqual([]);
  });

  it('is lost when a plugin does not come out of its start, and names it', async () => {
    const worker = start(500);
    const loading = worker.load({
      chain: 1,
      plugins: [await preparePlugin(loopAtStart('c'))],
      latencies: createLatencies(1),
      quarantines: createQuarantineFlags(1),
      quotas: [],
    });
    await expect(loading).rejects.toMatchObject({
      code: 'PLUGIN_START_FAILED',
      message: expect.stringContaining('"c" (engine-loop-at-start.wat)'),
    });
    expect(deaths).toMatchObject([{ outOfMemory: false, message: expect.stringContaining('500 ms') }]);
    await worker.ended;
  });
});
