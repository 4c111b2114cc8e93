import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePlugin } from '../compiler/compile.js';
import { loadPlugin, type TestPlugin } from '../testing/index.js';

/** Runs the frame's text as an expression over `state` and answers with what it comes to, or with what it throws. */
const SOURCE = `
import { definePlugin, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'state', version: '1.0.0',
  capabilities: { state: ['plugin', 'room'] },
  onRequest(frame, { state }) {
    try {
      return replace(String(new Function('state', 'return ' + frame.text)(state)));
    } catch (error) {
      return replace(error.name + ': ' + error.message);
    }
  },
});
`;

describe('the state of a plugin', () => {
  let folder: string;
  let wasm: string;
  let plugin: TestPlugin;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-state-'));
    wasm = join(folder, 'state.wasm');
    await compilePlugin({ source: SOURCE, resolveDir: import.meta.dirname, outFile: wasm });
    plugin = await loadPlugin(wasm);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const answer = async (expression: string): Promise<unknown> => (await plugin.request(expression)).forwarded?.[0];

  it.each([
    ['NaN', 'NaN'],
    ['0', '0'],
    ['-1', '-1'],
    ['-Infinity', '-Infinity'],
    ["'1000'", '"1000"'],
    ['null', 'null'],
    ['true', 'a boolean'],
    ['[5]', 'an object'],
    ['5n', 'a bigint'],
  ])('refuses a ttl of %s, and says what it may be', async (ttl, got) => {
    const refusal = `: ttl is ${got}; it takes milliseconds above 0, or is left out: for ever`;
    expect(await answer(`state.set('a', 1, { ttl: ${ttl} })`)).toBe(`TypeError: state key "a" in scope plugin${refusal}`);
    expect(await answer(`state.room.setBytes('b', new Uint8Array(1), { ttl: ${ttl} })`)).toBe(
      `TypeError: state key "b" in scope room${refusal}`,
    );
    expect(await answer(`state.add('c', 1, { ttl: ${ttl} })`)).toBe(`TypeError: state key "c" in scope plugin${refusal}`);
    expect(await answer(`[state.get('a'), state.room.getBytes('b'), state.get('c')]`)).toBe(',,');
  });

  it('keeps a value for its ttl, and for ever without one or with what ttl() says of such a value', async () => {
    expect(await answer(`state.set('a', 1, { ttl: 0.5 }), state.ttl('a')`)).toBe('0.5');
    expect(await answer(`state.set('a', 1, { ttl: undefined }), state.ttl('a')`)).toBe('Infinity');
    expect(await answer(`state.set('a', 2, {}), state.ttl('a')`)).toBe('Infinity');
    expect(await answer(`state.set('a', 3, { ttl: state.ttl('a') }), state.ttl('a')`)).toBe('Infinity');
  });

  it.each([
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ["'1'", '"1"'],
    ['null', 'null'],
    ['{}', 'an object'],
  ])('refuses to add %s, and says where', async (delta, got) => {
    expect(await answer(`state.room.add('d', ${delta})`)).toBe(
      `TypeError: state key "d" in scope room: delta is ${got}; it takes a finite number`,
    );
    expect(await answer(`state.room.get('d')`)).toBe('undefined');
  });

  it('is not there for a plugin that names no scope, and says so', async () => {
    const stateless = join(folder, 'stateless.wasm');
    const source = SOURCE.replace("['plugin', 'room']", '[]').replace('{ state })', 'ctx)').replace('(state))', '(ctx.state))');
    await compilePlugin({ source, resolveDir: import.meta.dirname, outFile: stateless });
    expect((await (await loadPlugin(stateless)).request('state.get("a")')).forwarded).toEqual([
      'Error: there is no state: name a scope in capabilities.state of definePlugin',
    ]);
  });

  it('refuses to add to what is no number, and where there is no room, as before', async () => {
    expect(await answer(`state.set('word', 'one'), state.add('word')`)).toMatch(/^StateFullError: state\.add\("word"\) in scope plugin/);
    const small = await loadPlugin(wasm, { limits: { stateBytes: 4 } });
    expect((await small.request(`state.add('a long key')`)).forwarded?.[0]).toMatch(/^StateFullError: /);
  });
});
