import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect, it } from 'vitest';
import type { UpgradeRequest } from '../../host/src/backend/backend.js';
import { UpstreamBackend } from '../../host/src/backend/upstream-backend.js';
import { Heartbeat } from '../../host/src/gateway/heartbeat.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { connect, gatewayTo, LogRecorder, refusal, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';

stopAfterEach();

it('passes text and binary messages both ways and keeps their kind', async () => {
  const upstream = await startUpstream();
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  client.send('hello ☃');
  client.send(Buffer.from([0, 1, 255]));
  client.send('');
  expect(await client.take(3)).toEqual(['hello ☃', Buffer.from([0, 1, 255]), '']);
});

it('delivers what the upstream says before the client has said anything', async () => {
  const upstream = await startUpstream((socket) => {
    socket.send('one');
    socket.send('two');
  });
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  expect(await client.take(2)).toEqual(['one', 'two']);
});

it('delivers what a client says and then leaves', async () => {
  const upstream = await startUpstream(() => {});
  const accepted = upstream.nextSocket();
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  const socket = await accepted;
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(data.toString()));
  const closed = once(socket, 'close');
  client.send('last words');
  void client.close(4001, 'bye');
  expect([(await closed)[0], String((await closed)[1])]).toEqual([4001, 'bye']);
  expect(heard).toEqual(['last words']);
});

it('answers with the subprotocol that the upstream chose', async () => {
  const upstream = await startUpstream(undefined, { handleProtocols: (offered) => (offered.has('v2') ? 'v2' : false) });
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`, { protocols: ['v1', 'v2'] });
  expect(client.socket.protocol).toBe('v2');
});

it('adds the query of the client to the address of the upstream', async () => {
  const upstream = await startUpstream();
  const { url } = await startHost(gatewayTo(`${upstream.url}/base?key=1`));
  await connect(`${url}/up?room=tea%20pot`);
  expect(upstream.requests[0]?.url).toBe('/base?key=1&room=tea%20pot');
});

it('asks an upstream whose address has no path for the path of the client, and one with a path for its own', async () => {
  const upstream = await startUpstream();
  const to = (path: string, url: string) => ({ path, backend: { kind: 'upstream' as const, url } });
  const { url } = await startHost({
    routes: [
      to('/bare/*', upstream.url),
      to('/slash/*', `${upstream.url}/`),
      to('/query/*', `${upstream.url}?key=1`),
      to('/own/*', `${upstream.url}/base`),
    ],
  });
  for (const path of ['/bare/rooms/tea%20pot?a=1', '/slash/x', '/query/x?a=1', '/own/rooms/tea?a=1']) await connect(`${url}${path}`);
  expect(upstream.requests.map((request) => request.url)).toEqual([
    '/bare/rooms/tea%20pot?a=1',
    '/slash/x',
    '/query/x?key=1&a=1',
    '/base?a=1',
  ]);
});

it('lets no dot segments lead from one route to the paths of another', async () => {
  const upstream = await startUpstream();
  const { host } = await startHost({ routes: [{ path: '/open/*', backend: { kind: 'upstream', url: upstream.url } }] });
  const handshake = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      request({ host: '127.0.0.1', port: host.address.port, path, headers })
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('upgrade', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode);
        })
        .on('error', reject)
        .end();
    });
  expect(await handshake('/open/../admin')).toBe(404);
  expect(await handshake('/open/%2e%2e/admin')).toBe(404);
  expect(await handshake('/open/a/../b')).toBe(101);
  expect(upstream.requests.map(({ url }) => url)).toEqual(['/open/b']);
});

it('forwards the allowed headers, adds the configured ones, and says where the request came from', async () => {
  const upstream = await startUpstream();
  const { url } = await startHost(
    gatewayTo(upstream.url, {
      headers: { 'X-Key': 'ours', 'x-both': 'ours' },
      forwardHeaders: ['Cookie', 'x-both', 'connection', 'sec-websocket-key', 'x-forwarded-for'],
    }),
  );
  await connect(`${url}/up`, {
    headers: { cookie: 'a=1', authorization: 'Bearer x', 'x-both': 'theirs', 'x-other': '1', 'x-forwarded-for': '6.6.6.6' },
  });
  const headers = upstream.requests[0]?.headers ?? {};
  expect(headers).toMatchObject({
    cookie: 'a=1',
    'x-key': 'ours',
    'x-both': 'ours',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': url.slice('ws://'.length),
    'x-forwarded-proto': 'http',
    connection: 'Upgrade',
  });
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('x-other');
});

it('believes the forwarded headers of a trusted proxy, and only the part that it wrote', async () => {
  const upstream = await startUpstream();
  const { url } = await startHost(gatewayTo(upstream.url, {}, { server: { trustProxy: true, port: 0 } }));
  await connect(`${url}/up`, {
    headers: { 'x-forwarded-for': '6.6.6.6, 9.9.9.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'chat.example' },
  });
  expect(upstream.requests[0]?.headers).toMatchObject({
    'x-forwarded-for': '9.9.9.9',
    'x-forwarded-host': 'chat.example',
    'x-forwarded-proto': 'https',
  });
});

it('passes the close code and reason of the upstream to the client', async () => {
  const upstream = await startUpstream((socket) => socket.on('message', () => socket.close(4242, 'enough')));
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  client.send('x');
  expect(await client.closed).toEqual({ code: 4242, reason: 'enough' });
});

it('closes with 1000 when the upstream closes without a code', async () => {
  const upstream = await startUpstream((socket) => socket.close());
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  expect((await client.closed).code).toBe(1000);
});

it('closes with 1014 when the upstream dies', async () => {
  const upstream = await startUpstream((socket) => socket.on('message', () => socket.terminate()));
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  client.send('x');
  expect(await client.closed).toEqual({ code: 1014, reason: 'upstream connection failed' });
});

it('closes the upstream with 1001 when the client vanishes', async () => {
  const upstream = await startUpstream();
  const accepted = upstream.nextSocket();
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  const closed = once(await accepted, 'close');
  client.socket.terminate();
  expect((await closed)[0]).toBe(1001);
});

it('closes with 1014 and the reason when nothing listens at the upstream', async () => {
  const upstream = await startUpstream();
  await upstream.stop();
  const { url } = await startHost(gatewayTo(upstream.url));
  expect(await refusal(`${url}/up`)).toEqual({ code: 1014, reason: 'upstream refused the connection' });
});

it('closes with 1014 and the status when the upstream answers with HTTP', async () => {
  const server = createServer();
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { url } = await startHost(gatewayTo(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
  expect(await refusal(`${url}/up`)).toEqual({ code: 1014, reason: 'upstream answered HTTP 401' });
  server.close();
});

it('closes with 1014 when the upstream accepts and then says nothing', async () => {
  const server = createTcpServer(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { url } = await startHost(gatewayTo(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { connectTimeoutMs: 50 }));
  expect(await refusal(`${url}/up`)).toEqual({ code: 1014, reason: 'upstream did not answer within 50 ms' });
  server.close();
});

it('ends with 1014 when a message of the upstream is above its limit', async () => {
  const upstream = await startUpstream((socket) => socket.send(Buffer.alloc(5_000)));
  const { url } = await startHost(gatewayTo(upstream.url, { maxPayload: 4_096 }));
  const client = await connect(`${url}/up`);
  expect(await client.closed).toEqual({ code: 1014, reason: 'upstream connection failed: Max payload size exceeded' });
});

it('passes messages of the largest size allowed', async () => {
  const upstream = await startUpstream();
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`, { maxPayload: 4_000_000 });
  const big = Buffer.alloc(1_048_576, 7);
  client.send(big);
  expect(big.equals((await client.next()) as Buffer)).toBe(true);
});

it('pauses the client of a slow upstream, and delivers everything in order when it reads again', async () => {
  const upstream = await startUpstream((socket) => socket.pause());
  const accepted = upstream.nextSocket();
  const { url } = await startHost(gatewayTo(upstream.url, { maxQueuedBytes: 65_536 }));
  const client = await connect(`${url}/up`);
  const socket = await accepted;
  const count = 500;
  for (let index = 0; index < count; index++) client.send(Buffer.alloc(65_536, index % 251));
  await standstill(url, () => client.socket.bufferedAmount);
  expect(client.socket.bufferedAmount).toBeGreaterThan(8_000_000);
  const heard: number[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      heard.push((data as Buffer)[0] ?? -1);
      if (heard.length === count) resolve();
    });
  });
  socket.resume();
  await all;
  expect(heard).toEqual(Array.from({ length: count }, (_, index) => index % 251));
});

it('pauses the upstream of a slow client instead of closing it', async () => {
  const count = 500;
  const upstream = await startUpstream((socket) => {
    for (let index = 0; index < count; index++) socket.send(Buffer.alloc(65_536, index % 251));
  });
  const accepted = upstream.nextSocket();
  const { url } = await startHost(gatewayTo(upstream.url));
  const client = await connect(`${url}/up`);
  client.socket.pause();
  const socket = await accepted;
  await standstill(url, () => socket.bufferedAmount);
  expect(socket.bufferedAmount).toBeGreaterThan(8_000_000);
  client.socket.resume();
  const heard = (await client.take(count)).map((message) => (message as Buffer)[0]);
  expect(heard).toEqual(Array.from({ length: count }, (_, index) => index % 251));
  expect(client.socket.readyState).toBe(client.socket.OPEN);
});

/** Resolves when a number has not fallen while the host has answered 20 requests, one after the other: it has nothing to do that would change it. */
async function standstill(host: string, read: () => number): Promise<void> {
  const health = `${host.replace('ws:', 'http:')}/healthz`;
  let last = Number.POSITIVE_INFINITY;
  for (let still = 0; still < 20; still++) {
    expect((await fetch(health)).status).toBe(200);
    if (read() < last) still = 0;
    last = read();
  }
}

it('lets go of the client’s request once the connection is there', async () => {
  const upstream = await startUpstream();
  const backend = new UpstreamBackend({
    route: 'up',
    options: {
      kind: 'upstream',
      url: upstream.url,
      forwardHeaders: [],
      headers: {},
      connectTimeoutMs: 5_000,
      maxQueuedBytes: 65_536,
      notices: true,
    },
    maxPayload: 65_536,
    closeTimeoutMs: 1_000,
    heartbeat: new Heartbeat(0),
    logger: new LogRecorder(),
  });
  const admit = async () => {
    const request: UpgradeRequest = { path: '/', host: 'localhost', headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' };
    return { admission: await backend.admit(request), request: new WeakRef(request) };
  };
  const { admission, request } = await admit();
  // a WeakRef holds what it refers to until the task that made it has ended
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(request.deref()).toBeUndefined();
  expect('refused' in admission).toBe(false);
  await backend.close();
});
