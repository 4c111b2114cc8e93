import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { get, messageOf } from '../../../test/support/http-asking.js';
import { type Received, TestHttpServer } from '../../../test/support/http-server.js';
import { manifestOf } from '../../../test/support/wat-guest.js';
import { DEFAULT_HTTP_GRANT } from '../config/http-schema.js';
import type { HttpRequest, HttpResult } from '../pipeline/http-exchange.js';
import { HttpGate } from './http-gate.js';
import type { HttpGrant } from './http-grant.js';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(answer?: (request: Received) => void, address?: string): Promise<TestHttpServer> {
  const server = await TestHttpServer.start(answer, address);
  closers.push(() => server.close());
  return server;
}

function gate(grant: Partial<HttpGrant>, isPublic?: (address: string) => boolean, asked?: string[]): HttpGate {
  const manifest = asked && manifestOf(['on_request_message'], { capabilities: { state: [], http: asked } });
  const made = new HttpGate({ ...DEFAULT_HTTP_GRANT, allowPrivate: true, hosts: ['127.0.0.1:*'], ...grant }, manifest, isPublic);
  closers.push(() => made.close());
  return made;
}

const bodyOf = (result: HttpResult): string => (result.kind === 'response' ? Buffer.from(result.body).toString() : result.message);
const ok = ({ response }: Received) => void response.end('ok');

describe('HttpGate', () => {
  it('counts what became of its requests, their bytes and their time', async () => {
    const server = await serve(({ path, response }) => {
      if (path === '/turn') response.writeHead(302, { location: '/turn' }).end();
      else if (path === '/break') response.destroy();
      else if (path !== '/never') response.end(path === '/large' ? 'x'.repeat(101) : 'ok');
    });
    const counting = gate({ maxResponseBytes: 100, maxRedirects: 1, maxConcurrent: 1, maxQueued: 0, timeoutMs: 1_000 });
    const post = (path: string): HttpRequest => get(`${server.url}${path}`, { method: 'POST', body: Buffer.from('four') });
    for (const path of ['/', '/large', '/turn', '/break']) await counting.send(post(path));
    await counting.send(get('http://example.com/'));
    await Promise.all([counting.send(get(`${server.url}/never`)), counting.send(get(`${server.url}/`))]);
    const { results, sentBytes, receivedBytes, buckets, sumMs } = counting.counts;
    expect(Object.fromEntries(results)).toEqual({
      response: 1,
      'too-large': 1,
      redirects: 1,
      network: 1,
      refused: 1,
      'queue-full': 1,
      timeout: 1,
    });
    expect([sentBytes, receivedBytes]).toEqual([16, 2]);
    expect(buckets.reduce((sum, count) => sum + count, 0)).toBe(7);
    expect(sumMs).toBeGreaterThanOrEqual(999);
  });

  it('carries method, headers and body there, status, headers and body back', async () => {
    const server = await serve(({ response }) => {
      response.writeHead(201, { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] });
      response.end(Buffer.from([0, 255]));
    });
    const request = get(`${server.url}/a?b=c`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: Buffer.from('hällo') });
    const result = await gate({}).send(request);
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      path: '/a?b=c',
      body: 'hällo',
      headers: { 'content-type': 'text/plain', 'user-agent': 'framegate', 'content-length': '6' },
    });
    expect(result).toMatchObject({ kind: 'response', status: 201, headers: { 'x-a': '1', 'set-cookie': 'a=1, b=2' } });
    expect(result.kind === 'response' && [...result.body]).toEqual([0, 255]);
  });

  it.each([
    ['http://127.0.0.1:PORT/', '127.0.0.1'],
    ['http://localhost:PORT/', 'localhost'],
    ['http://0x7f000001:PORT/', '127.0.0.1'],
    ['http://2130706433:PORT/', '127.0.0.1'],
    ['http://[::ffff:127.0.0.1]:PORT/', '::ffff:7f00:1'],
    ['http://10.1.2.3/', '10.1.2.3'],
    ['http://100.64.0.1/', '100.64.0.1'],
    ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
    ['http://[fe80::1]/', 'fe80::1'],
    ['http://[fd00::1]/', 'fd00::1'],
    ['http://[64:ff9b::7f00:1]/', '64:ff9b::7f00:1'],
    ['http://224.0.0.1/', '224.0.0.1'],
    ['http://0.0.0.0:PORT/', '0.0.0.0'],
  ])('refuses %s: it is not public', async (url, named) => {
    const server = await serve(ok);
    const result = await gate({ allowPrivate: false, hosts: ['*:*'] }).send(get(url.replace('PORT', String(server.port))));
    expect(messageOf(result)).toContain('not a public address; if that is wanted, set http.allowPrivate');
    expect(messageOf(result)).toContain(named);
    expect(messageOf(result)).not.toContain(`${named} is ${named}`);
    expect(server.received).toEqual([]);
  });

  it('judges the address of each connection, so that a name which changes its meaning is refused', async () => {
    const server = await serve(({ response }) => void response.writeHead(200, { connection: 'close' }).end('ok'));
    let meaning = 'public';
    const judged = gate({ allowPrivate: false, hosts: ['localhost:*'] }, (address) => meaning === 'public' && address === '127.0.0.1');
    expect(bodyOf(await judged.send(get(`http://localhost:${server.port}/`)))).toBe('ok');
    meaning = 'private';
    expect(messageOf(await judged.send(get(`http://localhost:${server.port}/`)))).toContain('not a public address');
    expect(server.received).toHaveLength(1);
  });

  it('follows a redirect, and refuses one to an address that is not public or not granted', async () => {
    const inside = await serve(ok, '127.0.0.2');
    const server = await serve(({ path, response }) => {
      const location = { '/here': '/there', '/inside': inside.url, '/other': 'http://other.test/', '/file': 'file:///etc/passwd' }[path];
      if (location) response.writeHead(302, { location });
      response.end('there');
    });
    const judged = gate({ allowPrivate: false, hosts: ['127.0.0.1:*', '127.0.0.2:*'] }, (address) => address === '127.0.0.1');
    expect(bodyOf(await judged.send(get(`${server.url}/here`)))).toBe('there');
    expect(messageOf(await judged.send(get(`${server.url}/inside`)))).toContain('127.0.0.2 is not a public address');
    expect(messageOf(await judged.send(get(`${server.url}/other`)))).toContain('http://other.test is not granted');
    expect(messageOf(await judged.send(get(`${server.url}/file`)))).toContain('file: is not http: or https:');
    expect(inside.received).toEqual([]);
  });

  it('keeps credentials from another origin, and turns a POST into a GET where a browser does', async () => {
    const other = await serve(ok);
    const server = await serve(
      ({ path, response }) => void response.writeHead(path === '/see' ? 303 : 307, { location: `${other.url}${path}` }).end(),
    );
    const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'content-type': 'text/plain', 'x-a': '1' };
    for (const path of ['/see', '/same'])
      await gate({}).send(get(server.url + path, { method: 'POST', headers, body: Buffer.from('text') }));
    const [see, same] = other.received;
    expect(see).toMatchObject({ method: 'GET', body: '', headers: { 'x-a': '1' } });
    expect(same).toMatchObject({ method: 'POST', body: 'text', headers: { 'content-type': 'text/plain' } });
    for (const request of [see, same]) expect(Object.keys(request?.headers ?? {})).not.toContain('authorization');
    for (const request of [see, same]) expect(Object.keys(request?.headers ?? {})).not.toContain('cookie');
    expect(see?.headers['content-type']).toBeUndefined();
  });

  it('ends a circle of redirects, and hands the redirect over where none is to be followed', async () => {
    const server = await serve(({ response }) => void response.writeHead(302, { location: '/' }).end());
    expect(messageOf(await gate({ maxRedirects: 2 }).send(get(server.url)))).toContain('more than 2 redirects; see http.maxRedirects');
    expect(server.received).toHaveLength(3);
    expect(await gate({ maxRedirects: 0 }).send(get(server.url))).toMatchObject({ status: 302, headers: { location: '/' } });
  });

  it('cuts off a response that is too long, whatever it says of its length', async () => {
    const server = await serve(({ response, path }) => {
      if (path === '/long') response.writeHead(200, { 'content-length': 5000 });
      response.write(Buffer.alloc(1001));
    });
    const closed: Promise<unknown>[] = [];
    const bounded = gate({ maxResponseBytes: 1000 });
    for (const path of ['/long', '/chunked']) {
      const sent = bounded.send(get(server.url + path));
      const { response } = await server.arrived(closed.length);
      closed.push(once(response, 'close'));
      expect(messageOf(await sent)).toContain('more than http.maxResponseBytes (1000 bytes)');
    }
    await Promise.all(closed);
  });

  it('gives up on a server that is slow to answer, or slow to finish, and cuts the connection', async () => {
    const server = await serve(({ path, response }) => {
      if (path === '/half') response.write('ha');
    });
    const impatient = gate({ timeoutMs: 50 });
    for (const [index, path] of ['/mute', '/half'].entries()) {
      const sent = impatient.send(get(server.url + path));
      const { response } = await server.arrived(index);
      const closed = once(response, 'close');
      expect(messageOf(await sent)).toContain('no complete response within http.timeoutMs (50 ms)');
      await closed;
    }
  });

  it('lets so many requests run, so many wait, and refuses one more at once', async () => {
    const server = await serve();
    const narrow = gate({ maxConcurrent: 2, maxQueued: 1, timeoutMs: 60_000 });
    const sent = [0, 1, 2].map((index) => narrow.send(get(`${server.url}/${index}`)));
    expect(messageOf(await narrow.send(get(`${server.url}/3`)))).toContain('http.maxConcurrent is 2, and 1 more wait (http.maxQueued)');
    await server.arrived(1);
    expect(server.received).toHaveLength(2);
    server.received[0]?.response.end('first');
    (await server.arrived(2)).response.end('third');
    server.received[1]?.response.end('second');
    expect((await Promise.all(sent)).map(bodyOf).sort()).toEqual(['first', 'second', 'third']);
    const again = narrow.send(get(`${server.url}/4`));
    (await server.arrived(3)).response.end('fifth');
    expect(bodyOf(await again)).toBe('fifth');
  });

  it('says what went wrong with a connection', async () => {
    const closed = await TestHttpServer.start();
    const { url } = closed;
    await closed.close();
    expect(messageOf(await gate({}).send(get(url)))).toContain('ECONNREFUSED');
    expect(messageOf(await gate({ hosts: ['no-such-host.invalid'] }).send(get('http://no-such-host.invalid/')))).toMatch(
      /ENOTFOUND|EAI_AGAIN/,
    );
    const junk = createServer((socket) => void socket.end('not http at all\r\n\r\n')).listen(0, '127.0.0.1');
    closers.push(() => void junk.close());
    await once(junk, 'listening');
    const address = junk.address() as { port: number };
    expect(messageOf(await gate({}).send(get(`http://127.0.0.1:${address.port}/`)))).toContain('Parse Error');
  });

  it.each<[string, Partial<HttpRequest>, Partial<HttpGrant>, string]>([
    ['a host that is not granted', { url: 'http://other.test/' }, {}, 'http://other.test is not granted: http.hosts of the plugin'],
    ['any host without a grant', {}, { hosts: [] }, 'set "http": { "hosts": ["127.0.0.1'],
    ['another scheme', { url: 'ftp://127.0.0.1/' }, {}, 'ftp: is not http: or https:'],
    ['a relative address', { url: '/path' }, {}, 'no absolute address'],
    ['a user in the address', { url: 'http://me:pass@127.0.0.1/' }, {}, 'authorization header'],
    ['an odd method', { method: 'CONNECT' }, {}, 'the method "CONNECT"'],
    ['a body that is too long', { method: 'POST', body: Buffer.alloc(11) }, { maxRequestBytes: 10 }, 'over http.maxRequestBytes (10)'],
    ['a GET with a body', { body: Buffer.alloc(1) }, {}, 'has no body'],
    ['a host header', { headers: { host: 'inside' } }, {}, '"host" is set by the host'],
    ['a header with a line break', { headers: { 'x-a': 'a\r\nb: c' } }, {}, 'characters that no header may have'],
  ])('refuses %s', async (_what, change, grant, wanted) => {
    const server = await serve(ok);
    expect(messageOf(await gate(grant).send(get(server.url, change)))).toContain(wanted);
    expect(server.received).toEqual([]);
  });

  it('refuses what the manifest does not ask for, granted or not', async () => {
    const server = await serve(ok);
    expect(messageOf(await gate({}, undefined, ['api.example.com']).send(get(server.url)))).toContain(
      "the plugin's manifest does not ask for",
    );
    expect(bodyOf(await gate({}, undefined, [server.host]).send(get(server.url)))).toBe('ok');
  });

  it('keeps a connection for the next request, and asks again on a new one when the kept one breaks', async () => {
    const server = await serve(({ path, response }) => {
      if (path === '/reset') response.socket?.destroy();
      else response.end(String(response.socket?.remotePort));
    });
    const kept = gate({});
    const first = bodyOf(await kept.send(get(server.url)));
    expect(bodyOf(await kept.send(get(server.url)))).toBe(first);
    expect(messageOf(await kept.send(get(`${server.url}/reset`)))).toMatch(/socket hang up|ECONNRESET/);
    expect(server.received.map(({ path }) => path)).toEqual(['/', '/', '/reset', '/reset']);
  });
});
