import { readFile } from 'node:fs/promises';
import { type JsonObject, type MessageHook, readManifest } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { validatePluginConfig } from '../../host/src/config/plugin-config.js';
import { DEFAULT_LIMITS } from '../../host/src/config/route-schema.js';
import { FrameGuard } from '../../host/src/engine/guard/frame-guard.js';
import { instantiatePlugin } from '../../host/src/engine/wasm/instantiate-plugin.js';
import type { WasmPlugin } from '../../host/src/engine/wasm/wasm-plugin.js';
import type { Frame } from '../../host/src/frame.js';
import { connectionContext, PluginCaller, text } from '../support/plugin-calls.js';

const plugins: WasmPlugin[] = [];
afterEach(async () => {
  for (const plugin of plugins.splice(0)) await plugin.dispose();
});

async function load(name: string, config: JsonObject, guards: boolean): Promise<WasmPlugin> {
  const wasm = await readFile(new URL(`../../plugins/${name}/dist/plugin.wasm`, import.meta.url));
  const manifest = readManifest(wasm);
  if (manifest === undefined) throw new Error(`${name} has no manifest`);
  const plugin = await instantiatePlugin(
    {
      name,
      wasm,
      manifest,
      origin: name,
      config: validatePluginConfig(name, manifest, config),
      guards,
      limits: DEFAULT_LIMITS,
      policy: { onFault: 'closed', rejectStrategy: 'drop' },
    },
    'direct',
    { log() {} },
  );
  plugins.push(plugin);
  return plugin;
}

const WORDS = [
  'hello',
  'idiot',
  'id1ot',
  'M O R O N',
  'Drop',
  'dead',
  'mor',
  'on',
  '5pm',
  'ok!',
  'x'.repeat(90),
  'é',
  '\u200b',
  '"q"',
  'a\\b',
  'evil.com',
  'http:x',
  'a[dot]io',
  'evil。com',
  '\n',
];
const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }).map((list) => list.join(' '));
const payload = fc.oneof(
  words,
  words.map((content) => JSON.stringify({ name: 'ada', content })),
  words.map((content) => JSON.stringify({ content, id: '7', type: 'message' })),
  fc.tuple(words, words).map(([one, two]) => `{"content":${JSON.stringify(one)},"content":${JSON.stringify(two)}}`),
  words.map((content) => JSON.stringify({ type: 'say', body: content, list: [content] })),
  words.map((content) => JSON.stringify([content])),
  fc.constantFrom(
    '{"type":"who"}',
    '{"content":"idiot"',
    '{"content":7}',
    '',
    '{}',
    '[',
    `"${'idiot '.repeat(3000)}"`,
    'hello '.repeat(2000),
  ),
);
const frame: fc.Arbitrary<Frame> = fc.oneof(
  { weight: 9, arbitrary: payload.map(text) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes): Frame => ({ kind: 'binary', payload: bytes })) },
);
/** Few different ones, many times over. */
const traffic = fc.array(frame, { minLength: 1, maxLength: 5 }).chain((few) =>
  fc.array(
    fc.record({
      frame: fc.constantFrom(...few),
      hook: fc.constantFrom<MessageHook>('on_request_message', 'on_response_message'),
      room: fc.constantFrom('tea', 'coffee'),
      wait: fc.constantFrom(0, 0, 1, 40, 60),
    }),
    { maxLength: 24 },
  ),
);

const CASES: [plugin: string, config: JsonObject][] = [
  ['size-limit', { max: 20, responseMax: 40, maxPayload: 200 }],
  ['size-limit', { max: 30, unit: 'bytes', measure: 'payload', maxPayload: 20 }],
  ['size-limit', { max: 10, unit: 'graphemes', raw: false, field: 'body' }],
  ['word-filter', {}],
  ['word-filter', { directions: ['request', 'response'], action: 'mask', maxLength: 60 }],
  ['word-filter', { directions: ['response'], action: 'close', raw: false, words: ['on', 'hello dead'], allow: ['hello dead on'] }],
  ['copypasta', { intervalMs: 100, prisonMs: 150, maxTracked: 3 }],
  ['copypasta', { intervalMs: 50, prisonMs: 20, maxOccurrences: 2, scope: 'global', minLength: 6, raw: false }],
  ['copypasta', { maxOccurrences: 1 }],
  ['link-guard', { unlisted: 'refuse', bare: 'any' }],
  ['link-guard', { action: 'mask', maxLength: 60, maxLinks: 1, raw: false }],
];

describe('the guards of the bundled plugins', () => {
  it.each(CASES)('change nothing: %s with %j', async (name, config) => {
    const guarded = new PluginCaller(await load(name, config, true));
    const pure = new PluginCaller(await load(name, config, false));
    expect(Object.keys((guarded.plugin as WasmPlugin).guards)).not.toEqual([]);
    expect((pure.plugin as WasmPlugin).guards).toEqual({});
    await fc.assert(
      fc.asyncProperty(traffic, async (calls) => {
        for (const { frame, hook, room, wait } of calls) {
          const answers = [];
          for (const caller of [guarded, pure]) {
            caller.connection = connectionContext({ room });
            caller.now += wait;
            answers.push(await caller.call(frame, hook));
          }
          expect(answers[0]).toEqual(answers[1]);
          expect([...guarded.store.entries({}, guarded.now)]).toEqual([...pure.store.entries({}, pure.now)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['size-limit', 'on_request_message'],
    ['size-limit', 'on_response_message'],
    ['word-filter', 'on_request_message'],
    ['word-filter', 'on_response_message'],
    ['link-guard', 'on_request_message'],
  ] as const)('of %s spare it ordinary messages in %s', async (name, hook) => {
    const guard = (await load(name, {}, true)).guards[hook];
    if (guard === undefined) throw new Error(`${name} has no guard for ${hook}`);
    const frameGuard = new FrameGuard(guard, name, 1000);
    for (const line of [
      'good morning, everybody!',
      '{"name":"ada","content":"See you at 5pm \\"sharp\\", OK?"}',
      '{"type":"join","room":"tea"}',
    ]) {
      expect(frameGuard.rulesOutFrame(text(line)), line).toBe(true);
    }
  });
});
