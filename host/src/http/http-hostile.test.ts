import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { get, messageOf } from '../../../test/support/http-asking.js';
import { flood, RawServer } from '../../../test/support/raw-server.js';
import { DEFAULT_HTTP_GRANT } from '../config/http-schema.js';
import { HttpGate } from './http-gate.js';
import type { HttpGrant } from './http-grant.js';
import { isPublicAddress } from './public-address.js';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const server = await RawServer.start(answer);
  closers.push(() => server.close());
  return server;
}

function gate(grant: Partial<HttpGrant> = {}, isPublic?: (address: string) => boolean): HttpGate {
  const made = new HttpGate({ ...DEFAULT_HTTP_GRANT, allowPrivate: true, hosts: ['*:*'], ...grant }, undefined, isPublic);
  closers.push(() => made.close());
  return made;
}

const answers = (text: string) => (socket: Socket) => void socket.write(text);

describe('a server that does not want to be understood', () => {
  it.each([
    [
      'switches protocols',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      'switches protocols) and did not answer',
    ],
    ['has a header without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`, 'Header overflow'],
    ['has no end of headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`, 'Header overflow'],
    ['says two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n', 'Parse Error'],
    ['describes a chunk at length', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(100_000)}`, 'aborted'],
    ['has trailers without end', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${'a'.repeat(100_000)}`, 'aborted'],
  ])('%s: the request fails, and its place is free again', async (_what, text, wanted) => {
    const server = await serve(answers(text));
    const narrow = gate({ maxConcurrent: 1, maxQueued: 0 });
    for (let round = 0; round < 3; round++) expect(messageOf(await narrow.send(get(server.url)))).toContain(wanted);
  });

  it('closes in the middle of its answer, or without one', async () => {
    const server = await serve((socket, request) => {
      if (request.includes('/half')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
      socket.end();
    });
    expect(messageOf(await gate().send(get(`${server.url}half`)))).toContain('aborted');
    expect(messageOf(await gate().send(get(server.url)))).toMatch(/socket hang up|ECONNRESET/);
  });

  it.each([
    ['says again and again that it will answer', 'HTTP/1.1 103 Early Hints\r\nLink: <a>; rel=preload\r\n\r\n', 'http.timeoutMs'],
    ['sends more than may come', `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(1_000)}`, 'http.maxResponseBytes'],
  ])('%s: it is cut off', async (_what, text, wanted) => {
    const server = await serve((socket) => flood(socket, text));
    expect(messageOf(await gate({ timeoutMs: 200 }).send(get(server.url)))).toContain(wanted);
  });

  it('sends a byte now and then: the time is for the whole answer', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const drip = setInterval(() => socket.write('a'), 5);
      socket.once('close', () => clearInterval(drip));
    });
    expect(messageOf(await gate({ timeoutMs: 200 }).send(get(server.url)))).toContain(
      'no complete response within http.timeoutMs (200 ms)',
    );
  });

  it('redirects with a body without end: it is not read', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 100000000\r\n\r\n');
      flood(socket, 'a');
    });
    expect(messageOf(await gate().send(get(server.url)))).toContain('more than 3 redirects');
    expect(server.sockets).toHaveLength(4);
    expect(Math.max(...server.sockets.map(({ bytesWritten }) => bytesWritten))).toBeLessThan(50_000_000);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000))],
  ])('packs fifty megabytes with %s into a small body: the plugin gets that as it is', async (encoding, packed) => {
    const server = await serve((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${packed.length}\r\n\r\n`);
      socket.end(packed);
    });
    const result = await gate().send(get(server.url, { headers: { 'accept-encoding': 'gzip, br' } }));
    expect(result.kind === 'response' && Buffer.compare(result.body, packed)).toBe(0);
    expect(messageOf(await gate({ maxResponseBytes: packed.length - 1 }).send(get(server.url)))).toContain('http.maxResponseBytes');
  });
});

describe('a plugin that asks for too much', () => {
  it.each([
    ['a long address', get(`http://127.0.0.1:1/${'a'.repeat(9_000)}`), 'the address has 9019 characters; at most 8192'],
    ['long headers', get('http://127.0.0.1:1/', { headers: { 'x-a': 'a'.repeat(20_000) } }), 'the headers have 20007 bytes; at most 16384'],
    [
      'many headers',
      get('http://127.0.0.1:1/', { headers: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x-${index}`, ''])) }),
      'at most 16384',
    ],
  ])('is refused %s, in a message that is short', async (_what, request, wanted) => {
    const message = messageOf(await gate().send(request));
    expect(message).toContain(wanted);
    expect(message.length).toBeLessThan(1_000);
  });
});

describe('an address that is not public', () => {
  const refused = 'not a public address; if that is wanted, set http.allowPrivate';
  const spellings = (port: string): string[] => [
    `http://127.0.0.1.:${port}/`,
    `http://127.1:${port}/`,
    `http://127.0.1:${port}/`,
    `http://0177.0.0.1:${port}/`,
    `http://0x7f.0.0.0x1:${port}/`,
    `http://0x7F000001:${port}/`,
    `http://017700000001:${port}/`,
    `http://%31%32%37.0.0.1:${port}/`,
    `http://①②⑦。⓪.0.1:${port}/`,
    `http://127。0。0。1:${port}/`,
    `http://[::1]:${port}/`,
    `http://[0:0:0:0:0:0:0:1]:${port}/`,
    `http://[::127.0.0.1]:${port}/`,
    `http://[::ffff:7f00:1]:${port}/`,
    `http://[::ffff:0:127.0.0.1]:${port}/`,
    `http://[64:ff9b:1::127.0.0.1]:${port}/`,
    `http://[2002:7f00:1::]:${port}/`,
    `http://[fec0::1]:${port}/`,
    `http://[4000::1]:${port}/`,
    `http://localhost:${port}/`,
    `http://LOCALHOST.:${port}/`,
    `http://ⓛocalhost:${port}/`,
    `http://0:${port}/`,
    `http://127.0.0.1\\@example.com:${port}/`,
    `http:127.0.0.1:${port}/`,
    `http:///127.0.0.1:${port}/`,
    `http://127.0.0.1:${port}#@example.com/`,
    `http://\t127.0.0.\n1:${port}/`,
  ];

  it('is refused in every spelling, before anything is sent', async () => {
    const server = await serve((socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const outside = gate({ allowPrivate: false });
    for (const url of spellings(server.host.split(':')[1] ?? '')) {
      // not every resolver knows localhost with a dot behind it
      expect(messageOf(await outside.send(get(url))), url).toMatch(
        url.includes('LOCALHOST.') ? /not a public|ENOTFOUND|EAI_AGAIN/ : refused,
      );
    }
    expect(server.sockets).toEqual([]);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://100.100.100.200/latest/meta-data/',
    'http://192.0.0.192/opc/v2/',
    'http://168.63.129.16/machine?comp=goalstate',
    'http://[::ffff:168.63.129.16]/',
  ])("is one of a cloud's own: %s", async (url) => {
    expect(messageOf(await gate({ allowPrivate: false }).send(get(url)))).toContain(refused);
  });

  it('is refused with a user name in front of it, too', async () => {
    expect(messageOf(await gate().send(get('http://example.com@127.0.0.1/')))).toContain('a user name');
    expect(messageOf(await gate().send(get('http://example.com:80@127.0.0.1/')))).toContain('a user name');
  });

  it('is public only if it is one of those that the world can be reached at', () => {
    for (const address of ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8']) expect(isPublicAddress(address), address).toBe(true);
    for (const address of ['::7f00:1', '100:0:0:1::1', '8000::1', '5f00::1', 'fe80::1%eth0', 'localhost', '', '127.1', '08.8.8.8'])
      expect(isPublicAddress(address), address).toBe(false);
  });

  it('is refused when a name gets it between two requests, and a kept connection to the public one is no way round', async () => {
    const body = randomBytes(8).toString('hex');
    const server = await serve((socket) => void socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16\r\n\r\n${body}`));
    let asked = 0;
    // what a rebinding resolver does: the first answer is public, every later one is not
    const rebound = gate({ allowPrivate: false }, () => asked++ === 0);
    const url = `http://localhost:${server.host.split(':')[1]}/`;
    expect(messageOf(await rebound.send(get(url)))).toBe('status 200');
    for (let round = 0; round < 3; round++) expect(messageOf(await rebound.send(get(url)))).toContain(refused);
    expect(server.sockets).toHaveLength(1);
  });
});
