import { loadPlugin, type TestPlugin } from '@framegate/sdk/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CHAT_MESSAGES } from './chat-messages.js';

const NOTICE = JSON.stringify({ name: 'moderator', content: 'content has been detected as copy pasta' });
const pasta = JSON.stringify({ name: 'Ada', content: 'What did you just say about me' });
let plugin: TestPlugin;

async function load(...[options]: [Parameters<typeof loadPlugin>[1]?]): Promise<void> {
  plugin = await loadPlugin(new URL('./plugin.ts', import.meta.url), { connection: { room: 'tea' }, ...options });
}

async function passes(payload: string | Uint8Array): Promise<boolean> {
  return (await plugin.request(payload)).passed;
}

describe('copypasta', () => {
  afterEach(() => plugin.dispose());

  it('imprisons the third occurrence, tells its sender each time, and releases it', async () => {
    await load();
    expect(await passes(pasta)).toBe(true);
    plugin.clock.advance(2000);
    expect(await passes(pasta)).toBe(true);
    plugin.clock.advance(2000);
    const third = await plugin.request(pasta);
    expect(third).toMatchObject({ dropped: true, replies: [NOTICE], reason: 'copy pasta' });
    plugin.clock.advance(9999);
    expect(await plugin.request(pasta)).toMatchObject({ dropped: true, replies: [NOTICE] });
    expect(await passes('{"content":"something else"}')).toBe(true);
    plugin.clock.advance(1);
    expect(await passes(pasta)).toBe(true);
    expect(await passes(pasta)).toBe(true);
    expect(await passes(pasta)).toBe(false);
  });

  it('forgets what is older than the interval', async () => {
    await load();
    for (let count = 0; count < 6; count++) {
      expect(await passes(pasta)).toBe(true);
      plugin.clock.advance(2500);
    }
    plugin.clock.advance(5000);
    expect(plugin.state.keys()).toEqual([]);
  });

  it('sees through case, width, white space and invisible characters, and across senders', async () => {
    await load();
    expect(await passes('{"content":"Same Text"}')).toBe(true);
    const other = plugin.client({ room: 'tea' });
    expect((await other.request('{"content":"  same\\n ｔｅｘｔ"}')).passed).toBe(true);
    expect(await passes('{"id":"3","content":"sa\u200bme TEXT"}')).toBe(false);
  });

  it('counts the first and the last of a field that is written twice', async () => {
    for (const other of ['first', 'last']) {
      await load();
      for (let count = 0; count < 3; count++) {
        const [one, two] = other === 'first' ? [`x${count}`, 'pasta'] : ['pasta', `x${count}`];
        expect(await passes(`{"content":"${one}","cont\\u0065nt":"${two}"}`)).toBe(count < 2);
      }
      await plugin.dispose();
    }
    await load();
  });

  it('names the message that it stops', async () => {
    await load({ config: { maxOccurrences: 1 } });
    const { replies } = await plugin.request('{"id":"m-7","content":"pasta"}');
    expect(replies).toEqual([NOTICE.replace('}', ',"id":"m-7"}')]);
  });

  it('counts each room for itself, or all together', async () => {
    await load();
    const coffee = plugin.client({ room: 'coffee' });
    for (const client of [plugin, coffee, plugin, coffee]) expect((await client.request(pasta)).passed).toBe(true);
    await plugin.dispose();
    await load({ config: { scope: 'global' } });
    const cocoa = plugin.client({ room: 'cocoa' });
    expect((await plugin.request(pasta)).passed).toBe(true);
    expect((await cocoa.request(pasta)).passed).toBe(true);
    expect((await plugin.request(pasta)).passed).toBe(false);
  });

  it('takes its numbers and its notice from the configuration', async () => {
    await load({ config: { maxOccurrences: 2, intervalMs: 100, prisonMs: 50, minLength: 4, notice: '' } });
    expect(await passes(pasta)).toBe(true);
    expect(await plugin.request(pasta)).toMatchObject({ dropped: true, replies: [] });
    plugin.clock.advance(50);
    expect(await passes(pasta)).toBe(true);
    for (let count = 0; count < 5; count++) expect(await passes('lol')).toBe(true);
  });

  it('takes raw text and malformed JSON as they are, and leaves control frames and binary frames alone', async () => {
    await load();
    for (const payload of ['hello', '{"content":"hel']) {
      expect([await passes(payload), await passes(payload), await passes(payload)]).toEqual([true, true, false]);
    }
    for (const payload of ['{"type":"who"}', '', new Uint8Array([1, 2, 3])]) {
      for (let count = 0; count < 5; count++) expect(await passes(payload)).toBe(true);
    }
  });

  it('keeps its memory bounded through ten thousand messages', async () => {
    await load({ config: { maxTracked: 256 } });
    for (let index = 0; index < 10_000; index++) await plugin.request(`{"content":"message ${index}"}`);
    expect(plugin.state.keys().length).toBeLessThanOrEqual(256);
    expect(plugin.state.bytes).toBeLessThan(256 * 128);
    for (let count = 0; count < 3; count++) expect(await passes(pasta)).toBe(count < 2);
  });

  it('lets messages pass when its state is full, and says so once', async () => {
    await load({ limits: { stateBytes: 300 } });
    for (let index = 0; index < 50; index++) expect(await passes(`message ${index}`)).toBe(true);
    expect(plugin.logs.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  it('gets through megabytes, lone surrogates and nested JSON', async () => {
    await load();
    const hostile = [
      '\ufdfa'.repeat(350_000),
      'x'.repeat(1 << 20),
      '{"content":"\\ud800"}',
      '['.repeat(100_000),
      `{"a":${'['.repeat(500)}${']'.repeat(500)}}`,
    ];
    for (const payload of hostile)
      expect([await passes(payload), await passes(payload), await passes(payload)]).toEqual([true, true, false]);
  });

  describe('with nearDuplicates', () => {
    const near = { nearDuplicates: true, maxTracked: 4096 };

    it('catches copies with a few changed letters, emoji and blanks, and lets other messages pass', async () => {
      const letter = fc.tuple(fc.nat(), fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'));
      const emoji = fc.tuple(fc.nat(), fc.constantFrom('🔥', '😂', '!!', '  ', '\u200b'));
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...CHAT_MESSAGES),
          fc.array(letter, { minLength: 2, maxLength: 2 }),
          fc.array(emoji, { maxLength: 4 }),
          async (text, letters, emojis) => {
            await load({ config: near });
            for (const other of CHAT_MESSAGES) if (other !== text) expect(await passes(other)).toBe(true);
            const copies = letters.map(([at, char]) => spliced(text, at, 1, char));
            expect(await passes(text)).toBe(true);
            expect(await passes(copies[0] as string)).toBe(true);
            const noisy = emojis.reduce((sum, [at, char]) => spliced(sum, at, 0, char), copies[1] as string);
            expect(await plugin.request(noisy)).toMatchObject({ dropped: true, replies: [NOTICE], reason: 'copy pasta' });
            await plugin.dispose();
          },
        ),
        { numRuns: 10 },
      );
      await load();
    });

    it('keeps equal messages, prison and rooms as they are without', async () => {
      await load({ config: { ...near, maxOccurrences: 2 } });
      const [text = ''] = CHAT_MESSAGES;
      expect(await passes(text)).toBe(true);
      expect((await plugin.client({ room: 'coffee' }).request(text)).passed).toBe(true);
      expect(await passes(text.replace('healer', 'heaIer'))).toBe(false);
      plugin.clock.advance(9_999);
      expect(await passes(`${text}!`)).toBe(false);
      plugin.clock.advance(1);
      expect(await passes(text.toUpperCase())).toBe(true);
      expect(await passes('short')).toBe(true);
      expect(await passes('shorx')).toBe(true);
      expect(await passes('short')).toBe(false);
    });

    it('bounds what it remembers and gets through hostile messages', async () => {
      await load({ config: { ...near, nearTracked: 8, maxTracked: 8 } });
      for (let index = 0; index < 300; index++) await plugin.request(`${index} `.repeat(40));
      expect(plugin.state.keys().length).toBeLessThanOrEqual(17);
      expect(plugin.state.bytes).toBeLessThan(8 * 200);
      for (const payload of ['\ufdfa'.repeat(350_000), 'x'.repeat(1 << 20), 'é́'.repeat(300_000)])
        expect([await passes(payload), await passes(payload), await passes(payload)]).toEqual([true, true, false]);
    });

    it('comes to the same without guards, since none of them knows near messages', async () => {
      for (const guards of [true, false]) {
        await load({ config: near, guards });
        const [text = ''] = CHAT_MESSAGES;
        for (const copy of [text, `${text}.`]) expect(await passes(copy)).toBe(true);
        expect(await passes(`x${text}`)).toBe(false);
        await plugin.dispose();
      }
      await load();
    });
  });
});

function spliced(text: string, at: number, remove: number, insert: string): string {
  const chars = Array.from(text);
  chars.splice(at % chars.length, remove, insert);
  return chars.join('');
}
