import { beforeEach, describe, expect, it } from 'vitest';
import { ChatClient } from '../../../test/support/chat-client.js';
import type { Ban, BanSubject } from './bans.js';
import { BansMemory } from './bans-memory.js';
import { createChat } from './chat.js';

let now: number;
let bans: BansMemory;

beforeEach(() => {
  now = Date.parse('2026-11-21T09:00:00Z');
  bans = new BansMemory(100);
});

function impose(kind: Ban['kind'], subject: BanSubject, minutes?: number): void {
  const expiry = minutes === undefined ? {} : { expiresAt: now + minutes * 60_000 };
  bans.add({ id: 'b', kind, subject, reason: 'spam', createdBy: 'op', createdAt: now, ...expiry }, now);
}

const chatWithBans = () => createChat({}, { bans, now: () => now });

describe('a ban', () => {
  it('keeps an address out until it is over', async () => {
    const chat = chatWithBans();
    impose('ban', { by: 'address', value: '127.0.0.1' }, 10);
    await expect(ChatClient.connect(chat)).rejects.toThrow('refused with 1008 banned until 2026-11-21T09:10:00.000Z: spam');
    now += 10 * 60_000;
    await expect(ChatClient.connect(chat)).resolves.toBeDefined();
  });

  it('closes who comes under a banned name, and who comes with a banned account', async () => {
    const chat = chatWithBans();
    impose('ban', { by: 'name', value: 'Mallory' });
    const byName = await ChatClient.connect(chat, '/chat?name=mallory');
    expect([byName.closes, byName.heard()]).toEqual([[{ code: 1008, reason: 'banned for good: spam' }], []]);
    impose('ban', { by: 'user', value: 'u-7' });
    const byAccount = await ChatClient.connect(chat, '/chat', { id: 'u-7', name: 'Ada' });
    expect(byAccount.closes).toHaveLength(1);
  });

  it('refuses a banned name to who is there already', async () => {
    const chat = chatWithBans();
    impose('ban', { by: 'name', value: 'Mallory' });
    const ada = await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
    ada.heard();
    ada.say({ type: 'rename', name: 'Mallory' });
    ada.say({ type: 'join', room: 'lobby', name: 'Mallory' });
    ada.say({ id: 'm', content: 'hello', name: 'Mallory' });
    expect(ada.heard().map(({ type, code, id }) => [type, code, id])).toEqual([
      ['error', 'banned', undefined],
      ['error', 'banned', undefined],
      ['error', 'banned', 'm'],
    ]);
  });

  it('closes who is there already when it is enforced, and nobody else', async () => {
    const chat = chatWithBans();
    const mallory = await ChatClient.connect(chat, '/chat?name=Mallory');
    const ada = await ChatClient.connect(chat, '/chat?name=Ada');
    impose('ban', { by: 'user', value: mallory.id });
    expect(chat.control.enforceBans()).toBe(1);
    expect([mallory.closes.length, ada.closes.length]).toEqual([1, 0]);
  });
});

describe('a mute', () => {
  it('lets somebody read and not write, over a new connection too, until it is over', async () => {
    const chat = chatWithBans();
    const ada = await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
    impose('mute', { by: 'name', value: 'Mallory' }, 1);
    for (const _ of ['first', 'reconnected']) {
      const mallory = await ChatClient.connect(chat, '/chat?name=Mallory&room=tea');
      ada.heard();
      mallory.heard();
      ada.say({ content: 'hello' });
      expect(mallory.heard()).toMatchObject([{ type: 'message', content: 'hello' }]);
      mallory.say({ id: 'm', content: 'spam' });
      const content = 'You are muted until 2026-11-21T09:01:00.000Z: spam. You can still read.';
      expect(mallory.heard()).toEqual([{ type: 'error', code: 'muted', content, id: 'm' }]);
      expect(ada.heard()).toEqual([]);
      mallory.disconnect();
    }
    now += 60_000;
    const mallory = await ChatClient.connect(chat, '/chat?name=Mallory&room=tea');
    ada.heard();
    mallory.say({ content: 'sorry' });
    expect(ada.heard()).toMatchObject([{ type: 'message', content: 'sorry' }]);
  });

  it('does not go away with another name', async () => {
    const chat = chatWithBans();
    const mallory = await ChatClient.connect(chat, '/chat?name=Mallory&room=tea');
    impose('mute', { by: 'name', value: 'Mallory' });
    mallory.heard();
    mallory.say({ type: 'rename', name: 'Innocent' });
    mallory.say({ content: 'spam', name: 'Innocent' });
    expect(mallory.heard().map(({ code }) => code)).toEqual(['muted', 'muted']);
  });
});

describe('a room that an operator removes', () => {
  it('loses its members and its history, and a configured one is there again, empty', async () => {
    const chat = chatWithBans();
    const ada = await ChatClient.connect(chat, '/chat?name=Ada&room=lobby');
    ada.say({ content: 'hello' });
    ada.heard();
    expect(chat.control.deleteRoom('LOBBY')).toBe(1);
    expect(ada.heard().map(({ type, code }) => code ?? type)).toEqual(['leave', 'room_deleted']);
    expect(chat.control.rooms()).toEqual([{ name: 'lobby', members: 0, configured: true, messages: 0 }]);
    ada.say({ type: 'join', room: 'lobby' });
    expect(ada.heard()).toMatchObject([{ type: 'joined', history: [] }]);
    expect(chat.control.members('lobby')).toEqual([{ id: ada.id, name: 'Ada' }]);
    expect([chat.control.deleteRoom('nowhere'), chat.control.members('nowhere')]).toEqual([undefined, undefined]);
  });

  it('is gone if a client had made it', async () => {
    const chat = chatWithBans();
    await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
    expect(chat.control.users()).toMatchObject([{ name: 'Ada', room: 'tea', address: '127.0.0.1' }]);
    expect(chat.control.deleteRoom('tea')).toBe(1);
    expect(chat.control.rooms().map(({ name }) => name)).toEqual(['lobby']);
  });
});
