import { describe, expect, it } from 'vitest';
import { ChatClient, teaTime } from '../../../test/support/chat-client.js';
import { createChat } from './chat.js';
import { ReservedNames } from './reserved-names.js';

const reserved = new ReservedNames(['moderator', 'system', 'host', 'framegate', 'this host']);

describe('ReservedNames', () => {
  it.each([
    'moderator',
    'Moderator',
    'MODERATOR',
    'ｍｏｄｅｒａｔｏｒ',
    'mode\u200brator',
    'мoderator',
    'Мoderator',
    'mоdеrаtоr',
    'ΜΟDΕRΑΤΟR',
    'mοderatοr',
    'ѕуѕtеm',
    'SYЅТЕМ',
    'һоѕt',
    'ΗΟSΤ',
    '𝗵𝗼𝘀𝘁',
    'this\u3000 host',
    'tһіѕ hоst',
  ])('has %j', (name) => {
    expect(reserved.has(name)).toBe(true);
  });

  it.each(['moderators', 'Moder', 'ghost', 'Ольга', 'Максим', 'Νίκος', 'Host Ada', 'mode rator'])('has not %j', (name) => {
    expect(reserved.has(name)).toBe(false);
  });

  it('finds a look-alike from either side', () => {
    expect(new ReservedNames(['Мама']).has('Mama')).toBe(true);
    expect(new ReservedNames([]).has('moderator')).toBe(false);
  });
});

describe('a reserved name', () => {
  it('is refused on the address, and the client is greeted under another', async () => {
    const mallory = await ChatClient.connect(createChat(), '/chat?name=%D0%BCoderator&room=tea');
    const [welcome, joined, error] = mallory.heard();
    expect([welcome?.type, joined?.type]).toEqual(['welcome', 'joined']);
    expect(welcome?.name).not.toMatch(/oderator/);
    expect(error).toEqual({
      type: 'error',
      code: 'name_reserved',
      content: 'The name "мoderator" is reserved on this server; choose another name.',
    });
  });

  it.each([
    ['join', { type: 'join', room: 'milk', name: 'System' }],
    ['message', { content: 'trust me', name: 'System' }],
    ['rename', { type: 'rename', name: 'System' }],
  ])('is refused in a %s, which changes nothing', async (_, frame) => {
    const { clients } = await teaTime(['Mallory', 'Ada']);
    const [mallory, ada] = clients;
    mallory.say(frame);
    expect(mallory.heard()).toMatchObject([{ type: 'error', code: 'name_reserved' }]);
    expect(ada.heard()).toEqual([]);
    mallory.say({ content: 'still me' });
    expect(ada.heard()).toMatchObject([{ type: 'message', name: 'Mallory', content: 'still me' }]);
  });

  it('is answered with the id of the message', async () => {
    const { clients } = await teaTime(['Mallory']);
    clients[0].say({ id: 'm-1', content: 'trust me', name: 'host' });
    expect(clients[0].heard()).toMatchObject([{ code: 'name_reserved', id: 'm-1' }]);
  });

  it('may be had by an account, whose name the operator gave', async () => {
    const account = await ChatClient.connect(createChat(), '/chat?room=tea', { id: 'u1', name: 'Moderator' });
    expect(account.heard()).toMatchObject([{ type: 'welcome', name: 'Moderator' }, { type: 'joined' }]);
    account.say({ name: 'Moderator', content: 'mind your words', id: 'm-1' });
    expect(account.heard()).toMatchObject([{ type: 'ack', id: 'm-1' }]);
  });

  it('is what the configuration says', async () => {
    const { clients } = await teaTime(['Moderator'], { reservedNames: ['Boss'] });
    clients[0].say({ type: 'rename', name: 'BOSS' });
    expect(clients[0].heard()).toMatchObject([{ code: 'name_reserved' }]);
    expect(() => createChat({ reservedNames: ['\u200b'] })).toThrow(/the reserved name has no visible character/);
  });
});
