import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeName, type JsonObject, MANIFEST_SECTION, SECTION, writeSections } from '@framegate/sdk/abi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNamedPipes } from '../../../test/support/named-pipe.js';
import { parseConfig } from './config-file.js';
import type { HostConfigInput, PluginConfig } from './config-schema.js';
import { loadPlugin } from './plugin-source.js';

type PluginInput = NonNullable<NonNullable<HostConfigInput['routes']>[number]['plugins']>[number];

let folder: string;

const schema: JsonObject = {
  type: 'object',
  properties: {
    max: { type: 'integer', minimum: 1, default: 140 },
    unit: { enum: ['characters', 'bytes'] },
    site: { type: 'string', format: 'uri' },
    nested: { type: 'object', properties: { words: { type: 'array', items: { type: 'string' } } }, additionalProperties: false },
  },
  required: ['unit'],
  additionalProperties: false,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-source-'));
  const manifest = (change: JsonObject) =>
    module({
      abi: 1,
      name: 'limit',
      version: '1.2.3',
      hooks: ['on_request_message'],
      capabilities: { state: [], http: [] },
      config: schema,
      ...change,
    });
  await writeFile(join(folder, 'limit.wasm'), manifest({}));
  await writeFile(join(folder, 'limit.wasm.map'), '{"version":3}');
  await writeFile(join(folder, 'extism.wasm'), writeSections([]));
  await writeFile(join(folder, 'future.wasm'), manifest({ abi: 9 }));
  await writeFile(join(folder, 'schema.wasm'), manifest({ config: { type: 'nonsense' } }));
  await writeFile(join(folder, 'empty.wasm'), '');
  await writeFile(join(folder, 'text.wasm'), 'export const plugin = 1');
  await writeFile(join(folder, 'component.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 7, 1, 0));
  await writeFile(join(folder, 'short.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1));
  await writeFile(join(folder, 'cut.wasm'), manifest({}).subarray(0, -5));
  await writeFile(join(folder, 'plugin.ts'), 'export default 1');
  await writeFile(join(folder, 'piped.wasm'), writeSections([]));
  makeNamedPipes(join(folder, 'pipe.wasm'), join(folder, 'piped.wasm.sig'));
  const installed = join(folder, 'node_modules/@framegate/plugin-mine');
  await mkdir(installed, { recursive: true });
  await writeFile(join(installed, 'package.json'), '{ "name": "@framegate/plugin-mine", "exports": { "./plugin.wasm": "./p.wasm" } }');
  await writeFile(join(installed, 'p.wasm'), manifest({ name: 'mine' }));
});
afterAll(() => rm(folder, { recursive: true }));

/** A module with nothing in it but the manifest. */
function module(manifest: JsonObject): Uint8Array {
  return writeSections([
    { id: SECTION.custom, data: Uint8Array.of(...encodeName(MANIFEST_SECTION), ...new TextEncoder().encode(JSON.stringify(manifest))) },
  ]);
}

function plugin(input: PluginInput): PluginConfig {
  const [first] = parseConfig({ routes: [{ plugins: [input] }] }).routes[0]?.plugins ?? [];
  if (first === undefined) throw new TypeError('no plugin');
  return first;
}

describe('loadPlugin', () => {
  it('reads module, manifest and source map, and fills in the defaults of its configuration', async () => {
    const spec = await loadPlugin(plugin({ use: './limit.wasm', config: { unit: 'bytes' } }), folder);
    expect(spec).toMatchObject({
      name: 'limit',
      origin: join(folder, 'limit.wasm'),
      config: { max: 140, unit: 'bytes' },
      sourceMap: '{"version":3}',
    });
    expect(spec.manifest?.version).toBe('1.2.3');
    expect(spec.policy).toEqual({ onFault: 'closed', rejectStrategy: 'drop' });
    expect(spec.limits).toEqual({
      deadlineMs: 200,
      memoryBytes: 67_108_864,
      migrateMs: 5_000,
      migrateUndoBytes: 33_554_432,
      outputBytes: 1_048_576,
      stateBytes: 8_388_608,
      logLines: 100,
      logLineBytes: 4096,
      recycle: { calls: 1_000_000, ageMs: 3_600_000, memoryBytes: 33_554_432 },
    });
  });

  it('calls a module without a manifest after its file and passes its configuration as it is', async () => {
    const spec = await loadPlugin(plugin({ use: 'extism.wasm', config: { any: ['thing'] } }), folder);
    expect([spec.name, spec.manifest, spec.config]).toEqual(['extism', undefined, { any: ['thing'] }]);
  });

  it('finds a name as a package beside the configuration', async () => {
    expect((await loadPlugin(plugin({ use: 'mine', config: { unit: 'bytes' } }), folder)).name).toBe('mine');
  });

  it.each<[string, PluginInput, string, RegExp]>([
    [
      'a path to nothing',
      { use: './nothing.wasm' },
      'PLUGIN_NOT_FOUND',
      /Plugin ".\/nothing.wasm": cannot read .*nothing.wasm: there is no such file/,
    ],
    ['a name of nothing', { use: 'nothing' }, 'PLUGIN_NOT_FOUND', /There is no plugin "nothing": the package @framegate\/plugin-nothing/],
    ['a folder', { use: './node_modules' }, 'PLUGIN_NOT_WASM', /is a folder/],
    ['a named pipe', { use: './pipe.wasm' }, 'PLUGIN_NOT_WASM', /cannot read .*pipe\.wasm: it is a named pipe/],
    ['a signature that is a named pipe', { use: './piped.wasm' }, 'PLUGIN_UNTRUSTED', /piped\.wasm\.sig: it is a named pipe/],
    ['an empty file', { use: './empty.wasm' }, 'PLUGIN_NOT_WASM', /is empty/],
    ['a file that is not Wasm', { use: './text.wasm' }, 'PLUGIN_NOT_WASM', /is not WebAssembly: it starts with 6578706f, not 0061736d/],
    [
      'a component',
      { use: './component.wasm' },
      'PLUGIN_NOT_WASM',
      /component\.wasm is a WebAssembly component, not a core module: build it for wasm32-unknown-unknown or wasm32-wasip1/,
    ],
    ['a module cut off in its head', { use: './short.wasm' }, 'PLUGIN_NOT_WASM', /short\.wasm is truncated: it has 5 bytes/],
    ['a module cut off in its manifest', { use: './cut.wasm' }, 'PLUGIN_NOT_WASM', /cut\.wasm is truncated: unexpected end of the module/],
    [
      'a source file',
      { use: './plugin.ts' },
      'PLUGIN_NOT_WASM',
      /Plugin "\.\/plugin\.ts" is source code; build it first: framegate build \.\/plugin\.ts, then set `use` to "\.\/plugin\.wasm"/,
    ],
    ['a source file that is not there', { use: 'gone.mjs' }, 'PLUGIN_NOT_WASM', /build it first: framegate build gone\.mjs/],
    ['a slip of the keyboard', { use: 'copypsta' }, 'PLUGIN_NOT_FOUND', /did you mean "copypasta"\?/],
    ['a slip in the name of a package beside the configuration', { use: 'mime' }, 'PLUGIN_NOT_FOUND', /did you mean "mine"\?/],
    ['a slip in a full name', { use: '@framegate/plugin-word-fliter' }, 'PLUGIN_NOT_FOUND', /did you mean "word-filter"\?/],
    [
      'a name that is near none',
      { use: 'zebra-crossing' },
      'PLUGIN_NOT_FOUND',
      /installed are: .*copypasta, .*mine.*size-limit.*word-filter/,
    ],
    ['another ABI', { use: './future.wasm' }, 'PLUGIN_INVALID', /future.wasm has a manifest that cannot be used: .*abi is 9/],
    ['a config schema that is none', { use: './schema.wasm' }, 'PLUGIN_INVALID', /plugin "limit" has a `config` that is not a JSON Schema/],
  ])('refuses %s', async (_name, input, code, message) => {
    await expect(loadPlugin(plugin(input), folder)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('lists everything that is wrong with a configuration: key, value, what is allowed', async () => {
    const config = { max: 0, unit: 'miles', site: 'nowhere', nested: { words: [1], wrods: [] } };
    const error = await loadPlugin(plugin({ use: './limit.wasm', name: 'mine', config }), folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'PLUGIN_CONFIG_INVALID' });
    expect(
      (error as Error).message
        .split('\n')
        .map((line) => line.trim())
        .sort(),
    ).toEqual([
      'The configuration of plugin "mine" is invalid:',
      'config.max: got 0; it must be >= 1',
      'config.nested.words[0]: got 1; it must be string',
      'config.nested.wrods: unknown key; did you mean "words"?',
      'config.site: got "nowhere"; it must match format "uri"',
      'config.unit: got "miles"; it must be one of "characters", "bytes"',
    ]);
  });

  it('names a required key that is missing', async () => {
    await expect(loadPlugin(plugin({ use: './limit.wasm' }), folder)).rejects.toThrow('config.unit: got nothing; it is required');
  });
});
