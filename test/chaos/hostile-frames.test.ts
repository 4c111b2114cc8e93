import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../host/src/engine/engine.js';
import { WorkerEngine } from '../../host/src/engine/worker-engine.js';
import { puppet } from '../support/guests/engine-guests.js';
import { killAfterEach, startHostProcess } from '../support/host-process.js';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, temporaryFolder } from '../support/plugin-files.js';
import { forwarded, RecordingClient } from '../support/recording-client.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';
import { WsClient } from '../support/ws-client.js';

stopAfterEach();
killAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('hostile-frames');
});
afterEach(() => rm(folder, { recursive: true }));

const MEMORY = 4 * 65_536;
/** Numbers that lie at the edges of a guest's memory, of 32 bits, and of what a record may say. */
const odd = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 256, 257, 1000, 1005, 1006, 1015, 3000, 4999, 5000, 65_535, 65_536),
  fc.constantFrom(MEMORY - 1, MEMORY, MEMORY + 1, MEMORY - 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 16, 4096, 4097, 4098),
  fc.nat({ max: 2 ** 32 - 1 }),
);
/** What script.wat answers: its return value, the number and the place of its records, and the records. */
const verdict = fc.record({
  returned: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: odd }),
  count: fc.oneof(fc.nat({ max: 8 }), odd),
  at: fc.oneof({ weight: 4, arbitrary: fc.constant(4096) }, { weight: 1, arbitrary: odd }),
  records: fc.array(odd, { maxLength: 40 }),
});

describe.each(['direct', 'extism'] as const)('verdicts of any kind, %s runtime', (runtime) => {
  it('cost at most their own frame', async () => {
    const events: EngineEvent[] = [];
    const never = Number.MAX_SAFE_INTEGER;
    const engine = new WorkerEngine({ runtime, workers: 1, breakerFaultsInARow: never, onEvent: (event) => events.push(event) });
    try {
      const script = guestSpec('script', { manifest: manifestOf(['on_request_message']), limits: { outputBytes: 100_000 } });
      const chain = await engine.open([script]);
      await fc.assert(
        fc.asyncProperty(fc.array(verdict, { minLength: 1, maxLength: 30 }), async (verdicts) => {
          const client = new RecordingClient(chain);
          for (const { returned, count, at, records } of verdicts)
            client.submit({ kind: 'binary', payload: new Uint8Array(Uint32Array.from([returned, count, at, ...records]).buffer) });
          client.submit({ kind: 'binary', payload: new Uint8Array(12) });
          await client.idle();
          expect(client.settlements).toHaveLength(verdicts.length + 1);
          // nothing is left behind: a plain pass passes
          const last = client.settlements.at(-1);
          expect(last?.outcome.forward).toEqual([last?.frame]);
          for (const { outcome } of client.settlements) {
            const bytes = [...outcome.forward, ...outcome.reply].reduce((sum, { payload }) => sum + payload.length, 0);
            expect(bytes).toBeLessThanOrEqual(100_000);
            for (const { reason } of outcome.notes) expect(reason?.length ?? 0).toBeLessThan(17_000);
          }
          client.detach();
        }),
        { numRuns: 60, verbose: 1 },
      );
      expect(events.filter(({ kind }) => kind === 'worker-killed' || kind === 'worker-died')).toEqual([]);
    } finally {
      await engine.close();
    }
  });
});

describe('limits of recycling', () => {
  it.each([
    [{ calls: 0, ageMs: 0, memoryBytes: 0 }, 0],
    [{ calls: 1, ageMs: 0, memoryBytes: 0 }, 20],
    [{ calls: 0, ageMs: 1, memoryBytes: 0 }, 0],
    [{ calls: 0, ageMs: 0, memoryBytes: 1 }, 0],
    [{ calls: 2_147_483_647, ageMs: 2_147_483_647, memoryBytes: 2 ** 32 }, 0],
  ])('%j: no frame and no count is lost', async (recycle, atLeast) => {
    const events: EngineEvent[] = [];
    const engine = new WorkerEngine({ workers: 1, onEvent: (event) => events.push(event) });
    try {
      const client = new RecordingClient(await engine.open([puppet('a', { limits: { recycle } })]));
      for (let round = 0; round < 30; round++) {
        for (let index = 0; index < 10; index++) client.submit({ kind: 'text', payload: new TextEncoder().encode('ac') });
        await client.idle();
      }
      expect(forwarded(await client.ask('aq'))).toEqual(['300']);
      expect(client.settlements.flatMap(({ outcome }) => outcome.notes.flatMap(({ fault }) => fault ?? []))).toEqual([]);
      const fresh = events.filter((event) => event.kind === 'plugin-log' && event.message.startsWith('a fresh instance'));
      expect(fresh.length).toBeGreaterThanOrEqual(atLeast);
    } finally {
      await engine.close();
    }
  });

  it.each([
    ['calls', -1],
    ['ageMs', 1.5],
    ['memoryBytes', 'much'],
    ['calls', 1e300],
  ])('%s %j is refused where it stands', async (key, value) => {
    const plugins = [{ use: './any.wasm', limits: { recycle: { [key]: value } } }];
    await expect(startHost({ routes: [{ plugins }] } as never, { folder })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`routes[0].plugins[0].limits.recycle.${key}`),
    });
  });
});

/** Nothing here takes long, but on a busy machine. */
const PATIENT = { deadlineMs: 20_000 };
/** What a terminal would obey. */
const OBEYED = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

describe('a flood', () => {
  it('of log lines ends at its limits, and every line is one of ours', async () => {
    const upstream = await startUpstream();
    await writeFile(join(folder, 'puppet.wasm'), puppet('a').wasm);
    const plugins = [
      { use: './puppet.wasm', name: 'loud', config: { me: 'a' }, limits: { ...PATIENT, logLines: 20, logLineBytes: 1_000 } },
    ];
    const host = await startHostProcess(folder, {
      config: { server: { port: 0 }, routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins }] },
    });
    const client = await WsClient.open(await host.printed(/ws:\/\/localhost:\d+\/up/));
    const forged = 'ao\x1b[31m"}\r\n{"level":"error","msg":"forged"}\n\u202e';
    const huge = Buffer.concat([Buffer.from('ao'), Buffer.alloc(900_000, 0xff)]);
    expect(await client.next()).toBe('hello');
    for (let index = 0; index < 2_000; index++) client.send(forged);
    await client.take(2_000);
    // one after the other: their echoes are more than may wait for a client
    for (let index = 0; index < 20; index++) {
      client.send(huge);
      expect(await client.next()).toHaveLength(huge.length);
    }
    client.socket.terminate();
    host.child.kill('SIGTERM');
    await host.exited;
    const lines = host
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const logged = lines.map((line) => JSON.parse(line) as { msg: string; message?: string });
    const said = logged.filter(({ msg }) => msg === 'plugin log');
    expect(said.some(({ message }) => message?.includes('more than 20 lines in a second (limits.logLines)'))).toBe(true);
    expect(said.length).toBeGreaterThan(0);
    // a second has twenty of them, and two that say what is left out
    expect(said.length).toBeLessThan(2_000);
    expect(logged.filter(({ msg }) => msg === 'forged')).toEqual([]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(10_000);
    expect(host.stderr()).not.toMatch(OBEYED);
  });

  it('of frames that a plugin fails on fills no log', async () => {
    const upstream = await startUpstream();
    await writeFile(join(folder, 'puppet.wasm'), puppet('a').wasm);
    const plugins = [{ use: './puppet.wasm', name: 'fails', config: { me: 'a' }, limits: PATIENT, onFault: 'open' as const }];
    const { url, log } = await startHost(
      { routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins }], engine: { workers: 1 } },
      { folder },
    );
    const client = await connect(`${url}/up`);
    expect(await client.next()).toBe('hello');
    for (let index = 0; index < 3_000; index++) client.send(`at${index}`);
    expect(await client.take(3_000)).toEqual(Array.from({ length: 3_000 }, (_, index) => `at${index}`));
    const faults = log.lines.filter(({ message }) => message === 'plugin');
    const told = log.lines.filter(({ message }) => message === 'plugin-faults-suppressed');
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]?.fields).toEqual({ route: '/up', plugin: 'fails', linesPerSecond: 100 });
    expect(faults.length).toBeLessThan(1_500);
  });

  it('of sends from one frame is refused as a whole, and costs nobody else', async () => {
    const upstream = await startUpstream();
    const definition = `{
      name: 'bursts', version: '1.0.0',
      onRequest: (frame) => frame.text === 'burst' ? sdk.reply(...Array.from({ length: 5000 }, (_, index) => 'x' + index)) : sdk.pass(),
    }`;
    await writeFile(join(folder, 'bursts.wasm'), await buildPlugin(definition));
    const { url, log } = await startHost(
      {
        routes: [
          {
            path: '/up',
            backend: { kind: 'upstream', url: upstream.url },
            plugins: [{ use: './bursts.wasm', limits: PATIENT, onFault: 'open' }],
          },
        ],
      },
      { folder },
    );
    const client = await connect(`${url}/up`);
    for (const message of ['burst', 'next']) client.send(message);
    expect(await client.take(2)).toEqual(['burst', 'next']);
    expect((await log.seen('plugin')).fields).toMatchObject({ kind: 'fault', plugin: 'bursts' });
  });
});
