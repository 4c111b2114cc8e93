import { afterEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../host/src/engine/engine.js';
import type { WorkerEngine, WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';
import type { Frame } from '../../host/src/frame.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { EngineStorm } from '../support/engine-storm.js';
import { sendAll } from '../support/frame-load.js';
import { loopAtStart, puppet } from '../support/guests/engine-guests.js';
import { seededRandom } from '../support/random.js';
import { forwarded, RecordingClient, type Settlement, text, textOf } from '../support/recording-client.js';

/** Nothing but the deadline stops a guest that loops. Long enough that a frame which only waits for its turn on a busy machine is not taken for one. */
const HANGING = { deadlineMs: 250, fuel: 0 };

let state = new StateMemoryStore();
const storm = new EngineStorm();
const { events, threads } = storm;

function startEngine(options: WorkerEngineOptions = {}): WorkerEngine {
  state = new StateMemoryStore();
  return storm.start({ state, ...options });
}

afterEach(() => storm.close());

function kills(): EngineEvent[] {
  return events.filter(({ kind }) => kind === 'worker-killed');
}

function count(plugin = 'a'): number {
  const entry = state.get({ plugin, scope: 'plugin', owner: '', key: 'count' }, Date.now());
  return entry ? Number(new TextDecoder().decode(entry.value)) : 0;
}

function faults({ outcome }: Settlement): (string | undefined)[] {
  return outcome.notes.map(({ fault }) => fault);
}

/** Scripts of so many clients, in which each frame is `bad` once in `oneIn` and counts otherwise. */
function scripts(clients: number, frames: number, bad: string, oneIn: number, label: string): { scripts: Frame[][]; bad: number } {
  const random = seededRandom(label);
  let badFrames = 0;
  const made = Array.from({ length: clients }, (_, client) =>
    Array.from({ length: frames }, (_, frame) => {
      const isBad = random(oneIn) === 0;
      if (isBad) badFrames += 1;
      return text(`${isBad ? bad : 'ac'} ${client}/${frame}`);
    }),
  );
  return { scripts: made, bad: badFrames };
}

/** Every frame of every client exactly once, in order; the bad ones with that fault, the others untouched. */
function expectAllSettled(clients: readonly RecordingClient[], sent: readonly (readonly Frame[])[], bad: string, fault: string): void {
  for (const [index, client] of clients.entries()) {
    expect(client.settlements.map(({ frame }) => textOf(frame))).toEqual(sent[index]?.map(textOf));
    for (const settlement of client.settlements) {
      expect(settlement.outcome.forward).toEqual([settlement.frame]);
      expect(faults(settlement)).toEqual(textOf(settlement.frame).startsWith(bad) ? [fault] : []);
    }
  }
}

describe.each([1, 4])('kill storm, workers: %i', (workers) => {
  const start = (options: WorkerEngineOptions = {}): WorkerEngine => startEngine({ workers, ...options });

  it('loses, doubles and reorders nothing while a guest loops for ever on one frame in a hundred', async () => {
    const chain = await start({ standbys: 2 }).open([puppet('a', { limits: HANGING })]);
    const load = scripts(12, 100, 'al', 100, 'kill storm');
    const clients = await sendAll(chain, load.scripts, 16);
    expectAllSettled(clients, load.scripts, 'al', 'PLUGIN_DEADLINE');
    expect(kills()).toHaveLength(load.bad);
    expect(count()).toBe(1200 - load.bad);
  });

  it('loses nothing without any standby', async () => {
    const chain = await start({ standbys: 0 }).open([puppet('a', { limits: HANGING })]);
    const load = scripts(5, 40, 'al', 40, 'no standby');
    const clients = await sendAll(chain, load.scripts, 8);
    expectAllSettled(clients, load.scripts, 'al', 'PLUGIN_DEADLINE');
    expect(count()).toBe(200 - load.bad);
  });

  it('loses, doubles and reorders nothing when most batches are too large for the ring, and no thread ever spins', async () => {
    const chain = await start({ ringBytes: 256, spinMicros: 0 }).open([puppet('a', { limits: HANGING })]);
    const load = scripts(8, 50, 'al', 80, 'tiny ring');
    const clients = await sendAll(chain, load.scripts, 16);
    expectAllSettled(clients, load.scripts, 'al', 'PLUGIN_DEADLINE');
    expect(count()).toBe(400 - load.bad);
  });

  it('kills loops of memory.fill and of memory.grow, and their threads really end', async () => {
    const chain = await start().open([puppet('a', { limits: HANGING })]);
    const client = new RecordingClient(chain);
    for (const command of ['af', 'ag', 'al']) {
      expect(faults(await client.ask(command))).toEqual(['PLUGIN_DEADLINE']);
      expect(forwarded(await client.ask('aunext'))).toEqual(['next']);
    }
    expect(kills()).toHaveLength(3);
    // A guest that survives its kill goes on computing: processor time tells, however busy the machine is otherwise.
    const before = process.cpuUsage();
    await storm.close();
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  });

  it('skips only the plugin that hangs: those before and behind it in the chain have their effect', async () => {
    const quick = { limits: HANGING };
    const chain = await start().open([puppet('a'), puppet('b', quick), puppet('c')]);
    const client = new RecordingClient(chain);
    // Each of the plugins makes the rest of the frame the frame for the next one.
    const settlement = await client.ask('blno');
    expect(faults(settlement)).toEqual(['PLUGIN_DEADLINE']);
    expect(forwarded(await client.ask('aubl'))).toEqual(['bl']);
    expect(forwarded(await client.ask('aubucudone'))).toEqual(['done']);
    await client.ask('*c');
    expect([count('a'), count('b'), count('c')]).toEqual([1, 1, 1]);
    expect(kills()).toMatchObject([{ plugin: 'b' }, { plugin: 'b' }]);
  });

  it('survives one frame on which two plugins hang, one after the other', async () => {
    const quick = { limits: HANGING };
    const chain = await start().open([puppet('a', quick), puppet('b', quick)]);
    const client = new RecordingClient(chain);
    const settlement = await client.ask('*l');
    expect(settlement.outcome.notes.map(({ plugin, fault }) => [plugin, fault])).toEqual([
      ['a', 'PLUGIN_DEADLINE'],
      ['b', 'PLUGIN_DEADLINE'],
    ]);
    expect(kills()).toHaveLength(2);
  });

  it('drops the frame of a closed plugin that hangs, and tells its sender', async () => {
    const chain = await start().open([puppet('a', { limits: HANGING, policy: { onFault: 'closed' } })]);
    const client = new RecordingClient(chain);
    const { outcome } = await client.ask('al');
    expect(outcome.forward).toEqual([]);
    expect(outcome.failed).toEqual({ plugin: 'a', fault: 'PLUGIN_DEADLINE' });
  });

  it('shows the state to the guest in the thread that takes over', async () => {
    const chain = await start().open([puppet('a', { limits: HANGING })]);
    const client = new RecordingClient(chain);
    for (let i = 0; i < 3; i++) await client.ask('ac');
    await client.ask('al');
    expect(forwarded(await client.ask('aq'))).toEqual(['3']);
    await client.ask('ac');
    expect(forwarded(await client.ask('aq'))).toEqual(['4']);
  });

  it('quarantines a plugin that hangs again and again, and tries it again after the back-off', async () => {
    const chain = await start({ breakerFaults: 3, breakerBackoffMs: 2_000 }).open([puppet('a', { limits: HANGING }), puppet('b')]);
    const client = new RecordingClient(chain);
    for (let i = 0; i < 3; i++) await client.ask('al');
    expect(events).toContainEqual({ kind: 'plugin-quarantined', plugin: 'a', forMs: 2_000 });
    const skipped = await client.ask('al');
    expect(faults(skipped)).toEqual(['PLUGIN_QUARANTINED']);
    expect(forwarded(await client.ask('buothers run'))).toEqual(['others run']);
    expect(kills()).toHaveLength(3);
    let settlement = await client.ask('aq');
    while (faults(settlement).includes('PLUGIN_QUARANTINED')) settlement = await client.ask('aq');
    expect(forwarded(settlement)).toEqual(['']);
    expect(events).toContainEqual({ kind: 'plugin-readmitted', plugin: 'a' });
  });
});

describe.each([1, 4])('runaway guests with fuel, workers: %i', (workers) => {
  const start = (options: WorkerEngineOptions = {}): WorkerEngine => startEngine({ workers, ...options });

  it('stops loops of instructions, memory.fill and memory.grow in their thread, and kills none', async () => {
    const chain = await start().open([puppet('a', { limits: { deadlineMs: 5000, fuel: 20_000_000 } })]);
    const client = new RecordingClient(chain);
    for (const command of ['al', 'af', 'ag']) {
      const settlement = await client.ask(command);
      expect(faults(settlement)).toEqual(['PLUGIN_FUEL']);
      expect(forwarded(settlement)).toEqual([command]);
      expect(forwarded(await client.ask('aunext'))).toEqual(['next']);
    }
    expect(kills()).toEqual([]);
  });

  it('loses, doubles and reorders nothing while a guest runs away on one frame in fifty, and keeps none of their writes', async () => {
    const chain = await start().open([puppet('a', { limits: { deadlineMs: 5000, fuel: 5_000_000 } })]);
    const load = scripts(12, 100, 'al', 50, 'fuel storm');
    const clients = await sendAll(chain, load.scripts, 16);
    expectAllSettled(clients, load.scripts, 'al', 'PLUGIN_FUEL');
    expect(count()).toBe(1200 - load.bad);
    expect(kills()).toEqual([]);
  });

  it('lets a plugin that never comes out of its initialisation fail at once', async () => {
    const opening = start().open([loopAtStart('c', { fuel: 1_000_000 })]);
    await expect(opening).rejects.toMatchObject({ code: 'PLUGIN_START_FAILED', message: expect.stringContaining('limits.fuel') });
    expect(events.filter(({ kind }) => kind === 'worker-died')).toEqual([]);
  });
});

describe.each([1, 4])('trap storm, workers: %i', (workers) => {
  const start = (options: WorkerEngineOptions = {}): WorkerEngine => startEngine({ workers, ...options });

  it('counts exactly the frames that did not trap, and kills no thread', async () => {
    const chain = await start().open([puppet('a')]);
    const load = scripts(20, 100, 'at', 3, 'trap storm');
    const clients = await sendAll(chain, load.scripts, 16);
    expectAllSettled(clients, load.scripts, 'at', 'PLUGIN_TRAP');
    expect(count()).toBe(2000 - load.bad);
    expect(kills()).toEqual([]);
  });

  it('quarantines a plugin that does nothing but trap', async () => {
    const chain = await start({ breakerFaultsInARow: 10 }).open([puppet('a')]);
    const client = new RecordingClient(chain);
    for (let i = 0; i < 10; i++) expect(faults(await client.ask('at'))).toEqual(['PLUGIN_TRAP']);
    expect(faults(await client.ask('at'))).toEqual(['PLUGIN_QUARANTINED']);
  });
});

describe.each([1, 4])('crash, workers: %i', (workers) => {
  const start = (options: WorkerEngineOptions = {}): WorkerEngine => startEngine({ workers, ...options });

  it('does not let a plugin start that never comes out of its initialisation, and goes on with the others', async () => {
    const running = start({ startTimeoutMs: 5_000 });
    const client = new RecordingClient(await running.open([puppet('a')]));
    const opening = running.open([puppet('b'), loopAtStart('c')]).catch((error: unknown) => error);
    await client.ask('ac');
    expect(await opening).toMatchObject({ code: 'PLUGIN_START_FAILED', message: expect.stringContaining('"c"') });
    expect(forwarded(await client.ask('aq'))).toEqual(['1']);
    const after = new RecordingClient(await running.open([puppet('b')]));
    expect(forwarded(await after.ask('bufine'))).toEqual(['fine']);
  });

  it('gives a frame whose thread dies under it one more try, and then applies the policy of the plugin that ran', async () => {
    const chain = await start({ standbys: 0, heapMb: 16 }).open([
      puppet('a', { limits: { deadlineMs: 60_000, fuel: 0, stateBytes: 2 ** 30 } }),
      puppet('b'),
    ]);
    const client = new RecordingClient(chain);
    expect(faults(await client.ask('ah'))).toEqual(['PLUGIN_OUT_OF_MEMORY']);
    expect(events.filter(({ kind }) => kind === 'worker-died')).toHaveLength(2);
    expect(kills()).toEqual([]);
    expect(state.bytes('a')).toBe(0);
    expect(forwarded(await client.ask('aububoth run'))).toEqual(['both run']);
  }, 60_000);

  it('loses nothing when threads are terminated from outside under load', async () => {
    const chain = await start().open([puppet('a')]);
    const random = seededRandom('crash');
    const load = scripts(10, 300, 'at', 50, 'crash load');
    let settled = 0;
    let nextCrash = 200;
    const sent = sendAll(
      {
        ...chain,
        hooks: chain.hooks,
        inFlightBytes: 0,
        detach: (client) => chain.detach(client),
        close: () => chain.close(),
        submit: (client, hook, frame) => {
          settled += 1;
          if (settled === nextCrash) {
            nextCrash += 300 + random(300);
            void threads[0]?.terminate();
            threads.shift();
          }
          chain.submit(client, hook, frame);
        },
      },
      load.scripts,
      16,
    );
    const clients = await sent;
    expectAllSettled(clients, load.scripts, 'at', 'PLUGIN_TRAP');
    expect(count()).toBe(3000 - load.bad);
    expect(events.filter(({ kind }) => kind === 'worker-died').length).toBeGreaterThan(3);
  });
});
