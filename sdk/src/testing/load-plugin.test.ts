import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugin, PluginFaultError } from './index.js';

const SOURCE = `
import { definePlugin, drop, reply, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'sample', version: '1.0.0',
  config: { type: 'object', properties: { word: { type: 'string', default: 'tea' } }, additionalProperties: false },
  capabilities: { state: ['plugin', 'room', 'user', 'connection'] },
  setup(config) {
    console.info('set up with ' + config.word);
    if (config.word === 'poison') throw new RangeError('not this word');
    return config.word.toUpperCase();
  },
  onConnect: (ctx) => reply('hello ' + (ctx.connection.user?.name ?? 'stranger')),
  onRequest(frame, ctx) {
    if (frame.kind === 'binary') return replace(frame.bytes.subarray(1));
    const [command, argument] = frame.text.split(' ');
    switch (command) {
      case 'count': return replace(String(ctx.state.room.add('count')));
      case 'keep': ctx.state.set('kept', argument, { ttl: 1000 }); return;
      case 'time': return replace(String(ctx.now()) + ' ' + Date.now());
      case 'drop': return drop('as told').reply('no');
      case 'throw': ctx.state.add('never'); throw new Error('as told');
      case 'shared': return replace(ctx.shared);
    }
    try {
      return replace(frame.json() === undefined ? 'no json' : typeof JSON.parse(frame.text));
    } catch (error) {
      return replace(String(error));
    }
  },
});
`;

describe('loadPlugin', () => {
  let folder: string;
  let wasm: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-harness-'));
    wasm = join(folder, 'sample.wasm');
    await compilePlugin({ source: SOURCE, resolveDir: import.meta.dirname, outFile: wasm });
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('sets the plugin up when it is loaded, before any frame', async () => {
    const plugin = await loadPlugin(wasm, { config: { word: 'milk' } });
    expect(plugin.logs).toEqual([{ level: 'info', message: 'set up with milk' }]);
    expect((await plugin.request('shared')).forwarded).toEqual(['MILK']);
    expect(plugin.logs).toHaveLength(1);
  });

  it('refuses a plugin whose set-up throws, and says why', async () => {
    await expect(loadPlugin(wasm, { config: { word: 'poison' } })).rejects.toThrow(/failed while it started: RangeError: not this word/);
  });

  it('refuses a configuration that the schema does not allow', async () => {
    await expect(loadPlugin(wasm, { config: { wrod: 'milk' } })).rejects.toThrow(/wrod: unknown key; did you mean "word"/);
  });

  it('does not call the plugin for what its guard rules out, unless guards are off', async () => {
    const path = join(folder, 'guarded.ts');
    await writeFile(
      path,
      `import { definePlugin, drop } from '@framegate/sdk';
      export const plugin = definePlugin({
        name: 'guarded', version: '1.0.0',
        config: { type: 'object', properties: { max: { type: 'integer', default: 2 } } },
        setup: ({ max }) => max + 1,
        guard: ({ max }, shared) => ({ request: { smallBytes: max }, response: { smallBytes: shared } }),
        onRequest: () => drop(), onResponse: () => drop(),
      });`,
    );
    const passes = async (guards: boolean) => {
      const plugin = await loadPlugin(path, { guards });
      const verdicts = [
        await plugin.request('12'),
        await plugin.request('123'),
        await plugin.response('123'),
        await plugin.response('1234'),
      ];
      await plugin.dispose();
      return verdicts.map(({ passed }) => passed);
    };
    expect(await passes(true)).toEqual([true, false, true, false]);
    expect(await passes(false)).toEqual([false, false, false, false]);
  });

  it('compiles a source', async () => {
    const entry = join(folder, 'plugin.ts');
    await writeFile(
      entry,
      'export function on_request_message() { Host.outputString(JSON.stringify({ message: { payload: "plain" } })); }',
    );
    const plugin = await loadPlugin(entry);
    expect((await plugin.request('anything')).forwarded).toEqual(['plain']);
  });

  it('spells verdicts out: passed, replaced, dropped and answered', async () => {
    const plugin = await loadPlugin(wasm);
    expect(await plugin.request('keep it')).toMatchObject({ passed: true, dropped: false, forwarded: undefined, replies: [] });
    expect(await plugin.request(new Uint8Array([1, 2, 3]))).toMatchObject({ passed: false, forwarded: [new Uint8Array([2, 3])] });
    expect(await plugin.request('drop')).toMatchObject({ dropped: true, replies: ['no'], reason: 'as told' });
    expect((await plugin.connect()).replies).toEqual(['hello stranger']);
  });

  it('keeps state as a host would: by scope, with expiry, nothing of a call that failed', async () => {
    const plugin = await loadPlugin(wasm, { connection: { room: 'tea' } });
    const other = plugin.client({ room: 'milk', user: { id: 'u', name: 'Bob' } });
    await plugin.request('count');
    expect((await plugin.request('count')).forwarded).toEqual(['2']);
    expect((await other.request('count')).forwarded).toEqual(['1']);
    expect((await other.connect()).replies).toEqual(['hello Bob']);
    expect(plugin.state.get('room', 'count', 'tea')).toBe(2);
    await plugin.request('keep it');
    expect(plugin.state.get('plugin', 'kept')).toBe('it');
    plugin.clock.advance(1000);
    expect(plugin.state.get('plugin', 'kept')).toBeUndefined();
    await expect(plugin.request('throw')).rejects.toThrow(PluginFaultError);
    expect(plugin.state.keys()).toEqual([
      { scope: 'room', owner: 'tea', key: 'count' },
      { scope: 'room', owner: 'milk', key: 'count' },
    ]);
  });

  it('gives the plugin no clock but its own', async () => {
    const plugin = await loadPlugin(wasm, { now: 1000 });
    expect((await plugin.request('time')).forwarded).toEqual(['1000 1000']);
    plugin.clock.set(5000);
    expect((await plugin.request('time')).forwarded).toEqual(['5000 5000']);
  });

  it('lets the plugin see a room that its client enters later', async () => {
    const plugin = await loadPlugin(wasm);
    await plugin.request('count');
    plugin.update({ room: 'tea' });
    expect((await plugin.request('count')).forwarded).toEqual(['1']);
  });

  it.each([2_001, 100_000, 1_000_000])('has JSON of %i levels refused as text that is not JSON, and lives on', async (depth) => {
    const plugin = await loadPlugin(wasm);
    expect((await plugin.request('['.repeat(depth) + ']'.repeat(depth))).forwarded).toEqual(['no json']);
    expect((await plugin.request('['.repeat(depth / 2))).forwarded).toEqual(['no json']);
    expect((await plugin.request(`[${'"[["'.concat(',"{{"'.repeat(10_000))}]`)).forwarded).toEqual(['object']);
  });
});
