import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// The module that a host runs; `npm test` builds it first.
const MODULE = new URL('./dist/plugin.wasm', import.meta.url);

describe('my-plugin', () => {
  let plugin: TestPlugin;

  beforeEach(async () => {
    plugin = await loadPlugin(MODULE, { config: { max: 1 } });
  });
  afterEach(() => plugin.dispose());

  const say = (content: string) => plugin.request(JSON.stringify({ type: 'message', id: 'm-1', content }));

  it('lets other words pass', async () => {
    expect((await say('good morning')).passed).toBe(true);
    expect((await plugin.request(Uint8Array.of(1, 2, 3))).passed).toBe(true);
    expect(plugin.state.keys()).toEqual([]);
  });

  it('stops the word when it was said too often, and tells the sender', async () => {
    expect((await say('a teapot')).passed).toBe(true);
    const verdict = await say('another TEAPOT');
    expect(verdict).toMatchObject({ dropped: true, reason: 'said "teapot" too often' });
    expect(verdict.replies.map((reply) => JSON.parse(String(reply)))).toEqual([
      { name: 'moderator', content: 'please say "teapot" at most 1 times', id: 'm-1' },
    ]);
    expect(plugin.logs).toEqual([{ level: 'info', message: 'teapot, time 2' }]);
  });

  it('counts each client by itself', async () => {
    await say('teapot');
    const other = plugin.client({ id: 'other' });
    expect((await other.request('teapot')).passed).toBe(true);
    expect(plugin.state.get('connection', 'count', 'other')).toBe(1);
  });

  it('refuses options that make no sense', async () => {
    await expect(loadPlugin(MODULE, { config: { max: -1 } })).rejects.toThrow(/max/);
  });
});
