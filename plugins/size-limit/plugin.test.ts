import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';

const LIMIT = { code: 1009, reason: 'limit exceeded' };
const UPSTREAM_LIMIT = { code: 1009, reason: 'upstream payload limit exceeded' };
let plugin: TestPlugin;

async function load(config: NonNullable<Parameters<typeof loadPlugin>[1]>['config'] = {}): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config });
}

const message = (content: string) => JSON.stringify({ type: 'message', id: 'm-1', content });

describe('size-limit', () => {
  afterEach(() => plugin.dispose());

  it('lets 140 characters of text pass and refuses 141, whatever stands around them', async () => {
    await load();
    expect((await plugin.request(message('x'.repeat(140)))).passed).toBe(true);
    const verdict = await plugin.request(message('x'.repeat(141)));
    expect(verdict.reject).toEqual(LIMIT);
    expect(verdict.replies).toEqual([
      JSON.stringify({ name: 'moderator', content: 'content is too long: the limit is 140 characters', id: 'm-1' }),
    ]);
    expect((await plugin.request('x'.repeat(140))).passed).toBe(true);
    expect((await plugin.request('x'.repeat(141))).reject).toEqual(LIMIT);
    expect((await plugin.request(`{"content":"${'x'.repeat(141)}`)).reject).toEqual(LIMIT);
  });

  it('measures every occurrence of a field that is written twice', async () => {
    await load();
    const long = 'x'.repeat(141);
    for (const payload of [
      `{"content":"${long}","content":"a"}`,
      `{"content":"a","content":"${long}"}`,
      `{"cont\\u0065nt":"${long}","content":"a"}`,
    ])
      expect((await plugin.request(payload)).reject).toEqual(LIMIT);
  });

  it('counts in the unit that is configured', async () => {
    const family = '👩‍👩‍👧‍👦';
    for (const [unit, size] of [
      ['characters', 11],
      ['codepoints', 7],
      ['bytes', 25],
      ['graphemes', 1],
    ] as const) {
      await load({ max: size, unit });
      expect((await plugin.request(message(family))).passed, unit).toBe(true);
      expect((await plugin.request(message(`${family}x`))).reject, unit).toEqual(LIMIT);
      await plugin.dispose();
    }
    await load({ max: 140, unit: 'graphemes' });
    expect((await plugin.request(message(`a${'\u0336'.repeat(100_000)}`))).reject).toEqual(LIMIT);
  });

  it('measures responses against a limit of their own, and tells the backend nothing', async () => {
    await load();
    expect((await plugin.response(message('x'.repeat(4096)))).passed).toBe(true);
    expect(await plugin.response(message('x'.repeat(4097)))).toMatchObject({ reject: UPSTREAM_LIMIT, replies: [] });
    const history = JSON.stringify({ type: 'history', messages: Array.from({ length: 50 }, () => ({ content: 'x'.repeat(140) })) });
    expect((await plugin.response(history)).passed).toBe(true);
  });

  it('measures whole payloads when told to, binary ones in bytes', async () => {
    await load({ measure: 'payload', max: 30, notice: 'at most {max} {unit}' });
    expect((await plugin.request('{"type":"join","room":"tea"}')).passed).toBe(true);
    expect((await plugin.request('{"type":"join","room":"coffee!"}')).reject).toEqual(LIMIT);
    expect((await plugin.request(new Uint8Array(30))).passed).toBe(true);
    const verdict = await plugin.request(new Uint8Array(31));
    expect(verdict).toMatchObject({ reject: LIMIT, replies: ['{"name":"moderator","content":"at most 30 bytes"}'] });
  });

  it('lets control frames and binary frames pass up to the payload limit', async () => {
    await load({ maxPayload: 1000, notice: '' });
    const control = `{"type":"join","room":"${'x'.repeat(500)}"}`;
    expect((await plugin.request(control)).passed).toBe(true);
    expect((await plugin.request(new Uint8Array(1000))).passed).toBe(true);
    expect(await plugin.request(new Uint8Array(1001))).toMatchObject({ reject: LIMIT, replies: [] });
    expect((await plugin.request(`{"type":"join","room":"${'x'.repeat(1000)}"}`)).reject).toEqual(LIMIT);
    expect((await plugin.response(new Uint8Array(1001))).reject).toEqual(UPSTREAM_LIMIT);
  });

  it('gets through empty frames, lone surrogates, megabytes and deep JSON', async () => {
    await load();
    for (const payload of ['', new Uint8Array(), '{"content":"\\ud800"}', message('')])
      expect((await plugin.request(payload)).passed).toBe(true);
    for (const payload of ['x'.repeat(1 << 20), message('字'.repeat(350_000)), '['.repeat(100_000)]) {
      expect((await plugin.request(payload)).reject).toEqual(LIMIT);
    }
  });

  it('refuses a configuration that makes no sense', async () => {
    await expect(load({ unit: 'inches' })).rejects.toThrow(/unit/);
    await load();
  });
});
