import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

let plugin: TestPlugin;

async function load(config: NonNullable<Parameters<typeof loadPlugin>[1]>['config'] = {}): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config });
}

const refused = (type: string) => ({ code: 1003, reason: `expected ${type} content` });
const NOT_UTF8 = { code: 1007, reason: 'non-UTF-8 data within content' };
const bytes = new Uint8Array([0, 255, 128]);

describe('frame-type', () => {
  afterEach(() => plugin.dispose());

  it('lets everything pass by default, in both directions', async () => {
    await load();
    for (const payload of ['', 'text', '{', '{"a":1}', bytes, new Uint8Array()]) {
      expect((await plugin.request(payload)).passed).toBe(true);
      expect((await plugin.response(payload)).passed).toBe(true);
    }
  });

  it('refuses binary frames where text is expected, and text where binary is', async () => {
    await load({ allowed: 'text' });
    expect((await plugin.request('')).passed).toBe(true);
    expect((await plugin.request('🙂')).passed).toBe(true);
    expect((await plugin.request(bytes)).reject).toEqual(refused('text'));
    expect((await plugin.request(new Uint8Array())).reject).toEqual(refused('text'));
    expect((await plugin.request(new TextEncoder().encode('text in a binary frame'))).reject).toEqual(refused('text'));
    await plugin.dispose();
    await load({ allowed: 'binary' });
    expect((await plugin.request(bytes)).passed).toBe(true);
    expect((await plugin.request(new Uint8Array())).passed).toBe(true);
    expect((await plugin.request('x')).reject).toEqual(refused('binary'));
  });

  it.each([
    '{"content":"hello"}',
    ' [1, 2.5e-3, -0] \n',
    '"text"',
    'null',
    '0',
    'true',
    '{"a":1,"a":2}',
    '1e400',
    '9'.repeat(4000),
    '[]',
    '"\\u0000"',
    '"\\ud83d\\ude42"',
    `${'['.repeat(1000)}${']'.repeat(1000)}`,
  ])('takes %j for JSON', async (payload) => {
    await load({ allowed: 'json' });
    expect((await plugin.request(payload)).passed).toBe(true);
  });

  it.each(['', ' ', 'hello', '{', "{'a':1}", '{"a":1}x', '[1,]', 'NaN', 'undefined', '01', '\ufeff{}', '"\u0001"', '['.repeat(200_000)])(
    'does not take %j for JSON',
    async (payload) => {
      await load({ allowed: 'json' });
      expect((await plugin.request(payload)).reject).toEqual(refused('json'));
    },
  );

  it('refuses binary frames where JSON is expected, whatever they hold', async () => {
    await load({ allowed: 'json' });
    expect((await plugin.request(new TextEncoder().encode('{}'))).reject).toEqual(refused('json'));
  });

  it.each(['"\\ud83d"', '"\\uDE42\\uD83D"', '{"\\udfff":1}', '[[{"a":["x","\\uD800"]}]]'])(
    'refuses %s: half of a surrogate pair has no form in UTF-8',
    async (payload) => {
      await load({ allowed: 'json' });
      expect((await plugin.request(payload)).reject).toEqual(NOT_UTF8);
      expect((await plugin.response(payload)).passed).toBe(true);
    },
  );

  it('agrees with the platform about what is JSON and what is well-formed', async () => {
    await load({ allowed: 'json' });
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json({ stringUnit: 'binary' }),
      fc.string({ unit: 'binary' }).map((value) => JSON.stringify({ [value]: [value, `${value}\ud800`] })),
    );
    await fc.assert(
      fc.asyncProperty(text, async (source) => {
        const payload = source.toWellFormed();
        const { reject } = await plugin.request(payload);
        expect(reject).toEqual(expected(payload));
      }),
      { numRuns: 300 },
    );
  });

  it('judges what the backend sends by an option of its own, without a notice', async () => {
    await load({ responseAllowed: 'json', notice: 'no: {reason}' });
    expect((await plugin.request('hello')).passed).toBe(true);
    expect(await plugin.response('hello')).toMatchObject({ reject: refused('json'), replies: [] });
    expect((await plugin.response('{}')).passed).toBe(true);
  });

  it('tells the sender, if it is configured to', async () => {
    await load({ allowed: 'text', notice: 'not taken: {reason}' });
    const verdict = await plugin.request(bytes);
    expect(verdict.replies).toEqual(['{"name":"moderator","content":"not taken: expected text content"}']);
    expect(verdict.reason).toBe('expected text content');
  });

  it('refuses a configuration that makes no sense', async () => {
    await expect(load({ allowed: 'xml' })).rejects.toThrow(/config\.allowed: got "xml"; it must be one of "all", "text", "binary", "json"/);
    await expect(load({ allow: 'json' })).rejects.toThrow(/did you mean "allowed"/);
    await load();
  });
});

/** What the platform's own parser makes of it. */
function expected(payload: string): { code: number; reason: string } | undefined {
  let names = '';
  try {
    JSON.parse(payload, (name, value) => {
      names += `${name} ${typeof value === 'string' ? value : ''} `;
      return value;
    });
  } catch {
    return refused('json');
  }
  return names.isWellFormed() ? undefined : NOT_UTF8;
}
