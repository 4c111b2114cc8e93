import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

const NOTICE = JSON.stringify({ name: 'moderator', content: 'content has a word that is not wanted here' });
let plugin: TestPlugin;

async function load(config: NonNullable<Parameters<typeof loadPlugin>[1]>['config'] = {}, limits = {}): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { config, limits });
}

const message = (content: string) => JSON.stringify({ type: 'message', content });

/** The document with every string replaced by one and the same. */
function shape(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document), (_, value) => (typeof value === 'string' ? '' : value));
}

describe('word-filter', () => {
  afterEach(() => plugin.dispose());

  it('drops a message with a word of its default list and tells the sender', async () => {
    await load();
    for (const content of ['you idiot', 'M0R0N', 'd r o p  dead? no: i d i o t', 'nít\u200bwіt', 'drop dead', 'ＳＣＵＭＢＡＧ']) {
      expect(await plugin.request(message(content)), content).toMatchObject({ dropped: true, replies: [NOTICE] });
    }
    expect((await plugin.request(message('you idiot'))).reason).toBe('dropped: idiot');
    for (const content of ['an idiotic idea', 'hello', '', 'a drop of dead water'])
      expect((await plugin.request(message(content))).passed, content).toBe(true);
  });

  it('looks at every occurrence of a field that is written twice', async () => {
    await load();
    for (const [one, two] of [
      ['content', 'content'],
      ['content', 'cont\\u0065nt'],
      ['cont\\u0065nt', 'content'],
    ]) {
      for (const payload of [`{"${one}":"you idiot","${two}":"clean"}`, `{"${one}":"clean","${two}":"you idiot"}`])
        expect((await plugin.request(payload)).dropped, payload).toBe(true);
    }
    expect((await plugin.request('{"body":"you idiot","body":"clean"}')).dropped).toBe(true);
    await plugin.dispose();
    await load({ action: 'mask' });
    const verdict = await plugin.request('{"content":"idiot","cont\\u0065nt":"clean","content":"IDIOT"}');
    expect(verdict.forwarded).toEqual(['{"content":"*****","cont\\u0065nt":"clean","content":"*****"}']);
  });

  it('names the message that it drops', async () => {
    await load();
    const { replies } = await plugin.request('{"id":"m-7","content":"idiot"}');
    expect(replies).toEqual([NOTICE.replace('}', ',"id":"m-7"}')]);
  });

  it('catches plurals unless told not to, or one is allowed', async () => {
    await load({ allow: ['morons'] });
    expect((await plugin.request('you idiots')).reason).toBe('dropped: idiots');
    expect((await plugin.request('you morons')).passed).toBe(true);
    await plugin.dispose();
    await load({ plurals: false });
    expect((await plugin.request('you idiots')).passed).toBe(true);
  });

  it('masks the word only, and leaves every other byte of the frame as it was', async () => {
    await load({ action: 'mask', words: ['bad'] });
    const verdict = await plugin.request('{ "id":12345678901234567890,\n "content" : "so b-á-d, \\"BAD\\" 👍" , "x":1.0}');
    expect(verdict.forwarded).toEqual(['{ "id":12345678901234567890,\n "content" : "so *-*-*, \\"***\\" 👍" , "x":1.0}']);
    expect(verdict).toMatchObject({ replies: [], reason: 'masked: bad' });
    expect((await plugin.request('this is bad')).forwarded).toEqual(['this is ***']);
  });

  it('closes the connection of whoever wrote it, if told to', async () => {
    await load({ action: 'close', notice: '' });
    expect(await plugin.request(message('idiot'))).toMatchObject({ close: { code: 1008, reason: 'unwanted word' }, replies: [] });
  });

  it('looks at responses only if told to, and masks a history instead of dropping it', async () => {
    await load();
    expect((await plugin.response(message('idiot'))).passed).toBe(true);
    await plugin.dispose();
    await load({ directions: ['response'], action: 'close' });
    expect((await plugin.request(message('idiot'))).passed).toBe(true);
    expect(await plugin.response(message('idiot'))).toMatchObject({ dropped: true, close: undefined, replies: [] });
    const history = { type: 'joined', room: 'tea', history: [{ content: 'hello' }, { content: 'you idiot' }] };
    const verdict = await plugin.response(JSON.stringify(history));
    expect(verdict.forwarded).toEqual([JSON.stringify(history).replace('idiot', '*****')]);
  });

  it('leaves control frames and binary frames alone', async () => {
    await load();
    for (const payload of ['{"type":"join","room":"idiot"}', new TextEncoder().encode('idiot')])
      expect((await plugin.request(payload)).passed).toBe(true);
  });

  it('lets allowed words pass', async () => {
    await load({ words: ['bad'], allow: ['Bad Homburg'] });
    expect((await plugin.request('in Bad Homburg')).passed).toBe(true);
    expect((await plugin.request('in bad Hamburg')).dropped).toBe(true);
  });

  it('reads another field, and nothing else when raw is off', async () => {
    await load({ field: 'body', raw: false });
    expect((await plugin.request('{"type":"say","body":"idiot"}')).dropped).toBe(true);
    expect((await plugin.request('idiot')).passed).toBe(true);
    expect((await plugin.request(message('idiot'))).passed).toBe(true);
  });

  it('masks any JSON into JSON', async () => {
    await load({ action: 'mask', words: ['bad', 'n'], raw: true });
    const text = fc
      .array(fc.constantFrom('bad', 'b', 'a', 'd', 'n', ' ', '"', '\\', '\n', '\u0001', '\ud800', 'b\u0336', '👍', '{'), { maxLength: 12 })
      .map((list) => list.join(''));
    const value = fc.oneof(fc.record({ content: text }), fc.record({ a: text, b: fc.array(text) }), fc.array(text), text);
    await fc.assert(
      fc.asyncProperty(value, async (document) => {
        const verdict = await plugin.request(JSON.stringify(document));
        const [forwarded] = verdict.forwarded ?? [JSON.stringify(document)];
        expect(shape(JSON.parse(String(forwarded)))).toEqual(shape(document));
        expect((await plugin.request(String(forwarded))).passed).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('refuses what is too long to be looked at, instead of running past its deadline', async () => {
    await load({ action: 'drop' });
    expect(await plugin.request('x'.repeat(1 << 20))).toMatchObject({ dropped: true, reason: 'dropped: (too long)' });
    expect((await plugin.request(message('good day '.repeat(900)))).passed).toBe(true);
    await plugin.dispose();
    await load({ action: 'mask' });
    expect((await plugin.request(message('x'.repeat(9000)))).forwarded).toEqual([message('*')]);
  });

  it('gets through hostile text', async () => {
    // far above the default maxLength, and so above the default fuel
    await load({ maxLength: 1 << 21 }, { fuel: 0 });
    const hostile = [
      '\u0336'.repeat(50_000),
      'a '.repeat(20_000),
      'а1'.repeat(50_000),
      '['.repeat(100_000),
      '{"content":'.repeat(20_000),
      `${'{"a":['.repeat(5000)}${']}'.repeat(5000)}`,
      '{"content":"\\ud800\\udc00\\ud800"}',
      '',
      '@'.repeat(50_000),
    ];
    for (const payload of hostile) expect((await plugin.request(payload)).passed).toBe(true);
  });

  it('takes ten thousand words and ten thousand messages', async () => {
    const words = Array.from(
      { length: 10_000 },
      (_, index) =>
        `zz${[...index.toString(36)].map((digit) => 'abcdefghijklmnopqrstuvwxyzabcdefghij'[Number.parseInt(digit, 36)]).join('')}q`,
    );
    await load({ words });
    expect((await plugin.request(`well, ${words[7777]}!`)).dropped).toBe(true);
    for (let index = 0; index < 10_000; index++) expect((await plugin.request(`message number ${index} of many`)).passed).toBe(true);
  });
});
