import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonObject, readManifest } from '@framegate/sdk/abi';
import { compilePlugin } from '@framegate/sdk/compiler';
import { replayRecording } from '@framegate/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validatePluginConfig } from '../../host/src/config/plugin-config.js';
import { DEFAULT_LIMITS } from '../../host/src/config/route-schema.js';
import { type ChainPlugin, startChainPlugin } from '../../host/src/engine/chain-plugin.js';
import type { PluginSpec } from '../../host/src/engine/engine.js';
import { preparePlugin } from '../../host/src/engine/wasm/instantiate-plugin.js';
import type { Frame } from '../../host/src/frame.js';
import { Pipeline } from '../../host/src/pipeline/pipeline.js';
import { MASK } from '../../host/src/recording/masking.js';
import { readRecording } from '../../host/src/recording/read-recording.js';
import type { RecordOptions } from '../../host/src/recording/record-options.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { binary, connectionContext, NOW, PluginCaller, text } from '../support/plugin-calls.js';
import { seededRandom } from '../support/random.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-recording-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (file: string, rest: Partial<RecordOptions> = {}): RecordOptions => ({
  file: join(folder, file),
  maxFrames: 100_000,
  maxBytes: 256 * 1_048_576,
  mask: [],
  ...rest,
});

async function start(spec: PluginSpec, record: RecordOptions): Promise<ChainPlugin> {
  return startChainPlugin(await preparePlugin({ ...spec, record }), 'direct', { log() {} });
}

async function bundled(name: string, config: JsonObject = {}): Promise<PluginSpec> {
  const origin = fileURLToPath(new URL(`../../plugins/${name}/dist/plugin.wasm`, import.meta.url));
  const wasm = await readFile(origin);
  const manifest = readManifest(wasm);
  if (manifest === undefined) throw new Error(`${name} has no manifest`);
  const policy = { onFault: 'closed', rejectStrategy: 'drop' } as const;
  return { name, wasm, manifest, origin, config: validatePluginConfig(name, manifest, config), limits: DEFAULT_LIMITS, policy };
}

const CALLS = 10_000;
const WORDS = ['hello', 'idiot', 'buy now', 'ok', 'm0ron', '👋🏽', 'é', 'one more', 'word'];

/** A chat's frames: mostly messages, some the same as others, some junk. */
function chatFrame(random: (below: number) => number): Frame {
  const roll = random(100);
  if (roll < 3) return binary(...Array.from({ length: 20 }, () => random(256)));
  if (roll < 6) return text('{"content": not json');
  if (roll < 8) return text(JSON.stringify({ content: 'x'.repeat(500) }));
  const words = Array.from({ length: 1 + random(4) }, () => WORDS[random(WORDS.length)]).join(' ');
  return text(roll < 12 ? words : JSON.stringify({ name: random(2) ? 'ada' : 'bob', content: words }));
}

const CONNECTION = { kind: 'connection', context: { handle: 7, id: 'c7' } };
const CALL = { kind: 'call', call: 1, connection: 7, hook: 'on_request_message', now: 0, frame: { kind: 'text', text: 'a' } };

/** A recording, whole but for what is changed of its header. */
function lines(header: object, ...rest: unknown[]): string {
  const limits = { deadlineMs: 50, memoryBytes: 1, outputBytes: 1, stateBytes: 1 };
  const plugin = { name: 'p', sha256: '', file: '/no/such/plugin.wasm' };
  const first = { framegate: 'recording', version: 1, plugin, config: {}, limits, seed: 'ab', startedAt: 0, masked: [], ...header };
  return [first, ...rest].map((line) => `${JSON.stringify(line)}\n`).join('');
}

describe('10,000 recorded frames of a chat', () => {
  it.each<[string, JsonObject, string[]]>([
    ['size-limit', { max: 400 }, ['reject']],
    ['rate-limit', { windows: [{ max: 2, windowMs: 10_000 }] }, ['drop']],
    ['word-filter', { action: 'mask' }, ['replace']],
    ['copypasta', {}, ['drop']],
  ])('come to the same verdicts and writes in two replays as they did live: %s', { timeout: 240_000 }, async (name, config, wanted) => {
    const spec = await bundled(name, config);
    const record = options(`${name}.jsonl`);
    const store = new StateMemoryStore();
    const pipeline = new Pipeline([{ plugin: await start(spec, record), policy: spec.policy }], store);
    const random = seededRandom(`recording ${name}`);
    const clients = Array.from({ length: 20 }, (_, index) =>
      connectionContext({
        handle: index,
        id: `c-${index}`,
        room: `room-${index % 3}`,
        user: { id: `u-${index % 7}`, name: `user ${index}` },
      }),
    );
    const hooks = [...pipeline.hooks];
    const kinds = new Set<string>();
    let now = NOW;
    for (let sent = 0; sent < CALLS; sent++) {
      // now and then a pause that is longer than any time to live
      now += random(500) === 0 ? 3_600_000 : random(400);
      const hook = hooks[random(hooks.length)] ?? 'on_request_message';
      const { outcome, writes } = await pipeline.run(hook, chatFrame(random), clients[random(20)] ?? connectionContext(), now);
      store.apply(writes, now);
      for (const { kind } of outcome.notes) kinds.add(kind);
      // as the host and its operator do, behind the plugin's back
      if (sent % 500 === 0) store.sweep(now);
      if (sent % 3_000 === 2_999) store.wipe({ scope: 'room', owner: 'room-1' });
    }
    await pipeline.dispose();
    expect([...kinds]).toEqual(expect.arrayContaining(wanted));
    const first = await replayRecording(record.file);
    expect(first).toMatchObject({ calls: CALLS, compared: CALLS, unanswered: [], differences: [] });
    const second = await replayRecording(record.file);
    expect(second).toMatchObject({ digest: first.digest, differences: [] });
  });
});

/** Random bytes, the clock, state of its own, and what it keeps in its own memory. */
const GAMBLER = `import { definePlugin, drop, replace } from '@framegate/sdk';
let calls = 0;
export const plugin = definePlugin({
  name: 'gambler', version: 'VERSION',
  onRequest(frame, ctx) {
    calls += 1;
    if (frame.text === 'throw') throw new Error('as told');
    if (frame.text === 'hang') for (;;);
    if (frame.text === 'drop') return drop('as told');
    const seen = ctx.state.add('seen', 1);
    if (frame.text === 'fill') { let n = 0; try { for (; n < 20; n++) ctx.state.set('k' + n, 'x'.repeat(200)); } catch {} return replace('kept ' + n); }
    return replace(JSON.stringify([frame.text, calls, seen, Math.random(), crypto.randomUUID(), Date.now(), SUFFIX]));
  },
});`;

async function gambler(name: string, version = '1.0.0', suffix = '""'): Promise<PluginSpec> {
  const entry = join(folder, `${name}.ts`);
  const origin = join(folder, `${name}.wasm`);
  await writeFile(entry, GAMBLER.replace('VERSION', version).replace('SUFFIX', suffix));
  const { wasm } = await compilePlugin({ entry });
  await writeFile(origin, wasm);
  const manifest = readManifest(wasm);
  if (manifest === undefined) throw new Error('it has no manifest');
  const limits = { ...DEFAULT_LIMITS, stateBytes: 2_000 };
  return { name: 'gambler', wasm, manifest, origin, config: {}, limits, policy: { onFault: 'closed', rejectStrategy: 'drop' } };
}

describe('a recording', () => {
  it('gives a guest the same random bytes, time, memory and refusals again, after a fault too', async () => {
    const record = options('gambler.jsonl');
    const plugin = await start(await gambler('gambler'), record);
    const caller = new PluginCaller(plugin);
    for (const word of ['a', 'b', 'throw', 'c', 'hang', 'd', 'drop', 'fill', 'e']) {
      caller.now += 1_000;
      await caller.call(text(word));
    }
    await plugin.dispose();
    const { steps, end } = await readRecording(record.file);
    expect(end).toBe('closed');
    expect(steps.map(({ answer }) => answer?.fault?.code)).toEqual([
      undefined,
      undefined,
      'PLUGIN_ERROR',
      undefined,
      'PLUGIN_FUEL',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(steps.some(({ answer }) => (answer?.refused?.length ?? 0) > 0)).toBe(true);
    expect(await replayRecording(record.file)).toMatchObject({ compared: 9, differences: [] });
  });

  it('tells which calls another version answers otherwise, and with what', async () => {
    const record = options('versions.jsonl');
    const plugin = await start(await gambler('old'), record);
    const caller = new PluginCaller(plugin);
    for (const word of ['drop', 'a', 'drop']) await caller.call(text(word));
    await plugin.dispose();
    const { origin } = await gambler('new', '2.0.0', '"new"');
    const report = await replayRecording(record.file, { plugin: origin });
    expect(report.replayed).toMatchObject({ name: 'gambler', version: '2.0.0' });
    expect(report.differences.map(({ call }) => call)).toEqual([2]);
    const spelled = (outcome: unknown): unknown[] => {
      const [frame] = (outcome as { verdict: { forward: { text: string }[] } }).verdict.forward;
      return JSON.parse(frame?.text ?? '') as unknown[];
    };
    const was = spelled(report.differences[0]?.was);
    // its random bytes are those of the recording, whatever else differs
    expect(spelled(report.differences[0]?.is)).toEqual([...was.slice(0, -1), 'new']);
  });

  it('brings along state of before it, and what others changed in between', async () => {
    const record = options('state.jsonl');
    const plugin = await start(await gambler('heir'), record);
    const caller = new PluginCaller(plugin);
    const key = { plugin: 'gambler', scope: 'plugin', owner: '', key: 'seen' } as const;
    caller.store.apply([{ kind: 'set', key, value: Buffer.from('41'), expiresAt: 0 }], NOW);
    await caller.call(text('a'));
    await caller.call(text('b'));
    caller.store.wipe({ plugin: 'gambler' });
    await caller.call(text('c'));
    await plugin.dispose();
    const { steps } = await readRecording(record.file);
    expect(steps.map(({ answer }) => answer?.state)).toEqual([
      [{ key: ['plugin', '', 'seen'], value: { text: '41' }, expiresAt: 0 }],
      undefined,
      [{ key: ['plugin', '', 'seen'], value: null, expiresAt: 0 }],
    ]);
    expect(await replayRecording(record.file)).toMatchObject({ compared: 3, differences: [] });
  });

  it('ends at its frames and at its bytes, and the plugin goes on', async () => {
    for (const [file, rest, why] of [
      ['frames.jsonl', { maxFrames: 3 }, 'max-frames'],
      ['bytes.jsonl', { maxBytes: 4_000 }, 'max-bytes'],
    ] as const) {
      const record = options(file, rest);
      const plugin = await start(await gambler('bounded'), record);
      const caller = new PluginCaller(plugin);
      for (let call = 0; call < 40; call++) expect(await caller.call(text('a'))).toMatchObject({ kind: 'verdict' });
      await plugin.dispose();
      const { steps, end } = await readRecording(record.file);
      expect(end).toBe(why);
      expect(steps.length).toBeGreaterThan(0);
      expect((await readFile(record.file)).length).toBeLessThanOrEqual(record.maxBytes);
      expect((await replayRecording(record.file)).differences).toEqual([]);
    }
  });

  it('never writes over another one', async () => {
    const record = options('twice.jsonl');
    for (const _ of [1, 2]) {
      const plugin = await start(await gambler('twice'), record);
      await new PluginCaller(plugin).call(text('drop'));
      await plugin.dispose();
    }
    expect((await readRecording(join(folder, 'twice-2.jsonl'))).steps).toHaveLength(1);
  });

  it('that cannot be written costs no frame', async () => {
    const lines: string[] = [];
    const spec = { ...(await gambler('nowhere')), record: options('no/such/folder.jsonl') };
    const plugin = await startChainPlugin(await preparePlugin(spec), 'direct', {
      log: (_, level, message) => lines.push(`${level} ${message}`),
    });
    expect(await new PluginCaller(plugin).call(text('drop'))).toMatchObject({ kind: 'verdict', forward: [] });
    await plugin.dispose();
    expect(lines).toEqual([expect.stringMatching(/^error .*folder\.jsonl: the recording cannot be written/)]);
  });

  it('has no secret in it: headers always, fields that are named; a replay fills in what the plugin says of what is left', async () => {
    const record = options('masked.jsonl', { mask: ['password'] });
    const plugin = await start(await gambler('masked'), record);
    const caller = new PluginCaller(plugin);
    caller.connection = connectionContext({
      headers: { cookie: 'hunter2', origin: 'http://localhost' },
      path: '/chat?token=hunter2&room=a',
      user: { id: 'u', name: 'ada', claims: { password: 'hunter2' } },
    });
    await caller.call(text('{"user":"ada","deep":[{"password":"hunter2"}]}'));
    await caller.call(text('no JSON'));
    await plugin.dispose();
    const written = await readFile(record.file, 'utf8');
    expect(written).not.toContain('hunter2');
    expect(written).toContain(`/chat?token=${MASK}&room=a`);
    expect(await replayRecording(record.file)).toMatchObject({ calls: 2, compared: 0, unanswered: [] });
    const fill = join(folder, 'filled.jsonl');
    await replayRecording(record.file, { fill });
    expect(await replayRecording(fill)).toMatchObject({ calls: 2, compared: 2, differences: [] });
  });

  it('says of a call that never came back what it comes to now', async () => {
    const record = options('killed.jsonl');
    const plugin = await start(await gambler('killed'), record);
    await new PluginCaller(plugin).call(text('a'));
    await plugin.dispose();
    const lines = (await readFile(record.file, 'utf8')).split('\n').slice(0, 3);
    // and the line behind it was cut off half-way
    await writeFile(record.file, `${lines.join('\n')}\n{"kind":"ans`);
    expect(await replayRecording(record.file)).toMatchObject({ calls: 1, compared: 0, unanswered: [{ call: 1, is: { writes: [{}] } }] });
  });

  it('that begins with a byte order mark is read', async () => {
    const file = join(folder, 'marked.jsonl');
    await writeFile(file, `\ufeff${lines({}, CONNECTION, CALL)}`);
    expect((await readRecording(file)).steps).toHaveLength(1);
  });

  it('whose plugin is gone asks for one', async () => {
    const file = join(folder, 'orphan.jsonl');
    await writeFile(file, lines({}, CONNECTION, CALL));
    await expect(replayRecording(file)).rejects.toMatchObject({
      code: 'RECORDING_INVALID',
      message: expect.stringContaining('the plugin that was recorded, /no/such/plugin.wasm, is gone: name one with --plugin'),
    });
  });

  it.each([
    ['', 'is empty'],
    ['{}\n', 'line 1: this is not a recording of `framegate record`'],
    ['hello\n', 'line 1: this is not a recording: its first line is no JSON'],
    ['{"framegate":"recording","version":9}\n', 'line 1: it is a recording of version 9; this one reads version 1'],
    [lines({ limits: undefined }), `line 1: the header's "limits" is wrong`],
    [lines({ seed: 5 }), `line 1: the header's "seed" is wrong`],
    [lines({}, { kind: 'call', call: 1, connection: 7 }), 'line 2: nothing is known of connection 7'],
    [lines({}, null), 'line 2'],
    [lines({}, { kind: 'x' }), 'line 2: a line of the kind "x" is not known'],
    [`${lines({})}hello\n{"kind":"end"}\n`, 'line 2: this is not JSON'],
    [lines({}, CONNECTION, { ...CALL, frame: undefined }), `line 3: the call's "frame"`],
    [lines({}, CONNECTION, { ...CALL, frame: { kind: 'zip', text: '' } }), `line 3: the call's "frame" → "kind" is wrong`],
    [lines({}, CONNECTION, { ...CALL, frame: { kind: 'binary', base64: '!!!!' } }), `line 3: the call's "frame" → "base64" is wrong`],
    [lines({}, CONNECTION, { ...CALL, hook: '__proto__' }), `line 3: the call's "hook" is wrong`],
    [lines({}, CONNECTION, { ...CALL, now: 'x' }), `line 3: the call's "now" is wrong`],
    [lines({}, CONNECTION, CALL, { kind: 'answer', call: 1 }), `line 4: the answer's "writes" is wrong`],
  ])('that is none is refused in plain words: %j', async (content, message) => {
    const file = join(folder, 'broken.jsonl');
    await writeFile(file, content);
    await expect(readRecording(file)).rejects.toMatchObject({ code: 'RECORDING_INVALID', message: expect.stringContaining(message) });
  });
});
