import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ChatClient, type ChatClientOptions, OUTBOX_LIMIT } from './chat-client.js';
import type { ChatState } from './chat-state.js';

type Json = Record<string, unknown>;

/** One accepted socket: frames are taken in order, answers are written by the test. */
class Peer {
  readonly socket: WebSocket;
  readonly #frames: Json[] = [];
  readonly #waiting: ((frame: Json) => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as Json;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#frames.push(frame);
      else waiting(frame);
    });
  }

  next(): Promise<Json> {
    const frame = this.#frames.shift();
    return frame === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(frame);
  }

  send(frame: Json): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Plays the server's part up to `joined`. */
  async letIn(id = 'c1', history: readonly Json[] = []): Promise<void> {
    this.send({ type: 'welcome', id, name: 'Guest', content: 'Welcome' });
    const { room, name } = await this.next();
    this.send({ type: 'joined', room, members: [{ id, name }], history });
  }
}

let server: WebSocketServer;
let client: ChatClient;
const peers: Peer[] = [];
const arrivals: ((peer: Peer) => void)[] = [];

function nextPeer(): Promise<Peer> {
  const peer = peers.shift();
  return peer === undefined ? new Promise((resolve) => arrivals.push(resolve)) : Promise.resolve(peer);
}

function newClient(options: Partial<ChatClientOptions> = {}): ChatClient {
  client = new ChatClient({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/chat`,
    open: (url) => new WebSocket(url) as unknown as globalThis.WebSocket,
    backoff: { baseMs: 2, maxMs: 20 },
    ...options,
  });
  return client;
}

function until(predicate: (state: ChatState) => boolean): Promise<ChatState> {
  return new Promise((resolve) => {
    const check = () => {
      if (!predicate(client.state)) return false;
      unsubscribe();
      resolve(client.state);
      return true;
    };
    const unsubscribe = client.subscribe(check);
    check();
  });
}

const online = () => until(({ connection }) => connection.kind === 'online');
const deliveries = () =>
  client.state.entries.flatMap((entry) => (entry.kind === 'message' ? [`${entry.content}: ${entry.delivery.kind}`] : []));

async function enter(): Promise<Peer> {
  client.enter('tea', 'Ada');
  const peer = await nextPeer();
  await peer.letIn();
  await online();
  return peer;
}

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    const peer = new Peer(socket);
    const waiting = arrivals.shift();
    if (waiting === undefined) peers.push(peer);
    else waiting(peer);
  });
  await once(server, 'listening');
});

afterEach(async () => {
  client.leave();
  peers.length = 0;
  arrivals.length = 0;
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

describe('entering', () => {
  it('joins the room under the name', async () => {
    newClient().enter('tea', 'Ada');
    const peer = await nextPeer();
    peer.send({ type: 'welcome', id: 'c1', name: 'Guest', content: '' });
    expect(await peer.next()).toEqual({ type: 'join', room: 'tea', name: 'Ada' });
    peer.send({ type: 'joined', room: 'tea', members: [{ id: 'c1', name: 'Ada' }], history: [] });
    expect(await online()).toMatchObject({ room: 'tea', name: 'Ada', members: [{ id: 'c1', name: 'Ada' }] });
  });

  it('goes back to the door when the room refuses, and says why', async () => {
    newClient().enter('tea', 'Ada');
    const peer = await nextPeer();
    await peer.next();
    peer.send({ type: 'error', code: 'name_taken', content: 'There is an Ada already.' });
    const state = await until(({ room }) => room === undefined);
    expect(state).toMatchObject({ connection: { kind: 'idle' }, problem: { code: 'name_taken', content: 'There is an Ada already.' } });
  });

  it('moves to another room over the same socket', async () => {
    newClient();
    const peer = await enter();
    client.enter('coffee', 'Ada');
    expect(await peer.next()).toEqual({ type: 'join', room: 'coffee', name: 'Ada' });
    expect(server.clients.size).toBe(1);
  });

  it('tries again when the server does not answer', async () => {
    newClient({ connectTimeoutMs: 30 }).enter('tea', 'Ada');
    const silent = await nextPeer();
    await silent.next();
    await (await nextPeer()).letIn();
    await online();
  });

  it('leaves with a word and a clean close', async () => {
    newClient();
    const peer = await enter();
    const closed = once(peer.socket, 'close');
    client.leave();
    expect(await peer.next()).toEqual({ type: 'leave' });
    expect((await closed)[0]).toBe(1000);
    expect(client.state).toMatchObject({ connection: { kind: 'idle' }, room: undefined, entries: [] });
  });
});

describe('messages', () => {
  it('are shown at once and marked when the room has them', async () => {
    newClient();
    const peer = await enter();
    client.send('hello');
    expect(deliveries()).toEqual(['hello: pending']);
    const { type, id, content } = await peer.next();
    expect({ type, content }).toEqual({ type: 'message', content: 'hello' });
    peer.send({ type: 'ack', id, messageId: 'm1', at: new Date().toISOString() });
    await until(() => deliveries()[0] === 'hello: delivered');
  });

  it('count as not delivered without an acknowledgement, and can be sent again under the same id', async () => {
    newClient({ ackTimeoutMs: 30 });
    const peer = await enter();
    client.send('hello');
    const first = await peer.next();
    peer.send({ name: 'moderator', content: 'content has been detected as copy pasta' });
    const state = await until(() => deliveries()[0] === 'hello: undelivered');
    expect(state.entries.at(-1)).toMatchObject({ kind: 'notice', source: 'plugin', name: 'moderator' });
    client.resend(String(first.id));
    expect(deliveries()).toEqual(['hello: pending']);
    expect(await peer.next()).toEqual(first);
  });

  it('count as not delivered at once when a plugin says that it has stopped them', async () => {
    newClient({ ackTimeoutMs: 60_000 });
    const peer = await enter();
    client.send('hello');
    const { id } = await peer.next();
    peer.send({ name: 'moderator', content: 'no', id });
    await until(() => deliveries()[0] === 'hello: undelivered');
    expect(client.state.entries[0]).toMatchObject({ delivery: { reason: 'no' } });
    // It waits for nothing any more: coming back doesn't send it again.
    peer.socket.terminate();
    const second = await nextPeer();
    await second.letIn('c2');
    await online();
    client.send('again');
    expect(await second.next()).toMatchObject({ content: 'again' });
  });

  it('are not sent again once delivered', async () => {
    newClient();
    const peer = await enter();
    client.send('hello');
    const { id } = await peer.next();
    peer.send({ type: 'ack', id, messageId: 'm1', at: '' });
    await until(() => deliveries()[0] === 'hello: delivered');
    client.resend(String(id));
    client.rename('Bea');
    expect(await peer.next()).toEqual({ type: 'rename', name: 'Bea' });
  });

  it('are not taken when too many wait already', async () => {
    newClient();
    client.enter('tea', 'Ada');
    for (let count = 0; count < OUTBOX_LIMIT; count += 1) expect(client.send(`${count}`)).toBe(true);
    expect(client.send('one more')).toBe(false);
    expect(client.state.entries).toHaveLength(OUTBOX_LIMIT);
  });

  it('tell a dead connection from a dropped message by asking', async () => {
    newClient({ ackTimeoutMs: 30 });
    const peer = await enter();
    client.send('hello');
    await peer.next();
    expect(await peer.next()).toEqual({ type: 'who' });
    await (await nextPeer()).letIn();
    await online();
  });

  it('leave the connection alone when the question is answered', async () => {
    newClient({ ackTimeoutMs: 30 });
    const peer = await enter();
    client.send('one');
    await peer.next();
    await peer.next();
    peer.send({ type: 'who', room: 'tea', members: [{ id: 'c1', name: 'Ada' }] });
    client.send('two');
    await until(() => deliveries()[1] === 'two: undelivered');
    expect(client.state.connection.kind).toBe('online');
  });
});

describe('coming back', () => {
  it('rejoins and sends what waited, in order, with the same ids', async () => {
    newClient();
    const first = await enter();
    client.send('one');
    const sent = await first.next();
    first.socket.close(1013, 'try again later');
    await until(({ connection }) => connection.kind !== 'online');
    client.send('two');
    const second = await nextPeer();
    await second.letIn('c2');
    expect(await second.next()).toEqual(sent);
    expect(await second.next()).toMatchObject({ type: 'message', content: 'two' });
  });

  it('does not send again what the history shows to have arrived', async () => {
    newClient();
    const first = await enter();
    client.send('one');
    await first.next();
    client.send('two');
    await first.next();
    first.socket.terminate();
    const second = await nextPeer();
    const arrived = { type: 'message', id: 'm1', room: 'tea', from: 'c1', name: 'Ada', content: 'one', at: new Date().toISOString() };
    await second.letIn('c2', [arrived]);
    expect(await second.next()).toMatchObject({ type: 'message', content: 'two' });
    expect(deliveries()).toEqual(['one: delivered', 'two: pending']);
  });

  it('waits longer each time, and no longer than told once the reader is impatient', async () => {
    newClient({ backoff: { baseMs: 60_000, maxMs: 120_000 } });
    const first = await enter();
    first.socket.terminate();
    const { connection } = await until((state) => state.connection.kind === 'waiting');
    expect(connection.kind === 'waiting' && connection.retryAt - Date.now()).toBeGreaterThan(25_000);
    client.reconnect();
    await (await nextPeer()).letIn();
    await online();
  });

  it.each([1003, 1007, 1008, 1009])('stays away after close code %i, says why, and gives waiting messages back', async (code) => {
    newClient();
    const peer = await enter();
    client.send('hello');
    await peer.next();
    peer.socket.close(code, 'failed to validate message');
    const state = await until(({ connection }) => connection.kind === 'closed');
    expect(state.connection).toMatchObject({ reason: expect.stringMatching(/\.$/) });
    expect(deliveries()).toEqual(['hello: undelivered']);
  });

  it('connects again after a final close when asked to', async () => {
    newClient();
    const peer = await enter();
    peer.socket.close(1008, 'policy violation');
    await until(({ connection }) => connection.kind === 'closed');
    client.reconnect();
    await (await nextPeer()).letIn();
    await online();
  });

  it('tries again when its own ghost still has the name', async () => {
    newClient();
    const first = await enter();
    first.socket.terminate();
    const second = await nextPeer();
    await second.next();
    second.send({ type: 'error', code: 'name_taken', content: 'There is an Ada already.' });
    await (await nextPeer()).letIn('c3');
    await online();
    expect(client.state.room).toBe('tea');
  });

  it('keeps trying while nobody listens', async () => {
    newClient();
    const peer = await enter();
    const { port } = server.address() as AddressInfo;
    const stopped = new Promise((resolve) => server.close(resolve));
    peer.socket.terminate();
    await stopped;
    let waits = 0;
    await until(({ connection }) => connection.kind === 'waiting' && ++waits === 3);
    server = new WebSocketServer({ port, host: '127.0.0.1' });
    server.on('connection', (socket) => void new Peer(socket).letIn('c9'));
    await online();
  });
});

it('asks who is here when its list does not agree with the count', async () => {
  newClient();
  const peer = await enter();
  peer.send({ type: 'join', id: 'c5', name: 'Eve', room: 'tea', members: 4 });
  expect(await peer.next()).toEqual({ type: 'who' });
});
