import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { connect, gatewayTo, refusal, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';

stopAfterEach();

describe('messages that break a rule', () => {
  it('closes with 1007 for text that is not UTF-8', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url));
    const client = await connect(`${url}/up`);
    client.socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  it('closes with 1009 for a message above maxPayload, and tells the backend so', async () => {
    const upstream = await startUpstream();
    const accepted = upstream.nextSocket();
    const { url } = await startHost(gatewayTo(upstream.url, {}, { connection: { maxPayload: 1_024 } }));
    const client = await connect(`${url}/up`);
    const closed = once(await accepted, 'close');
    client.send(Buffer.alloc(1_025));
    expect((await client.closed).code).toBe(1009);
    expect((await closed)[0]).toBe(1009);
  });

  it('closes with 1009 for a small message that unpacks to a large one', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url, {}, { connection: { maxPayload: 65_536, compression: {} } }));
    const client = await connect(`${url}/up`, { perMessageDeflate: true });
    client.send(Buffer.alloc(10_000_000));
    expect((await client.closed).code).toBe(1009);
  });

  it('closes with 1002 for a frame that is none', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url));
    const client = await connect(`${url}/up`);
    (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from([0xff, 0x80, 0, 0, 0, 0]));
    expect((await client.closed).code).toBe(1002);
  });
});

describe('compression', () => {
  it('is offered without context takeover and carries messages both ways', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url, {}, { connection: { compression: { threshold: 0 } } }));
    const client = await connect(`${url}/up`, { perMessageDeflate: true });
    expect(client.socket.extensions).toContain('permessage-deflate');
    const messages = Array.from({ length: 50 }, (_, index) => `${index} ${'again and '.repeat(200)}`);
    for (const message of messages) client.send(message);
    expect(await client.take(50)).toEqual(messages);
  });

  it('is off by default', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url));
    expect((await connect(`${url}/up`, { perMessageDeflate: true })).socket.extensions).toBe('');
  });
});

describe('time', () => {
  it('cuts off a client that does not answer pings', async () => {
    const upstream = await startUpstream();
    const accepted = upstream.nextSocket();
    const { url, log } = await startHost(gatewayTo(upstream.url, {}, { connection: { heartbeatMs: 40 } }));
    const client = await connect(`${url}/up`, { autoPong: false });
    const closed = once(await accepted, 'close');
    expect((await client.closed).code).toBe(1006);
    expect((await closed)[0]).toBe(1001);
    await log.seen('client did not answer a ping');
  });

  it('keeps a client that answers, and ends an upstream that does not with 1014', async () => {
    const upstream = await startUpstream(undefined, { autoPong: false });
    const { url } = await startHost(gatewayTo(upstream.url, {}, { connection: { heartbeatMs: 40 } }));
    const client = await connect(`${url}/up`);
    let pings = 0;
    client.socket.on('ping', () => pings++);
    expect((await client.closed).code).toBe(1014);
    expect(pings).toBeGreaterThan(0);
  });

  it('takes bytes of a long message for life', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url, {}, { connection: { heartbeatMs: 50 } }));
    const client = await connect(`${url}/up`, { autoPong: false });
    const raw = (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    const length = 20;
    raw.write(Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0]));
    let left = length;
    const drip = setInterval(() => {
      if (left-- > 0) raw.write(Buffer.from('x'));
    }, 15);
    expect(await client.next()).toBe('x'.repeat(length));
    clearInterval(drip);
  });

  it('closes an idle connection with 3000, not one that talks', async () => {
    const upstream = await startUpstream();
    const { url } = await startHost(gatewayTo(upstream.url, {}, { connection: { idleTimeoutMs: 500 } }));
    const idle = await connect(`${url}/up`);
    const busy = await connect(`${url}/up`);
    let talking = true;
    const ended = idle.closed.finally(() => {
      talking = false;
    });
    while (talking) {
      busy.send('x');
      await busy.next();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toEqual({ code: 3000, reason: 'idle for too long' });
    expect(busy.socket.readyState).toBe(busy.socket.OPEN);
  });
});

describe('a client that reads too slowly', () => {
  const chatOf: HostConfigInput = {
    connection: { maxQueuedBytes: 262_144 },
    routes: [{ backend: { kind: 'chat', maxContentLength: 1_000_000, historySize: 0 } }],
  };
  const content = 'x'.repeat(100_000);

  it('is closed with 1013 while the others get everything', async () => {
    const { url, log } = await startHost(chatOf);
    const slow = await connect(`${url}/chat?room=tea`);
    const other = await connect(`${url}/chat?room=tea`);
    const sender = await connect(`${url}/chat?room=tea`);
    slow.socket.pause();
    let sent = 0;
    let told = false;
    const tooSlow = log.seen('client reads too slowly').then(() => {
      told = true;
    });
    while (!told) {
      sender.send(JSON.stringify({ content, id: `${sent++}` }));
      for (let message = await other.nextJson(); message.type !== 'message'; ) message = await other.nextJson();
    }
    await tooSlow;
    slow.socket.resume();
    expect(await slow.closed).toEqual({ code: 1013, reason: 'client reads too slowly' });
    sender.send(JSON.stringify({ content: 'still here' }));
    for (let message = await other.nextJson(); message.content !== 'still here'; ) message = await other.nextJson();
  });

  it('is cut off if it does not even read the close', async () => {
    const { url, http } = await startHost({ ...chatOf, connection: { ...chatOf.connection, closeTimeoutMs: 50 } });
    const slow = await connect(`${url}/chat?room=tea`);
    const sender = await connect(`${url}/chat?room=tea`);
    slow.socket.pause();
    const connections = async () => ((await (await fetch(`${http}/healthz`)).json()) as { connections: number }).connections;
    while ((await connections()) === 2) {
      sender.send(JSON.stringify({ content, id: `x${Math.random()}` }));
      for (let message = await sender.nextJson(); message.type !== 'ack'; ) message = await sender.nextJson();
    }
    expect(await connections()).toBe(1);
  });
});

it('logs neither payloads nor secrets, even at the level debug', async () => {
  const upstream = await startUpstream();
  const { url, log } = await startHost(gatewayTo(`${upstream.url}/?key=geheim`, { headers: { 'x-key': 'geheim' } }));
  const client = await connect(`${url}/up?token=geheim`, { headers: { cookie: 'session=geheim', authorization: 'Bearer geheim' } });
  client.send('geheim');
  await client.next();
  await client.close(4000, 'geheim');
  await upstream.stop();
  expect((await refusal(`${url}/up?token=geheim`)) as object).toMatchObject({ code: 1014 });
  expect(log.lines.map(({ message }) => message)).toEqual(expect.arrayContaining(['connected', 'closing', 'upstream unavailable']));
  expect(JSON.stringify(log.lines)).not.toContain('geheim');
});
