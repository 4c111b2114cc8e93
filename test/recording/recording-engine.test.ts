import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, readManifest } from '@framegate/sdk/abi';
import { compilePlugin } from '@framegate/sdk/compiler';
import { replayRecording } from '@framegate/sdk/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../host/src/config/route-schema.js';
import type { EngineEvent, PluginSpec } from '../../host/src/engine/engine.js';
import { WorkerEngine, type WorkerEngineOptions } from '../../host/src/engine/worker-engine.js';
import type { Frame } from '../../host/src/frame.js';
import { MASK } from '../../host/src/recording/masking.js';
import { type Recording, readRecording } from '../../host/src/recording/read-recording.js';
import { granted } from '../contract/http-contract.js';
import { sendAll } from '../support/frame-load.js';
import { TestHttpServer } from '../support/http-server.js';
import { seededRandom } from '../support/random.js';
import { forwarded, RecordingClient, text, textOf } from '../support/recording-client.js';

/** What it says of a frame follows from the frame, its state, its own memory, random bytes and the clock. */
const COUNTER = (scope: string, path: string): string => `import { definePlugin, replace } from '@framegate/sdk';
let calls = 0;
export const plugin = definePlugin({
  name: 'counter', version: '1.0.0', capabilities: { state: ['${scope}'] },
  onRequest(frame, ctx) {
    calls += 1;
    if (frame.text.startsWith('hang')) for (;;);
    const seen = ctx.state${path}.add('seen', 1);
    return replace(JSON.stringify([frame.text, calls, seen, Math.random(), Date.now()]));
  },
});`;

/** Asks a server about a frame, sometimes twice, and reads both the answer and what it has kept. */
const ASKER = `import { definePlugin, drop, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'asker', version: '1.0.0', capabilities: { state: ['plugin'], http: ['HOST'] },
  setup(config) { globalThis.key = config.key; },
  async onRequest(frame, ctx) {
    const nth = ctx.state.add('asked', 1);
    if (frame.text.startsWith('-')) return replace(frame.text + ' ' + nth);
    const response = await fetch('http://HOST/score?key=' + globalThis.key, { method: 'POST', headers: { 'x-api-key': globalThis.key }, body: JSON.stringify({ text: frame.text, password: globalThis.key }) });
    if (response.status !== 200) return drop('status ' + response.status);
    const score = (await response.json()).score;
    const more = score > 5 ? await (await fetch('http://HOST/more/' + score)).text() : 'no more';
    return replace([frame.text, nth, score, more, Math.random()].join(' '));
  },
});`;

const NEVER = Number.MAX_SAFE_INTEGER;
/** Nothing but the deadline stops a guest that loops. */
const HANGING = { ...DEFAULT_LIMITS, deadlineMs: 250, fuel: 0 };

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
const events: EngineEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-recording-engine-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function startEngine(options: WorkerEngineOptions = {}): WorkerEngine {
  events.length = 0;
  const engine = new WorkerEngine({ onEvent: (event) => events.push(event), breakerFaults: NEVER, breakerFaultsInARow: NEVER, ...options });
  closers.push(() => engine.close());
  return engine;
}

async function recorded(
  source: string,
  name: string,
  { mask = [], ...rest }: Partial<PluginSpec> & { readonly mask?: readonly string[] } = {},
): Promise<PluginSpec> {
  const { wasm } = await compilePlugin({ source, resolveDir: import.meta.dirname });
  const origin = join(folder, `${name}.wasm`);
  await writeFile(origin, wasm);
  const manifest = readManifest(wasm);
  if (manifest === undefined) throw new Error('it has no manifest');
  const record = { file: join(folder, `${name}.jsonl`), maxFrames: 100_000, maxBytes: 64 * 1_048_576, mask };
  const config: JsonObject = {};
  return {
    name: manifest.name,
    wasm,
    manifest,
    origin,
    config,
    limits: HANGING,
    policy: { onFault: 'open', rejectStrategy: 'drop' },
    record,
    ...rest,
  };
}

/** All recordings of that name, in the order in which their files were made. */
async function recordingsOf(name: string): Promise<{ readonly file: string; readonly recording: Recording }[]> {
  const numbers = (await readdir(folder)).flatMap((file) => {
    const [, found, number = '1'] = /^(.+?)(?:-(\d+))?\.jsonl$/.exec(file) ?? [];
    return found === name ? Number(number) : [];
  });
  const files = numbers
    .sort((one, other) => one - other)
    .map((number) => join(folder, number === 1 ? `${name}.jsonl` : `${name}-${number}.jsonl`));
  return Promise.all(files.map(async (file) => ({ file, recording: await readRecording(file) })));
}

const asked = (recordings: readonly { readonly recording: Recording }[]): string[] =>
  recordings.flatMap(({ recording }) => recording.steps.map(({ call }) => ('text' in call.frame ? call.frame.text : '')));

/** Frame by frame, what a recording says that became of it. */
const answered = (recordings: readonly { readonly recording: Recording }[]): Map<string, string> =>
  new Map(
    recordings.flatMap(({ recording }) =>
      recording.steps.flatMap(({ call, answer }) => {
        const [frame] = answer?.verdict?.forward ?? [];
        return frame && 'text' in frame && 'text' in call.frame ? [[call.frame.text, frame.text] as const] : [];
      }),
    ),
  );

const lived = (clients: readonly RecordingClient[]): Map<string, string> =>
  new Map(clients.flatMap(({ settlements }) => settlements.map((one) => [textOf(one.frame), forwarded(one)[0] ?? ''] as const)));

/** `hang` once in so many. */
function scripts(label: string, clients: number, frames: number, oneIn: number): Frame[][] {
  const random = seededRandom(label);
  return Array.from({ length: clients }, (_, client) =>
    Array.from({ length: frames }, (_, frame) => text(`${random(oneIn) === 0 ? 'hang' : 'go'} ${client}/${frame}`)),
  );
}

/** Each connection's frames in the order in which it sent them. */
function expectOrder(frames: readonly string[], sent: readonly (readonly Frame[])[]): void {
  for (const [client, script] of sent.entries()) {
    const own = frames.filter((frame) => frame.split(' ')[1]?.split('/')[0] === String(client));
    expect(own).toEqual(script.map(textOf));
  }
}

/** A call that hung takes a replay as long as all of its fuel lasts. */
async function expectExact(recordings: readonly { readonly file: string }[], times = 1): Promise<void> {
  for (const { file } of recordings) {
    const digests = new Set<string>();
    for (let time = 0; time < times; time++) {
      const { differences, digest } = await replayRecording(file);
      expect(differences).toEqual([]);
      digests.add(digest);
    }
    expect(digests.size).toBe(1);
  }
}

describe('a recording across kills and takeovers', () => {
  it('has each frame once, in order, each that hung as the last of its file, and replays to what was seen live', {
    timeout: 180_000,
  }, async () => {
    const chain = await startEngine({ workers: 1, standbys: 2 }).open([await recorded(COUNTER('plugin', ''), 'killed')]);
    const sent = scripts('recorded kills', 6, 40, 60);
    const clients = await sendAll(chain, sent, 16);
    await chain.close();
    const hung = sent.flat().filter((frame) => textOf(frame).startsWith('hang'));
    expect(hung.length).toBeGreaterThan(0);
    expect(events.filter(({ kind }) => kind === 'worker-killed')).toHaveLength(hung.length);
    const recordings = await recordingsOf('killed');
    const frames = asked(recordings);
    expect(new Set(frames).size).toBe(frames.length);
    expectOrder(frames, sent);
    const unanswered = recordings.flatMap(({ recording }) => recording.steps.filter(({ answer }) => answer === undefined));
    expect(unanswered.map(({ call }) => call.frame)).toEqual(
      hung.map((frame) => expect.objectContaining({ text: expect.stringMatching(/^hang/), kind: frame.kind })),
    );
    for (const { recording } of recordings) expect(recording.steps.slice(0, -1).every(({ answer }) => answer !== undefined)).toBe(true);
    const live = lived(clients);
    for (const [frame, became] of answered(recordings)) expect(became).toBe(live.get(frame));
    expect(answered(recordings).size).toBe(frames.length - hung.length);
    await expectExact(recordings);
  });
});

describe('a recording of a plugin without fuel', () => {
  it('is replayed with enough of it for whatever kept to the deadline', { timeout: 120_000 }, async () => {
    const source = `import { definePlugin, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'patient', version: '1.0.0', capabilities: { state: [] },
  onRequest(frame) {
    let sum = 0;
    for (let turn = 0; turn < Number(frame.text); turn++) sum = (sum + turn) % 1000;
    return replace('sum ' + sum);
  },
});`;
    const limits = { ...HANGING, deadlineMs: 60_000 };
    const chain = await startEngine({ workers: 1 }).open([await recorded(source, 'patient', { limits })]);
    expect(forwarded(await new RecordingClient(chain).ask('3000000'))).toEqual(['sum 0']);
    await chain.close();
    await expectExact(await recordingsOf('patient'));
  });
});

describe.each([2, 4])('recordings of %i workers', (workers) => {
  it.each(['connection', 'room', 'user'])('keep each connection in order and its %s state exact', { timeout: 180_000 }, async (scope) => {
    const name = `workers-${workers}-${scope}`;
    const chain = await startEngine({ workers, standbys: 1 }).open([await recorded(COUNTER(scope, `.${scope}`), name)]);
    const sent = scripts(`workers ${workers} ${scope}`, 12, 40, 400);
    const clients = await sendAll(chain, sent, 8, (index) => ({
      room: `room-${index % 5}`,
      user: { id: `u-${index % 5}`, name: `user ${index}` },
    }));
    await chain.close();
    const recordings = await recordingsOf(name);
    expect(recordings.length).toBeGreaterThanOrEqual(Math.min(workers, 2));
    const frames = asked(recordings);
    expect(frames.length).toBe(sent.flat().length);
    const live = lived(clients);
    const became = answered(recordings);
    expect(became.size).toBe(frames.filter((frame) => frame.startsWith('go')).length);
    for (const [frame, verdict] of became) expect(verdict).toBe(live.get(frame));
    await expectExact(recordings);
    // Where a thread was killed, its connections go on in another file.
    expectOrder(frames, sent);
  });
});

describe('a recording of a plugin that asks the network', () => {
  async function serve(): Promise<TestHttpServer> {
    let served = 0;
    const server = await TestHttpServer.start(({ path, body, response }) => {
      served += 1;
      if (path.startsWith('/more')) response.end(`more of ${path} ${served}`);
      else if (body.includes('fail')) response.writeHead(503).end();
      else response.end(JSON.stringify({ score: (served * 7) % 10 }));
    });
    closers.push(() => server.close());
    return server;
  }

  const asker = async (server: TestHttpServer, name: string, mask: readonly string[] = []): Promise<PluginSpec> =>
    recorded(ASKER.replaceAll('HOST', server.host), name, {
      http: granted([server.host]),
      limits: DEFAULT_LIMITS,
      config: { key: 'hunter2' },
      mask,
    });

  it('has its answers, and comes to the same verdicts twice when there is no server any more', async () => {
    const server = await serve();
    const chain = await startEngine({ workers: 1 }).open([await asker(server, 'asked')]);
    const sent = Array.from({ length: 5 }, (_, client) =>
      Array.from({ length: 20 }, (_, frame) => text(`${['', '-', 'fail '][frame % 3]}${client}/${frame}`)),
    );
    const clients = await sendAll(chain, sent, 4);
    await chain.close();
    await closers.pop()?.();
    const recordings = await recordingsOf('asked');
    expect(recordings).toHaveLength(1);
    const [{ recording }] = recordings as [(typeof recordings)[0]];
    const live = lived(clients);
    const became = answered(recordings);
    for (const [frame, verdict] of became) expect(verdict).toBe(live.get(frame));
    expect(became.size).toBeGreaterThan(50);
    expect(recording.steps.some(({ answer }) => answer?.wait === true)).toBe(true);
    expect(recording.steps.some(({ call }) => (call.http?.exchanges.length ?? 0) === 2)).toBe(true);
    await expectExact(recordings, 2);
  });

  it('has none of the secrets it sends along, and is replayed all the same', async () => {
    const server = await serve();
    const chain = await startEngine({ workers: 1 }).open([await asker(server, 'secretive', ['password', 'key'])]);
    const client = new RecordingClient(chain);
    for (const frame of ['a', '-b', 'fail', 'c']) await client.ask(frame);
    await chain.close();
    expect(server.received[0]).toMatchObject({ path: '/score?key=hunter2', body: expect.stringContaining('hunter2') });
    await closers.pop()?.();
    const file = join(folder, 'secretive.jsonl');
    const written = await readFile(file, 'utf8');
    expect(written).not.toContain('hunter2');
    expect(written).toContain(`/score?key=${MASK}`);
    const fill = join(folder, 'secretive-filled.jsonl');
    await replayRecording(file, { fill });
    const { steps } = await readRecording(fill);
    const verdicts = steps
      .filter(({ answer }) => answer?.wait !== true)
      .map(({ answer }) => answer?.verdict?.forward?.length ?? answer?.fault);
    expect(verdicts).toEqual([1, 1, 0, 1]);
    expect(await replayRecording(fill)).toMatchObject({ compared: steps.length, differences: [] });
  });

  it('is replayed where only an address has a secret in it, which no mask was asked for', async () => {
    const server = await serve();
    const chain = await startEngine({ workers: 1 }).open([await asker(server, 'address')]);
    const client = new RecordingClient(chain);
    for (const frame of ['a', 'b']) await client.ask(frame);
    await chain.close();
    await closers.pop()?.();
    expect(await readFile(join(folder, 'address.jsonl'), 'utf8')).toContain(`/score?key=${MASK}`);
    await expectExact(await recordingsOf('address'), 2);
  });
});
