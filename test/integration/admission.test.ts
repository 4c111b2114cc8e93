import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { connect, type RunningHost, refusal, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { WsClient } from '../support/ws-client.js';

stopAfterEach();

const chat: HostConfigInput = { routes: [{ path: '/chat' }] };

describe('routes', () => {
  it('answers 404 and names the routes for an address that none has', async () => {
    const { url } = await startHost({ routes: [{ path: '/chat' }, { path: '/rooms/*' }] });
    expect(await refusal(`${url}/nowhere`)).toEqual({ status: 404, body: 'No route has this address. Routes: /chat, /rooms/*\n' });
  });

  it('takes the most specific route: exact host, wildcard host, exact path, longest prefix', async () => {
    const says = async (text: string) => (await startUpstream((socket) => socket.send(text))).url;
    const route = async (text: string, path: string, host?: string) => ({
      path,
      ...(host === undefined ? {} : { host }),
      backend: { kind: 'upstream' as const, url: await says(text) },
    });
    const { url } = await startHost({
      server: { hosts: '*' },
      routes: [
        await route('any', '/*'),
        await route('prefix', '/a/*'),
        await route('longer', '/a/b/*'),
        await route('exact', '/a/b/c'),
        await route('wild', '/a/*', '*.example.com'),
        await route('host', '/a/*', 'chat.example.com'),
      ],
    });
    const at = async (path: string, host?: string) =>
      (await connect(`${url}${path}`, host === undefined ? {} : { headers: { host } })).next();
    expect(await at('/x')).toBe('any');
    expect(await at('/a')).toBe('prefix');
    expect(await at('/a/bc?query=/a/b/c')).toBe('prefix');
    expect(await at('/a/b/d')).toBe('longer');
    expect(await at('/a/b/c')).toBe('exact');
    expect(await at('/a/b/c', 'x.example.com:4444')).toBe('wild');
    expect(await at('/a/b/c', 'CHAT.example.com')).toBe('host');
    expect(await at('/a/b/c', 'example.com')).toBe('exact');
  });
});

describe('origins', () => {
  it('takes pages of its own host and clients that are not browsers', async () => {
    const { url, http } = await startHost(chat);
    await connect(`${url}/chat`, { origin: http });
    await connect(`${url}/chat`);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'not a url'])('refuses the origin %s with 403', async (origin) => {
    const { url } = await startHost(chat);
    expect(await refusal(`${url}/chat`, { origin })).toMatchObject({ status: 403 });
  });

  it('takes the listed origins only, if there is a list', async () => {
    const { url, http } = await startHost({ ...chat, server: { port: 0, origins: ['https://chat.example'] } });
    await connect(`${url}/chat`, { origin: 'https://chat.example' });
    expect(await refusal(`${url}/chat`, { origin: 'https://chat.example.evil' })).toMatchObject({ status: 403 });
    expect(await refusal(`${url}/chat`, { origin: http })).toMatchObject({ status: 403 });
  });

  it('takes the scheme of a page for part of its host where a trusted proxy says whether there is TLS', async () => {
    const { url } = await startHost({ ...chat, server: { trustProxy: true } });
    const from = (origin: string, proto: string) => ({
      origin,
      headers: { 'x-forwarded-proto': proto, 'x-forwarded-host': 'chat.example' },
    });
    await connect(`${url}/chat`, from('https://chat.example', 'https'));
    await connect(`${url}/chat`, from('http://chat.example', 'http'));
    expect(await refusal(`${url}/chat`, from('http://chat.example', 'https'))).toMatchObject({ status: 403 });
    expect(await refusal(`${url}/chat`, from('https://chat.example', 'http'))).toMatchObject({ status: 403 });
  });

  it('refuses an origin with user info, or of a page that is not from the web', async () => {
    const { url, http } = await startHost(chat);
    const at = http.slice('http://'.length);
    for (const origin of [`http://user@${at}`, `http://@${at}`, `http://user:pass@${at}`, `ftp://${at}`]) {
      expect(await refusal(`${url}/chat`, { origin })).toMatchObject({ status: 403 });
    }
    const listed = await startHost({ ...chat, server: { origins: ['https://chat.example'] } });
    expect(await refusal(`${listed.url}/chat`, { origin: 'https://user@chat.example' })).toMatchObject({ status: 403 });
  });

  it('takes every origin with *', async () => {
    const { url } = await startHost({ ...chat, server: { port: 0, origins: '*' } });
    await connect(`${url}/chat`, { origin: 'https://anywhere.example' });
  });
});

describe('host names', () => {
  const routes = [{ path: '/chat' }, { host: 'chat.example.com' }, { host: '*.example.net' }];

  /** What a plain request and an upgrade with this Host header get. */
  async function answers({ host, url }: RunningHost, name: string) {
    const plain = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      get({ host: '127.0.0.1', port: host.address.port, path: '/healthz', headers: { host: name } }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      }).on('error', reject);
    });
    const client = WsClient.connecting(`${url}/chat`, { headers: { host: name } });
    const upgrade = await new Promise<number>((resolve) => {
      client.socket.once('open', () => resolve(101));
      client.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    });
    client.socket.terminate();
    return { ...plain, upgrade };
  }

  it.each(['localhost:4444', 'LOCALHOST', 'localhost.', 'app.localhost', '127.0.0.1:4444', '127.9.9.9', '[::1]:4444'])(
    'answers %s where it is bound to a loopback address',
    async (name) => {
      expect(await answers(await startHost({ routes }), name)).toMatchObject({ status: 200, upgrade: 101 });
    },
  );

  it.each(['chat.example.com:4444', 'a.example.net'])('answers %s, the name of a route', async (name) => {
    expect(await answers(await startHost({ routes }), name)).toMatchObject({ status: 200, upgrade: 101 });
  });

  it.each(['evil.example', 'localhost.evil.example', 'evil.example@localhost', '127.0.0.1.evil.example', '10.0.0.1', '0.0.0.0', '[::2]'])(
    'refuses %s with 403 and says what to set, so that no page can make its own name mean this host',
    async (name) => {
      const { status, body, upgrade } = await answers(await startHost({ routes }), name);
      expect([status, upgrade]).toEqual([403, 403]);
      expect(body).toContain('server.hosts');
      expect(body).toContain(JSON.stringify(name));
    },
  );

  it('answers any name with *, and where it is bound to another address', async () => {
    expect(await answers(await startHost({ routes, server: { hosts: '*' } }), 'any.example')).toMatchObject({ status: 200, upgrade: 101 });
    expect(await answers(await startHost({ routes, server: { host: '0.0.0.0' } }), 'any.example')).toMatchObject({
      status: 200,
      upgrade: 101,
    });
  });

  it('answers the listed names only, if there is a list', async () => {
    const running = await startHost({ routes, server: { host: '0.0.0.0', hosts: ['chat.example', '*.sub.example', '[::1]'] } });
    for (const name of ['chat.example', 'a.sub.example:1', '[::1]:1']) expect(await answers(running, name)).toMatchObject({ status: 200 });
    for (const name of ['sub.example', 'localhost', '127.0.0.1'])
      expect(await answers(running, name)).toMatchObject({ status: 403, upgrade: 403 });
  });
});

describe('limits', () => {
  it('closes with 1013 above maxConnections, and takes a client again when one has left', async () => {
    const { url } = await startHost({ ...chat, server: { port: 0, maxConnections: 2 } });
    const first = await connect(`${url}/chat`);
    const second = await connect(`${url}/chat?name=second`);
    expect(await refusal(`${url}/chat`)).toEqual({ code: 1013, reason: 'try again later' });
    await first.close();
    await second.next();
    let third = await refusalOrOpen(`${url}/chat`);
    while (third !== 'open') third = await refusalOrOpen(`${url}/chat`);
  });

  it('counts connections by address', async () => {
    const { url } = await startHost({ ...chat, server: { port: 0, maxConnectionsPerAddress: 1, trustProxy: true } });
    await connect(`${url}/chat`, { headers: { 'x-forwarded-for': '10.0.0.1' } });
    await connect(`${url}/chat`, { headers: { 'x-forwarded-for': '10.0.0.2' } });
    expect(await refusal(`${url}/chat`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).toMatchObject({ code: 1013 });
  });

  it('gives the place of a refused upstream back', async () => {
    const upstream = await startUpstream();
    await upstream.stop();
    const { url } = await startHost({
      server: { port: 0, maxConnections: 1 },
      routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url } }, { path: '/chat' }],
    });
    expect(await refusal(`${url}/up`)).toMatchObject({ code: 1014 });
    let next = await refusalOrOpen(`${url}/chat`);
    while (next !== 'open') next = await refusalOrOpen(`${url}/chat`);
  });

  it('cuts off who does not finish a request in time', async () => {
    const { host } = await startHost({ ...chat, server: { port: 0, handshakeTimeoutMs: 50 } });
    const socket = connectTcp(host.address.port, '127.0.0.1');
    socket.write('GET /chat HTTP/1.1\r\nHost: localhost\r\n');
    socket.resume();
    await once(socket, 'close');
  });
});

describe('handshakes', () => {
  it.each([
    ['a version that is not 13', { 'Sec-WebSocket-Version': '7', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }, 400],
    ['no key', { 'Sec-WebSocket-Version': '13' }, 400],
    ['another protocol', { Upgrade: 'h2c' }, 400],
    [
      'subprotocols that cannot be read',
      { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol': ',,' },
      400,
    ],
  ])('refuses %s', async (_name, headers, status) => {
    const { host } = await startHost(chat);
    const lines = Object.entries({ Host: 'localhost', Connection: 'Upgrade', Upgrade: 'websocket', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const socket = connectTcp(host.address.port, '127.0.0.1');
    socket.write(`GET /chat HTTP/1.1\r\n${lines.join('')}\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    socket.destroy();
  });
});

async function refusalOrOpen(url: string): Promise<'open' | 'refused'> {
  const client = await connect(url);
  return Promise.race([client.next().then(() => 'open' as const), client.closed.then(() => 'refused' as const)]);
}
