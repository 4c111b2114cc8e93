import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';

type Options = NonNullable<Parameters<typeof loadPlugin>[1]>;

const NOTICE = '{"name":"moderator","content":"content has a link that is not wanted here"}';
let plugin: TestPlugin;

async function load(config: NonNullable<Options['config']> = {}, options: Options = {}): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config, connection: { room: 'tea' }, ...options });
}

const passes = async (payload: string | Uint8Array): Promise<boolean> => (await plugin.request(payload)).passed;
const say = (content: string) => JSON.stringify({ content });

describe('link-guard', () => {
  afterEach(() => plugin.dispose());

  it('drops links to denied hosts and what lies below them, and tells the sender', async () => {
    await load({ deny: ['evil.com', 'bücher.de'] });
    for (const text of [
      'evil.com',
      'https://WWW.Evil.com./x',
      'hxxp://evil[.]com',
      'evil\u200b.com',
      'https://BÜCHER.de',
      'xn--bcher-kva.de',
    ])
      expect(await plugin.request(say(text)), text).toMatchObject({ dropped: true, replies: [NOTICE] });
    for (const text of ['notevil.com', 'evil.com.example.org', 'https://example.org/evil', 'hello.'])
      expect(await passes(say(text)), text).toBe(true);
    expect(await passes(new Uint8Array([1]))).toBe(true);
    expect(await passes('{"type":"who"}')).toBe(true);
  });

  it('goes by the longest entry that fits, and by deny where both have it', async () => {
    await load({ allow: ['good.com', 'docs.evil.com', 'both.com'], deny: ['evil.com', 'bad.good.com', 'both.com'] });
    for (const [host, expected] of Object.entries({
      'good.com': true,
      'a.good.com': true,
      'x.bad.good.com': false,
      'evil.com': false,
      'docs.evil.com': true,
      'both.com': false,
    }))
      expect(await passes(`see https://${host}/`), host).toBe(expected);
  });

  it('lets only allowed hosts pass if told so', async () => {
    await load({ allow: ['good.com'], unlisted: 'refuse' });
    expect([await passes('good.com'), await passes('other.org'), await passes('http://localhost'), await passes('no link')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect((await plugin.request('https://good.com/?u=https://other.org')).reason).toBe('other.org is not allowed');
  });

  it.each([
    ['https://bit.ly/x', 'bit.ly hides its target'],
    ['http://0x7f.1/', '127.0.0.1 is an address'],
    ['http://0300.0250.1.1/', '192.168.1.1 is an address'],
    ['http://[::1]:80/', '[::1] is an address'],
    ['https://paypal.com@other.org', 'a name in front of other.org'],
    ['https://paypal.com\\@other.org', 'a name in front of paypal.com'],
    ['раураl.com', 'xn--l-7sba6dbr.com looks like paypal.com'],
    ['https://xn--l-7sba6dbr.com', 'xn--l-7sba6dbr.com looks like paypal.com'],
    ['login.paypa1.com', 'login.paypa1.com looks like paypal.com'],
    ['paypál.com', 'xn--paypl-0qa.com looks like paypal.com'],
    ['https://gооd.org', 'xn--gd-fmca.org looks like Latin letters'],
  ])('sees through %s', async (text, reason) => {
    await load({ protect: ['paypal.com'] });
    expect(await plugin.request(text)).toMatchObject({ dropped: true, reason });
    await plugin.dispose();
    await load({ protect: ['paypal.com'], tricks: [] });
    expect(await passes(text)).toBe(true);
  });

  it('leaves hosts of other scripts and the protected ones themselves alone', async () => {
    await load({ protect: ['paypal.com', 'bücher.de'] });
    for (const text of ['https://www.paypal.com', 'https://bücher.de', 'https://пример.рф', 'https://例え.jp', 'https://modern.com'])
      expect(await passes(text), text).toBe(true);
  });

  it('masks the links and nothing else', async () => {
    await load({ deny: ['evil.com'], action: 'mask', mask: '***' });
    const verdict = await plugin.request('{ "id": 7, "content": "a https://evil.com/x?y b good.com (evil.com) c" }');
    expect(verdict.forwarded).toEqual(['{ "id": 7, "content": "a *** b good.com (***) c" }']);
    expect((await plugin.request('x ｅvil.com y')).forwarded).toEqual(['x *** y']);
    expect((await plugin.request('a.com '.repeat(11))).forwarded).toEqual(['***']);
  });

  it('rejects with 1008 for the route to decide', async () => {
    await load({ deny: ['evil.com'], action: 'reject', notice: '' });
    expect(await plugin.request('evil.com')).toMatchObject({ reject: { code: 1008, reason: 'unwanted link' }, replies: [] });
  });

  it('judges a member that is written twice each time, and each of many', async () => {
    await load({ deny: ['evil.com'] });
    expect(await passes('{"content":"hi","cont\\u0065nt":"evil.com"}')).toBe(false);
    expect(await passes('{"content":"evil.com","content":"hi"}')).toBe(false);
    expect(await passes('{"content":"evil\\u002ecom"}')).toBe(false);
    expect(await passes('["hi","evil.com"]')).toBe(false);
  });

  it('refuses more links and longer texts than it looks at', async () => {
    await load({ maxLinks: 2, maxLength: 50 });
    expect([await passes('a.com b.com'), await passes('a.com b.com c.com'), await passes('["a.com b.com","c.com"]')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([await passes('x'.repeat(50)), await passes('x'.repeat(51))]).toEqual([true, false]);
  });

  it('gets through texts made to take long', async () => {
    await load({ maxLength: 16_384, deny: ['evil.com'] });
    const n = 16_000;
    for (const hostile of ['a.', 'a', 'http:', '\\', '@', '\ufdfa', 'é.', '[dot]', 'xn--a.', '(', ':'].map((unit) =>
      unit.repeat(n / unit.length),
    ))
      for (const text of [`${hostile}.evil.com`, `http://${hostile}@evil.com`, `http:\\${hostile}`]) await plugin.request(say(text));
    expect(await passes('hello')).toBe(true);
  });

  it.each([
    [{ deny: ['https://evil.com'] }, 'config.deny[0] is "https://evil.com"; it is a host alone'],
    [{ allow: ['a.com', 'b.com/x'] }, 'config.allow[1] is "b.com/x"'],
    [{ protect: ['a b'] }, 'config.protect[0] is "a b"'],
  ])('refuses a list with something else than hosts: %j', async (config, message) => {
    await expect(load(config)).rejects.toThrow(message);
    await load();
  });
});

describe('link-guard with a service that is asked', () => {
  const asked: string[][] = [];
  let answer: () => string | Error = () => '{"bad":["bad.org"]}';
  const check = { url: 'https://hosts.example.com/check' };
  const http: Options['http'] = ({ method, url, body }) => {
    expect([method, url]).toEqual(['POST', check.url]);
    asked.push((JSON.parse(body) as { hosts: string[] }).hosts);
    return answer();
  };

  afterEach(async () => {
    await plugin.dispose();
    asked.length = 0;
    answer = () => '{"bad":["bad.org"]}';
  });

  it('asks once about hosts that nothing else decides, and remembers the answer as long as it is told to', async () => {
    await load({ check: { ...check, ttlMs: 1000 }, allow: ['good.com'], deny: ['evil.com'] }, { http });
    expect(await passes('good.com new.org')).toBe(true);
    expect(await plugin.request('see bad.org and new.org')).toMatchObject({ dropped: true, reason: 'bad.org is known as bad' });
    expect([await passes('bad.org'), await passes('new.org'), await passes('evil.com')]).toEqual([false, true, false]);
    expect(asked).toEqual([['new.org'], ['bad.org']]);
    plugin.clock.advance(1000);
    expect(await passes('bad.org')).toBe(false);
    expect(asked).toHaveLength(3);
  });

  it('masks what the service calls bad', async () => {
    await load({ check, action: 'mask' }, { http });
    expect((await plugin.request('a bad.org b new.org')).forwarded).toEqual(['a [link removed] b new.org']);
  });

  it.each([
    ['an error', () => new Error('down')],
    ['no JSON', () => 'oops'],
    ['JSON of another shape', () => '{"bad":"x"}'],
  ])('goes by its configuration when the answer is %s, and asks nobody for a while', async (_what, failure) => {
    for (const onFailure of ['pass', 'refuse'] as const) {
      answer = failure;
      await load({ check: { ...check, onFailure, retryMs: 500 } }, { http });
      expect([await passes('new.org'), await passes('other.org')]).toEqual(Array(2).fill(onFailure === 'pass'));
      expect(asked).toHaveLength(1);
      expect(plugin.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
      answer = () => '{"bad":[]}';
      plugin.clock.advance(500);
      expect(await passes('new.org')).toBe(true);
      asked.length = 0;
      await plugin.dispose();
    }
    await load();
  });

  it('goes on without a memory when its state is full', async () => {
    await load({ check }, { http, limits: { stateBytes: 40 } });
    expect([await passes('new.org'), await passes('bad.org')]).toEqual([true, false]);
  });
});
