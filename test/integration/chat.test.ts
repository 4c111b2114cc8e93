import { describe, expect, it } from 'vitest';
import { connect, startHost, stopAfterEach } from '../support/hosts.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

/** The chat alone, without plugins. */
async function startChat(options: object = {}) {
  return startHost({ routes: [{ path: '/chat', backend: { kind: 'chat', ...options }, plugins: [] }] });
}

async function enter(url: string, name: string, room = 'tea'): Promise<WsClient> {
  const client = await connect(`${url}/chat?name=${name}&room=${room}`);
  expect(await client.take(2)).toMatchObject([expect.stringContaining('"welcome"'), expect.stringContaining('"joined"')]);
  return client;
}

const say = (client: WsClient, value: unknown) => client.send(JSON.stringify(value));

describe('the chat over WebSockets', () => {
  it('carries a conversation between clients that only know name and content', async () => {
    const { url } = await startChat();
    const ada = await connect(`${url}/chat`);
    const bob = await connect(`${url}/chat`);
    for (const client of [ada, bob])
      expect(await client.nextJson()).toMatchObject({ type: 'welcome', content: expect.stringMatching(/^Welcome /) });
    say(ada, { name: 'Ada', content: 'Anybody here?' });
    expect(await ada.nextJson()).toMatchObject({ type: 'joined', room: 'lobby', members: [{ name: 'Ada' }], history: [] });
    say(bob, { name: 'Bob', content: 'Me ☕' });
    expect(await bob.nextJson()).toMatchObject({ type: 'joined', history: [{ name: 'Ada', content: 'Anybody here?' }] });
    expect(await ada.nextJson()).toMatchObject({ type: 'join', name: 'Bob', members: 2 });
    expect(await ada.nextJson()).toMatchObject({ type: 'message', name: 'Bob', content: 'Me ☕' });
  });

  it('tells the others when a socket breaks', async () => {
    const { url } = await startChat();
    const ada = await enter(url, 'Ada');
    const bob = await enter(url, 'Bob');
    expect(await ada.nextJson()).toMatchObject({ type: 'join', name: 'Bob', members: 2 });
    bob.socket.terminate();
    expect(await ada.nextJson()).toMatchObject({ type: 'leave', name: 'Bob', members: 1 });
    await enter(url, 'Bob');
  });

  it('answers what it refuses and keeps the connection', async () => {
    const { url } = await startChat();
    const ada = await enter(url, 'Ada');
    for (const frame of ['Hello', Buffer.from('{}'), '{"type":"shout"}', '{"id":"m-1","content":7}', '{"type":"join","room":"\\u202e"}'])
      ada.send(frame);
    const codes = [];
    for (let index = 0; index < 5; index += 1) codes.push((await ada.nextJson()).code);
    expect(codes).toEqual(['malformed', 'binary', 'unknown_type', 'invalid', 'invalid']);
    say(ada, { id: 'm-2', content: 'Still here' });
    expect(await ada.nextJson()).toMatchObject({ type: 'ack', id: 'm-2' });
  });

  it('gives every member the messages of many senders once and in one order', async () => {
    const { url } = await startChat();
    const names = ['Ada', 'Bob', 'Cleo', 'Dan'];
    const clients: WsClient[] = [];
    for (const name of names) {
      const client = await enter(url, name);
      for (const earlier of clients) expect(await earlier.nextJson()).toMatchObject({ type: 'join', name });
      clients.push(client);
    }
    const each = 100;
    for (let index = 0; index < each; index += 1) for (const client of clients) say(client, { id: `m-${index}`, content: `${index}` });

    const orders = await Promise.all(
      clients.map(async (client, position) => {
        const heard: Record<string, unknown>[] = [];
        for (let index = 0; index < names.length * each; index += 1) heard.push(await client.nextJson());
        const acks = heard.filter(({ type }) => type === 'ack');
        expect(acks.map(({ id }) => id)).toEqual(Array.from({ length: each }, (_, index) => `m-${index}`));
        for (const name of names) {
          const contents = heard.filter((frame) => frame.type === 'message' && frame.name === name).map(({ content }) => content);
          expect(contents).toEqual(name === names[position] ? [] : Array.from({ length: each }, (_, index) => `${index}`));
        }
        return heard.map(({ type, id, messageId }) => (type === 'ack' ? messageId : id));
      }),
    );
    for (const order of orders) expect(order).toEqual(orders[0]);
  });

  it('takes its bounds from the configuration', async () => {
    const { url } = await startChat({ createRooms: false, rooms: ['tea'], maxMembers: 1, maxContentLength: 5, greeting: 'Hi {name}' });
    const ada = await connect(`${url}/chat?name=Ada&room=tea`);
    expect(await ada.nextJson()).toMatchObject({ content: 'Hi Ada', room: 'tea' });
    expect(await ada.nextJson()).toMatchObject({ type: 'joined' });
    say(ada, { content: '123456' });
    expect(await ada.nextJson()).toMatchObject({ code: 'invalid' });
    say(ada, { type: 'join', room: 'coffee' });
    expect(await ada.nextJson()).toMatchObject({ code: 'unknown_room' });
    const bob = await connect(`${url}/chat?room=tea`);
    expect(await bob.nextJson()).toMatchObject({ type: 'welcome' });
    expect(await bob.nextJson()).toMatchObject({ code: 'room_full' });
  });

  it('closes its clients with 1001 when the host drains', async () => {
    const { url, host } = await startChat();
    const ada = await enter(url, 'Ada');
    await host.drain();
    expect(await ada.closed).toMatchObject({ code: 1001 });
  });
});
