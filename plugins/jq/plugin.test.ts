import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { VECTORS } from './vectors.js';

type Config = NonNullable<NonNullable<Parameters<typeof loadPlugin>[1]>['config']>;

let plugin: TestPlugin;

async function load(config: Config): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config });
}

const FAILED = { code: 1008, reason: 'failed to transform message' };

describe('jq', () => {
  afterEach(() => plugin.dispose());

  it('lets every frame pass as it is when there is nothing to do', async () => {
    await load({});
    for (const payload of ['{"a" : 1.0}', 'x', '', new Uint8Array([1])]) expect((await plugin.request(payload)).passed).toBe(true);
    expect((await plugin.response('[ 1 ]')).passed).toBe(true);
  });

  it('has a filter for each direction', async () => {
    await load({ request: '{type: "message", content: .text}', response: 'del(.secret)' });
    expect((await plugin.request('{"text":"hi"}')).forwarded).toEqual(['{"type":"message","content":"hi"}']);
    expect((await plugin.response('{"a":1,"secret":2}')).forwarded).toEqual(['{"a":1}']);
  });

  it('sends a frame for each value that the filter gives, and none for none', async () => {
    await load({ request: '.messages[]?, (select(.type == "ping") | {type: "pong"})' });
    expect((await plugin.request('{"messages":[{"n":1},{"n":2}]}')).forwarded).toEqual(['{"n":1}', '{"n":2}']);
    expect((await plugin.request('{"type":"ping"}')).forwarded).toEqual(['{"type":"pong"}']);
    expect(await plugin.request('{}')).toMatchObject({ dropped: true, reject: undefined, reason: 'the filter gives nothing' });
  });

  it('knows who sent a frame, and what the time is', async () => {
    await load({ request: '.user = $connection.user.name | .at = (now | todate)' });
    const client = plugin.client({ user: { id: '1', name: 'Ann' } });
    expect((await client.request('{"a":1}')).forwarded).toEqual(['{"a":1,"user":"Ann","at":"2026-01-01T00:00:00Z"}']);
  });

  it('does with a frame on which the filter fails what it is told to', async () => {
    await load({ request: '.a.b' });
    expect(await plugin.request('{"a":1}')).toMatchObject({ reject: FAILED, reason: 'Cannot index number with string "b"' });
    await plugin.dispose();
    await load({ request: '.a.b', onError: 'drop' });
    expect(await plugin.request('{"a":1}')).toMatchObject({ dropped: true, reject: undefined });
    await plugin.dispose();
    await load({ request: '.[]', onError: 'pass' });
    expect((await plugin.request('1')).passed).toBe(true);
    // Nothing of what came before the error is sent.
    expect((await plugin.request('[1]')).forwarded).toEqual(['1']);
  });

  it('takes text that is not JSON as it is told to, and sends texts raw', async () => {
    await load({ request: 'ascii_upcase' });
    expect((await plugin.request('hello')).passed).toBe(true);
    expect((await plugin.request('"hello"')).forwarded).toEqual(['"HELLO"']);
    await plugin.dispose();
    await load({ request: 'if type == "string" then ascii_upcase else . end', notJson: 'text', raw: true });
    expect((await plugin.request('hello')).forwarded).toEqual(['HELLO']);
    expect((await plugin.request('')).forwarded).toEqual(['']);
    expect((await plugin.request('null')).forwarded).toEqual(['null']);
    await plugin.dispose();
    await load({ request: '.a', notJson: 'reject' });
    expect(await plugin.request('{')).toMatchObject({ reject: FAILED, reason: 'not JSON' });
    expect((await plugin.request(new Uint8Array([123]))).passed).toBe(true);
  });

  it('gives at most so many frames', async () => {
    await load({ request: 'range(.)', maxFrames: 3 });
    expect((await plugin.request('3')).forwarded).toEqual(['0', '1', '2']);
    expect(await plugin.request('4')).toMatchObject({ reject: FAILED, reason: 'the filter gives more than 3 frames' });
    expect((await plugin.request('1e300')).reject).toEqual(FAILED);
  });

  it('answers in the guest as outside of it', async () => {
    // Where a line stands is another thing when all are one filter, and a comment would hide an array's end.
    const vectors = VECTORS.filter(([source]) => !/__loc__|^#/.test(source));
    const filter = vectors.map(([source]) => `[${source}\n]`).join(',\n');
    await load({ request: filter, maxFrames: 1000 });
    const { forwarded } = await plugin.request('null');
    expect(forwarded).toEqual(vectors.map(([, ...outputs]) => `[${outputs.join(',')}]`));
  });

  it('survives filters without end, deep and strange documents, and names that objects inherit', async () => {
    await load({
      request:
        'if .loop then last(repeat(1)) elif .deep then (def f: f | f; f) else {p: .__proto__, c: .constructor, t: .toString, l: (.l | length)} end',
    });
    await expect(plugin.request('{"loop":true}')).rejects.toThrow(/PLUGIN_FUEL/);
    await plugin.dispose();
    await load({ request: 'if .deep then (def f: f | f; f) else {p: .__proto__, c: .constructor} end, .["__proto__"]' });
    expect((await plugin.request('{"deep":true}')).reject).toEqual(FAILED);
    expect((await plugin.request('{}')).forwarded).toEqual(['{"p":null,"c":null}', 'null']);
    expect((await plugin.request('{"__proto__":7}')).forwarded).toEqual(['{"p":7,"c":null}', '7']);
    await plugin.dispose();
    await load({ request: '[..] | length' });
    expect((await plugin.request(`${'['.repeat(1900)}${']'.repeat(1900)}`)).forwarded).toEqual(['1900']);
    expect((await plugin.request('['.repeat(200_000))).passed).toBe(true);
    expect((await plugin.request(`["${'9'.repeat(200_000)}",${'9'.repeat(400)},"\\ud800"]`)).forwarded).toEqual(['4']);
  });

  it('adds its own members to a document with a member called __proto__', async () => {
    await load({ request: '.a = 1 | . + {b: 2} | with_entries(.) | del(.a)' });
    expect((await plugin.request('{"__proto__":{"x":1}}')).forwarded).toEqual(['{"__proto__":{"x":1},"b":2}']);
  });
});

describe('a filter that makes no sense', () => {
  it.each([
    [{ request: '.a |\n  .b[' }, 'config.request: unexpected the end (line 2, column 6)'],
    [{ response: 'map(select(.a == 1)' }, 'config.response: unexpected the end; wanted is ")" (line 1, column 20)'],
    [{ response: '$connection' }, 'config.response: $connection is not defined (line 1, column 1)'],
    [{ request: 'debug' }, 'config.request: debug/0 is not defined (line 1, column 1)'],
    [{ request: 1 }, 'config.request: got 1'],
    [{ filter: '.' }, 'config.filter: unknown key'],
  ])('is refused at load: %j', async (config, message) => {
    await expect(load(config)).rejects.toThrow(message);
  });
});
