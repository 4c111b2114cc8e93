import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';

type Config = NonNullable<NonNullable<Parameters<typeof loadPlugin>[1]>['config']>;

const INVALID = { code: 1008, reason: 'failed to validate message' };
let plugin: TestPlugin;

async function load(config: Config): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config });
}

const one = (path: string, value: Config[string], rest: object = {}): Config => ({ rules: [{ path, value, ...rest }] });

describe('json-path', () => {
  afterEach(() => plugin.dispose());

  it("refuses what Otoroshi's example refuses: a message that is one of a list", async () => {
    await load(one('$.message', 'NotContainedIn(foo, bar)'));
    for (const payload of ['{"message":"foo"}', 'foo', '{"message":"bar","x":1}', '{"\\u006dessage":"bar"}'])
      expect(await plugin.request(payload)).toMatchObject({ reject: INVALID, dropped: true, replies: [] });
    for (const payload of ['{"message":"food"}', 'hello', '{"message":"Foo"}']) expect((await plugin.request(payload)).passed).toBe(true);
    expect((await plugin.request('foo')).reason).toBe('$.message is not NotContainedIn(foo, bar)');
  });

  it('takes a frame in which the path names nothing for invalid, unless the rule says otherwise', async () => {
    await load(one('$.content', 'NotContainedIn(foo)'));
    for (const payload of ['{"type":"join"}', 'hello', '', '[]', '{}', '42', 'null'])
      expect((await plugin.request(payload)).reject).toEqual(INVALID);
    await plugin.dispose();
    await load(one('$.content', 'NotContainedIn(foo)', { absent: 'valid' }));
    for (const payload of ['{"type":"join"}', 'hello', '', '[]']) expect((await plugin.request(payload)).passed).toBe(true);
    expect((await plugin.request('{"content":"foo"}')).reject).toEqual(INVALID);
  });

  it('asks a rule only of the frames that it is for, and wants all rules kept', async () => {
    await load({
      rules: [
        { path: '$.content', value: 'Regex(.{1,20})', when: { path: '$.type', value: 'message' } },
        { path: '$.type', value: 'ContainedIn(message,join)' },
      ],
    });
    expect((await plugin.request('{"type":"message","content":"hi"}')).passed).toBe(true);
    expect((await plugin.request('{"type":"join"}')).passed).toBe(true);
    expect((await plugin.request('{"type":"message","content":""}')).reject).toEqual(INVALID);
    expect((await plugin.request('{"type":"message"}')).reject).toEqual(INVALID);
    expect((await plugin.request('{"type":"admin","content":"hi"}')).reject).toEqual(INVALID);
  });

  it('gives several values that a path names as an array', async () => {
    await load(one('$..name', 'ContainsNot(root)'));
    expect((await plugin.request('{"a":{"name":"x"},"b":[{"name":"y"}]}')).passed).toBe(true);
    expect((await plugin.request('{"a":{"b":[{"name":"root"}]}}')).reject).toEqual(INVALID);
    expect((await plugin.request('{}')).passed).toBe(true);
    await plugin.dispose();
    await load(one('$.items[?@.price > 10].id', 'Size(0)'));
    expect((await plugin.request('{"items":[{"id":1,"price":3}]}')).passed).toBe(true);
    expect((await plugin.request('{"items":[{"id":1,"price":30}]}')).reject).toEqual(INVALID);
  });

  it('judges what the backend sends by the rules for it, and tells it nothing', async () => {
    await load({ rules: [{ path: '$.secret', value: 'NotDefined()', directions: ['response'], error: 'no secrets' }] });
    expect((await plugin.request('{"secret":1}')).passed).toBe(true);
    expect((await plugin.request(new Uint8Array(3))).passed).toBe(true);
    expect((await plugin.response('{"a":1}')).passed).toBe(true);
    expect(await plugin.response('{"secret":null}')).toMatchObject({ reject: INVALID, replies: [] });
  });

  it('tells the sender what the rule says, with the id of its message', async () => {
    await load(one('$.content', 'ContainsNot(spoiler)', { error: 'no spoilers' }));
    const { replies } = await plugin.request('{"content":"a spoiler","id":"m-7"}');
    expect(replies).toEqual(['{"name":"moderator","content":"no spoilers","id":"m-7"}']);
  });

  it('looks into the text of a frame and its connection in an envelope', async () => {
    const rules = [
      { path: '$.message', value: 'Not({"type":"x"})' },
      { path: '$.connection.user.name', value: 'DontStartsWith(guest)', absent: 'valid' },
    ];
    await load({ document: 'envelope', rules });
    expect((await plugin.request('{"type":"y"}')).passed).toBe(true);
    expect((await plugin.request('{"type":"x"}')).reject).toEqual(INVALID);
    expect((await plugin.client({ user: { id: '1', name: 'guest-1' } }).request('hi')).reject).toEqual(INVALID);
    expect((await plugin.client({ user: { id: '2', name: 'ann' } }).request('hi')).passed).toBe(true);
  });

  it('refuses binary frames, or lets them pass if it is told to', async () => {
    await load(one('$.message', 'IsDefined()'));
    expect((await plugin.request(new TextEncoder().encode('{"message":1}'))).reject).toEqual(INVALID);
    expect((await plugin.request(new Uint8Array())).reject).toEqual(INVALID);
    await plugin.dispose();
    await load({ ...one('$.message', 'IsDefined()'), binary: 'pass' });
    expect((await plugin.request(new Uint8Array([255]))).passed).toBe(true);
  });

  it('refuses JSON that parsers read in several ways', async () => {
    await load(one('$.message', 'NotContainedIn(foo)'));
    for (const payload of ['{"message":"foo","message":"x"}', '{"message":"x","\\u006dessage":"foo"}', '{"message":"x","a":{"b":1,"b":2}}'])
      expect(await plugin.request(payload)).toMatchObject({ reject: INVALID, reason: 'a member is written twice' });
  });

  it('gets through deep, long and strange JSON', async () => {
    await load({ rules: [{ path: '$..message', value: 'ContainsNot(foo)' }] });
    const deep = (depth: number) => `${'{"a":'.repeat(depth)}{"message":"foo"}${'}'.repeat(depth)}`;
    expect((await plugin.request(deep(250))).reason).toBe('$..message is not ContainsNot(foo)');
    expect((await plugin.request(deep(300))).reason).toBe('nested too deep');
    expect((await plugin.request('['.repeat(200_000))).reason).toBe('nested too deep');
    expect((await plugin.request(`{"message":${'9'.repeat(5000)}}`)).passed).toBe(true);
    expect((await plugin.request('{"message":1e999,"__proto__":{"message":"foo"}}')).reject).toEqual(INVALID);
    expect((await plugin.request(`{"message":"\\ud800","constructor":"${'x'.repeat(100_000)}"}`)).passed).toBe(true);
    expect((await plugin.request(`[${'{"a":1},'.repeat(2_000)}{"message":"foo"}]`)).reject).toEqual(INVALID);
  });

  it('loses a frame on which a regular expression never ends, and only that one', async () => {
    await load(one('$.message', 'Regex((a+)+b)'));
    await expect(plugin.request(`${'a'.repeat(60)}c`)).rejects.toThrow(/PLUGIN_FUEL/);
    await plugin.dispose();
    await load(one('$.message', 'Wildcard(a*a*a*a*a*a*a*a*b)'));
    expect((await plugin.request('a'.repeat(50_000))).reject).toEqual(INVALID);
  });
});

describe('a rule that makes no sense', () => {
  it.each([
    [
      one('$.a', 'NotContaindIn(x)'),
      /config\.rules\[0\]\.value: there is no operator NotContaindIn; known are Size, .*Is\(NotContaindIn\(x\)\)/,
    ],
    [one('$.a', 'Size(many)'), /config\.rules\[0\]\.value: operator Size: needs a whole number, not "many"/],
    [one('$.a', 'SizeLt(-1)'), /operator SizeLt: needs a whole number/],
    [one('$.a', 'Regex([a)'), /config\.rules\[0\]\.value: operator Regex: /],
    [one('$.a', 'Contains(Regex((?<x))'), /operator Contains: /],
    [one('$.a', 'IsDefined(x)'), /operator IsDefined: takes no argument, and has "x"/],
    [one('a.b', 'x'), /config\.rules\[0\]\.path: "a\.b" is no JSON path \(RFC 9535\): /],
    [one('$.a[', 'x'), /config\.rules\[0\]\.path: /],
    [
      {
        rules: [
          { path: '$.a', value: 'x' },
          { path: '$.b', value: 'x', when: { path: '$', value: 'Siz(1)' } },
        ],
      },
      /config\.rules\[1\]\.when\.value: there is no operator Siz/,
    ],
    [{ rules: [] }, /config\.rules: /],
    [{}, /config\.rules: got nothing; it is required/],
    [{ rules: [{ path: '$.a' }] }, /config\.rules\[0\]\.value: got nothing/],
  ])('is refused at load: %j', async (config, message) => {
    await expect(load(config as Config)).rejects.toThrow(message);
  });
});
