import { describe, expect, it } from 'vitest';
import { ChatClient, teaTime } from '../../../test/support/chat-client.js';
import { CLOSE } from '../close-codes.js';
import { createChat } from './chat.js';

describe('connecting', () => {
  it('greets a client with its connection id and a name made up for it', async () => {
    const client = await ChatClient.connect(createChat());
    const [welcome, ...rest] = client.heard();
    expect(welcome).toEqual({
      type: 'welcome',
      id: client.id,
      name: expect.stringMatching(/^\w+ \w+$/),
      content: `Welcome ${welcome?.name}!`,
    });
    expect(rest).toEqual([]);
  });

  it('takes name and room from the address', async () => {
    const chat = createChat();
    const ada = await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
    expect(ada.heard()).toEqual([
      { type: 'welcome', id: ada.id, name: 'Ada', room: 'tea', content: 'Welcome Ada!' },
      { type: 'joined', room: 'tea', members: [{ id: ada.id, name: 'Ada' }], history: [] },
    ]);
    expect(ada.context).toMatchObject({ room: 'tea', user: { id: ada.id, name: 'Ada' } });
  });

  it('greets first and then says what is wrong with the address', async () => {
    const { chat } = await teaTime(['Ada']);
    const second = await ChatClient.connect(chat, '/chat?name=ada&room=tea');
    expect(second.heard()).toMatchObject([
      { type: 'welcome', name: 'ada' },
      { type: 'error', code: 'name_taken' },
    ]);
    expect(second.context).not.toHaveProperty('room');
    expect(second.context.user).toEqual({ id: second.id, name: 'ada' });

    const third = await ChatClient.connect(chat, '/chat?name=%00%E0%A4%A&room=tea');
    expect(third.heard()).toMatchObject([{ type: 'welcome', room: 'tea' }, { type: 'joined' }, { type: 'error', code: 'invalid' }]);
  });

  it('reads an empty name and room on the address as none', async () => {
    const client = await ChatClient.connect(createChat(), '/chat?name=&room=');
    expect(client.heard()).toMatchObject([{ type: 'welcome' }]);
  });

  it("greets an account by its name and keeps the account's id and claims for plugins", async () => {
    const user = { id: 'u-1', name: 'Bob', claims: { role: 'host' } };
    const bob = await ChatClient.connect(createChat(), '/chat?name=Mallory&room=tea', user);
    expect(bob.heard()[0]).toMatchObject({ name: 'Bob', content: 'Welcome Bob!' });
    expect(bob.context.user).toEqual(user);
    bob.say({ type: 'rename', name: 'Bobby' });
    expect(bob.context.user).toEqual({ ...user, name: 'Bobby' });
  });

  it('takes the greeting literally, whatever the name looks like', async () => {
    const client = await ChatClient.connect(createChat({ greeting: '{name}, {name}?' }), `/chat?name=${encodeURIComponent('$& {name}')}`);
    expect(client.heard()[0]?.content).toBe('$& {name}, $& {name}?');
  });
});

describe('messages', () => {
  it('go to everybody else in the room as the same bytes, and to nobody elsewhere', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob', 'Cleo']);
    const [ada, bob, cleo] = clients;
    const outside = await ChatClient.connect(chat, '/chat?room=coffee');
    outside.heard();
    ada.say({ type: 'message', content: 'Hello ☕' });
    expect(ada.heard()).toEqual([]);
    expect(outside.heard()).toEqual([]);
    expect(bob.heard()).toEqual([
      {
        type: 'message',
        id: expect.stringMatching(/^[0-9a-f]{12}-1$/),
        room: 'tea',
        from: ada.id,
        name: 'Ada',
        content: 'Hello ☕',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ]);
    expect(cleo.frames.at(-1)?.payload).toBe(bob.frames.at(-1)?.payload);
  });

  it('carry ids that grow by one within a room', async () => {
    const { clients } = await teaTime(['Ada', 'Bob']);
    const [ada, bob] = clients;
    for (const content of ['one', 'two', 'three']) ada.say({ content });
    const ids = bob.heard().map(({ id }) => String(id).split('-'));
    expect(ids.map(([, offset]) => offset)).toEqual(['1', '2', '3']);
    expect(new Set(ids.map(([epoch]) => epoch)).size).toBe(1);
  });

  it('without a type enter the default room under the name they carry', async () => {
    const chat = createChat({ defaultRoom: 'hall' });
    const ada = await ChatClient.connect(chat);
    const bob = await ChatClient.connect(chat, '/chat?name=Bob&room=hall');
    ada.heard();
    bob.heard();
    ada.say({ name: 'Ada', content: 'Hello' });
    expect(ada.heard()).toMatchObject([{ type: 'joined', room: 'hall' }]);
    expect(bob.heard()).toMatchObject([
      { type: 'join', id: ada.id, name: 'Ada', room: 'hall', members: 2 },
      { type: 'message', from: ada.id, name: 'Ada', content: 'Hello' },
    ]);
    ada.say({ name: 'Ada L.', content: 'Under a new name' });
    expect(bob.heard()).toMatchObject([
      { type: 'rename', previous: 'Ada' },
      { type: 'message', name: 'Ada L.' },
    ]);
    ada.say({ name: 'BOB', content: 'Under his name', id: 'm' });
    expect(bob.heard()).toEqual([]);
    expect(ada.heard().at(-1)).toMatchObject({ type: 'error', code: 'name_taken', id: 'm' });
  });

  it('with an id are acknowledged, and sent once however often they come', async () => {
    const { clients } = await teaTime(['Ada', 'Bob']);
    const [ada, bob] = clients;
    const message = { type: 'message', id: 'm-1', content: 'Once' };
    ada.say(message);
    ada.say({ type: 'join', room: 'coffee' });
    ada.say(message);
    ada.say({ type: 'join', room: 'tea' });
    ada.say(message);
    const acks = ada.heard().filter(({ type }) => type === 'ack');
    const messages = bob.heard().filter(({ type }) => type === 'message');
    expect(messages).toHaveLength(1);
    expect(acks).toHaveLength(3);
    for (const ack of acks) expect(ack).toEqual({ type: 'ack', id: 'm-1', messageId: messages[0]?.id, at: messages[0]?.at });
  });

  it('that were refused may be sent again with the same id', async () => {
    const { clients } = await teaTime(['Ada', 'Bob']);
    const [ada, bob] = clients;
    ada.say({ id: 'm-1', content: '' });
    ada.say({ id: 'm-1', content: 'Better' });
    expect(ada.heard()).toMatchObject([
      { type: 'error', code: 'invalid', id: 'm-1' },
      { type: 'ack', id: 'm-1' },
    ]);
    expect(bob.heard()).toMatchObject([{ content: 'Better' }]);
  });

  it('are sent once when their sender comes back and repeats what was not acknowledged', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob']);
    const [ada, bob] = clients;
    const message = { type: 'message', id: 'm-1', content: 'Once' };
    ada.say(message);
    ada.disconnect();
    const again = await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
    again.heard();
    again.say(message);
    const messages = bob.heard().filter(({ type }) => type === 'message');
    expect(messages).toHaveLength(1);
    expect(again.heard()).toEqual([{ type: 'ack', id: 'm-1', messageId: messages[0]?.id, at: messages[0]?.at }]);
  });

  it('are new under an id that somebody else used, or that came with another content before a reconnect', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob', 'Cleo']);
    const [ada, bob, cleo] = clients;
    ada.say({ id: '1', content: 'Hello' });
    bob.say({ id: '1', content: 'Hello' });
    ada.disconnect();
    const again = await ChatClient.connect(chat, '/chat?name=Ada&room=tea');
    again.say({ id: '1', content: 'Back' });
    expect(cleo.heard().filter(({ type }) => type === 'message')).toMatchObject([{ name: 'Ada' }, { name: 'Bob' }, { content: 'Back' }]);
  });

  it('are new again when more ids than dedupeSize came in between', async () => {
    const { clients } = await teaTime(['Ada', 'Bob'], { dedupeSize: 2, roomDedupeSize: 2 });
    const [ada, bob] = clients;
    for (const id of ['a', 'b', 'c', 'c', 'b', 'a']) ada.say({ id, content: id });
    expect(bob.heard().map(({ content }) => content)).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe('the end', () => {
  it('of a connection inside a broadcast neither stops the others nor sends to it again', async () => {
    const { clients } = await teaTime(['Ada', 'Bob', 'Cleo']);
    const [ada, bob, cleo] = clients;
    bob.onSend = () => bob.disconnect();
    ada.say({ content: 'one' });
    ada.say({ content: 'two' });
    expect(bob.heard()).toMatchObject([{ content: 'one' }]);
    const heard = cleo.heard();
    expect(heard.filter(({ type }) => type === 'message')).toMatchObject([{ content: 'one' }, { content: 'two' }]);
    expect(heard.filter(({ type }) => type === 'leave')).toMatchObject([{ id: bob.id, members: 2 }]);
  });

  it('of a connection is told after the notice it happened in', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob']);
    const [ada, bob] = clients;
    ada.onSend = () => ada.disconnect();
    const cleo = await ChatClient.connect(chat, '/chat?name=Cleo&room=tea');
    expect(bob.heard()).toMatchObject([
      { type: 'join', id: cleo.id, members: 3 },
      { type: 'leave', id: ada.id, members: 2 },
    ]);
    expect(cleo.heard().at(-1)).toMatchObject({ type: 'joined', members: [{ id: bob.id }, { id: cleo.id }] });
  });

  it('of a connection while it enters with a message leaves neither the message nor a member behind', async () => {
    const { chat } = await teaTime([]);
    const ada = await ChatClient.connect(chat, '/chat?name=Ada&room=lobby');
    const bob = await ChatClient.connect(chat, '/chat?name=Bob');
    for (const client of [ada, bob]) client.heard();
    bob.onSend = () => bob.disconnect();
    bob.say({ id: 'm-1', content: 'Hello' });
    bob.say({ content: 'Hello again' });
    expect(bob.heard()).toMatchObject([{ type: 'joined' }]);
    expect(ada.heard()).toMatchObject([
      { type: 'join', id: bob.id },
      { type: 'leave', id: bob.id, members: 1 },
    ]);
  });

  it('of a connection while the others are told what it did is the last it notices', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob', 'Cleo', 'Eve']);
    const [ada, bob, cleo, eve] = clients;
    ada.onSend = () => bob.disconnect();
    bob.say({ id: 'm-1', content: 'Hello' });
    expect(bob.heard()).toEqual([]);
    ada.onSend = () => cleo.disconnect();
    const { version } = cleo.context;
    cleo.say({ type: 'rename', name: 'Dan' });
    expect(cleo.context.version).toBe(version);
    expect(ada.heard().map(({ type }) => type)).toEqual(['message', 'leave', 'rename', 'leave']);
    ada.onSend = () => eve.disconnect();
    eve.say({ type: 'join', room: 'coffee' });
    const late = await ChatClient.connect(chat, '/chat?name=Late&room=coffee');
    expect(late.heard()[1]).toMatchObject({ type: 'joined', members: [{ id: late.id }] });
  });

  it('of the chat closes everybody and refuses newcomers with 1001', async () => {
    const { chat, clients } = await teaTime(['Ada', 'Bob']);
    const late = await chat.admit({ path: '/', host: '', headers: {}, subprotocols: [], remoteAddress: '' });
    await chat.close();
    for (const client of clients) expect(client.closes).toEqual([{ code: CLOSE.GOING_AWAY.code, reason: CLOSE.GOING_AWAY.reason }]);
    expect(await chat.admit({ path: '/', host: '', headers: {}, subprotocols: [], remoteAddress: '' })).toMatchObject({
      refused: { code: 1001 },
    });
    const client = new ChatClient('/', undefined);
    if ('start' in late) late.start(client, () => {});
    expect(client.closes).toMatchObject([{ code: 1001 }]);
  });

  it('turns what the host has to say into a notice', () => {
    const frame = createChat().notice?.('PLUGIN_DEADLINE', 'The plugin "slow" took too long.');
    expect(frame && JSON.parse(Buffer.from(frame.payload).toString())).toEqual({
      type: 'notice',
      code: 'PLUGIN_DEADLINE',
      content: 'The plugin "slow" took too long.',
    });
  });
});
