import { describe, expect, it } from 'vitest';
import { ChatClient, teaTime } from '../../../test/support/chat-client.js';
import { createChat } from './chat.js';

describe('rooms', () => {
  it('tell the others who comes, goes and is renamed, with how many are there', async () => {
    const { chat, clients } = await teaTime(['Ada']);
    const [ada] = clients;
    const bob = await ChatClient.connect(chat, '/chat?name=Bob');
    bob.say({ type: 'join', room: 'tea' });
    bob.say({ type: 'rename', name: 'Bobby' });
    bob.say({ type: 'leave' });
    bob.say({ type: 'join', room: 'TEA' });
    bob.disconnect();
    expect(ada.heard()).toEqual([
      { type: 'join', id: bob.id, name: 'Bob', room: 'tea', members: 2 },
      { type: 'rename', id: bob.id, name: 'Bobby', previous: 'Bob', room: 'tea' },
      { type: 'leave', id: bob.id, name: 'Bobby', room: 'tea', members: 1 },
      { type: 'join', id: bob.id, name: 'Bobby', room: 'tea', members: 2 },
      { type: 'leave', id: bob.id, name: 'Bobby', room: 'tea', members: 1 },
    ]);
  });

  it('answer the one who asks: joined, rename, leave, history, who', async () => {
    const { chat, clients } = await teaTime(['Ada']);
    const [ada] = clients;
    ada.say({ content: 'one' });
    ada.say({ content: 'two' });
    const bob = await ChatClient.connect(chat, '/chat?name=Bob');
    bob.heard();
    bob.say({ type: 'join', room: 'tea' });
    const members = [
      { id: ada.id, name: 'Ada' },
      { id: bob.id, name: 'Bob' },
    ];
    const [joined] = bob.heard();
    expect(joined).toMatchObject({
      type: 'joined',
      room: 'tea',
      members,
      history: [{ type: 'message', content: 'one' }, { content: 'two' }],
    });
    bob.say({ type: 'history', limit: 1 });
    bob.say({ type: 'history' });
    bob.say({ type: 'who' });
    bob.say({ type: 'rename', name: 'Bobby' });
    bob.say({ type: 'leave' });
    expect(bob.heard()).toMatchObject([
      { type: 'history', room: 'tea', messages: [{ content: 'two' }] },
      { type: 'history', messages: (joined as { history: unknown[] }).history as object[] },
      { type: 'who', room: 'tea', members },
      { type: 'rename', id: bob.id, name: 'Bobby', previous: 'Bob', room: 'tea' },
      { type: 'leave', id: bob.id, name: 'Bobby', room: 'tea', members: 1 },
    ]);
  });

  it('change what plugins see of the connection before anybody is told', async () => {
    const chat = createChat();
    const ada = await ChatClient.connect(chat, '/chat?name=Ada');
    const seen: unknown[] = [];
    ada.onSend = () => seen.push(ada.context.room);
    expect(ada.context.user).toEqual({ id: ada.id, name: 'Ada' });
    ada.say({ type: 'join', room: 'tea', name: 'Ada L.' });
    ada.say({ type: 'join', room: 'coffee' });
    expect(ada.context.user).toEqual({ id: ada.id, name: 'Ada L.' });
    ada.say({ type: 'leave' });
    expect(seen).toEqual(['tea', 'coffee', undefined]);
    expect(ada.context).not.toHaveProperty('room');
  });

  it('answer a join of the room one is in again, without telling the others', async () => {
    const { clients } = await teaTime(['Ada', 'Bob']);
    const [ada, bob] = clients;
    ada.say({ type: 'join', room: 'Tea' });
    expect(ada.heard()).toMatchObject([{ type: 'joined', room: 'tea' }]);
    expect(bob.heard()).toEqual([]);
  });

  it('are forgotten with their history when the last one leaves, unless they are configured', async () => {
    const chat = createChat({ rooms: ['kept'] });
    const ada = await ChatClient.connect(chat, '/chat?name=Ada');
    for (const room of ['kept', 'made', 'lobby']) {
      ada.say({ type: 'join', room });
      ada.say({ content: `said in ${room}` });
    }
    const bob = await ChatClient.connect(chat);
    bob.heard();
    for (const room of ['kept', 'made', 'lobby']) bob.say({ type: 'join', room });
    expect(bob.heard()).toMatchObject([
      { history: [{ content: 'said in kept' }] },
      { history: [] },
      { history: [{ content: 'said in lobby' }] },
    ]);
  });

  it('refuse whoever is one too many, who stays where it was', async () => {
    const { chat } = await teaTime(['Ada', 'Bob'], { maxMembers: 2 });
    const cleo = await ChatClient.connect(chat, '/chat?name=Cleo&room=coffee');
    const dan = await ChatClient.connect(chat, '/chat?name=Dan&room=coffee');
    cleo.heard();
    dan.heard();
    cleo.say({ type: 'join', room: 'tea' });
    expect(cleo.heard()).toMatchObject([{ type: 'error', code: 'room_full' }]);
    cleo.say({ content: 'still here' });
    expect(dan.heard()).toMatchObject([{ content: 'still here' }]);
    expect(cleo.context.room).toBe('coffee');
  });

  it('are not made by clients where createRooms is off', async () => {
    const chat = createChat({ createRooms: false, rooms: ['tea'] });
    const ada = await ChatClient.connect(chat, '/chat?room=coffee');
    expect(ada.heard()).toMatchObject([{ type: 'welcome' }, { type: 'error', code: 'unknown_room' }]);
    for (const room of ['tea', 'lobby']) ada.say({ type: 'join', room });
    expect(ada.heard()).toMatchObject([{ type: 'joined' }, { type: 'joined' }]);
  });

  it('are bounded in number, configured ones not counted', async () => {
    const chat = createChat({ maxRooms: 1, rooms: ['tea'] });
    const ada = await ChatClient.connect(chat, '/chat?room=one');
    const bob = await ChatClient.connect(chat, '/chat?room=two');
    expect(bob.heard().at(-1)).toMatchObject({ type: 'error', code: 'too_many_rooms' });
    ada.say({ type: 'join', room: 'tea' });
    bob.say({ type: 'join', room: 'two' });
    expect(bob.heard()).toMatchObject([{ type: 'joined', room: 'two' }]);
  });

  it('refuse commands that need one to whoever is in none', async () => {
    const ada = await ChatClient.connect(createChat());
    ada.heard();
    for (const type of ['leave', 'history', 'who']) ada.say({ type });
    expect(ada.heard().map(({ code }) => code)).toEqual(['no_room', 'no_room', 'no_room']);
    ada.say({ type: 'rename', name: 'Ada' });
    expect(ada.heard()).toEqual([{ type: 'rename', id: ada.id, name: 'Ada', previous: expect.any(String) }]);
  });
});

describe('names', () => {
  it('are unique within a room and free elsewhere', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob']);
    const [, bob] = clients;
    bob.say({ type: 'rename', name: 'ＡＤＡ' });
    expect(bob.heard()).toMatchObject([{ type: 'error', code: 'name_taken' }]);
    bob.say({ type: 'join', room: 'coffee', name: 'Ada' });
    expect(bob.heard()).toMatchObject([{ type: 'joined', members: [{ name: 'Ada' }] }]);
    const cleo = await ChatClient.connect(chat, '/chat?name=Bob&room=tea');
    expect(cleo.heard()[1]).toMatchObject({ type: 'joined' });
  });

  it('are free again after a leave and after a rename', async () => {
    const { clients } = await teaTime(['Ada', 'Bob', 'Cleo']);
    const [ada, bob, cleo] = clients;
    ada.say({ type: 'rename', name: 'ADA' });
    ada.say({ type: 'rename', name: 'Eve' });
    bob.say({ type: 'rename', name: 'Ada' });
    ada.disconnect();
    cleo.say({ type: 'rename', name: 'Eve' });
    for (const client of clients) expect(client.heard().filter(({ type }) => type === 'error')).toEqual([]);
  });

  it('made up by the chat give way where they are taken', async () => {
    const chat = createChat();
    const ada = await ChatClient.connect(chat);
    const { name } = ada.heard()[0] ?? {};
    await ChatClient.connect(chat, `/chat?name=${encodeURIComponent(String(name))}&room=tea`);
    ada.say({ type: 'join', room: 'tea' });
    expect(ada.heard()).toMatchObject([
      { type: 'joined', members: [{ name }, { id: ada.id, name: expect.not.stringMatching(`^${name}$`) }] },
    ]);
  });
});
