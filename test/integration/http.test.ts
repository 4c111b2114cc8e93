import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StaticFiles } from '../../host/src/gateway/static-files.js';
import { startAdmin } from '../support/admin-client.js';
import { startHost, stopAfterEach } from '../support/hosts.js';

stopAfterEach();

const STYLE = 'p { color: teal }\n'.repeat(100);

describe('plain HTTP', () => {
  it('says that it is well and ready, and how many are connected', async () => {
    const { http } = await startHost({ routes: [{}] });
    const answers = ['/healthz', '/readyz'].map(async (path) => {
      const response = await fetch(`${http}${path}`);
      return [response.status, await response.json()];
    });
    expect(await Promise.all(answers)).toEqual([
      [200, { status: 'ok', connections: 0 }],
      [200, { status: 'ready', connections: 0 }],
    ]);
  });

  it('tells who opens a route without WebSocket what it is', async () => {
    const { http } = await startHost({ routes: [{}] });
    const response = await fetch(`${http}/chat`);
    expect([response.status, await response.text()]).toEqual([426, 'This address speaks WebSocket.\n']);
  });

  it('names the routes when nothing is there', async () => {
    const { http } = await startHost({ server: { port: 0, page: false }, routes: [{}] });
    expect(await (await fetch(`${http}/`)).text()).toBe('framegate is running. WebSocket routes: /chat\n');
    const response = await fetch(`${http}/<script>`);
    expect([response.status, response.headers.get('content-type'), response.headers.get('x-content-type-options')]).toEqual([
      404,
      'text/plain; charset=utf-8',
      'nosniff',
    ]);
  });

  it('takes GET and HEAD only', async () => {
    const { http } = await startHost({ routes: [{}] });
    const response = await fetch(`${http}/chat`, { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the built pages', () => {
  it('come compressed from both listeners', async () => {
    const { http, admin } = await startAdmin();
    for (const origin of [http, admin]) {
      const page = await fetch(`${origin}/`, { headers: { 'accept-encoding': 'br' } });
      const [, script = ''] = /src="([^"]+\.js)"/.exec(await page.text()) ?? [];
      for (const encoding of ['br', 'gzip']) {
        const response = await fetch(new URL(script, origin), { headers: { 'accept-encoding': encoding } });
        expect([response.status, response.headers.get('content-encoding')], script).toEqual([200, encoding]);
        const bytes = (await response.arrayBuffer()).byteLength;
        expect(Number(response.headers.get('content-length'))).toBeLessThan(bytes / 2);
      }
    }
  });
});

describe('static files', () => {
  let folder: string;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-static-'));
    await mkdir(join(folder, 'site/assets'), { recursive: true });
    await writeFile(join(folder, 'secret.txt'), 'secret');
    await writeFile(join(folder, 'site/index.html'), '<p>hello</p>');
    await writeFile(join(folder, 'site/assets/main-Ab12Cd34.js'), 'let a');
    await writeFile(join(folder, 'site/assets/style-Ab12Cd34.css'), STYLE);
    await writeFile(join(folder, 'site/assets/style-Ab12Cd34.css.br'), brotliCompressSync(STYLE));
    await writeFile(join(folder, 'site/assets/style-Ab12Cd34.css.gz'), gzipSync(STYLE));
    await writeFile(join(folder, 'site/assets/lonely.gz'), 'not a copy of anything');
    const files = await StaticFiles.load(join(folder, 'site'));
    server = createServer((message, response) => {
      if (!files?.serve(message.url ?? '', message, response)) response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  /** As it comes over the wire: fetch would decompress. */
  const ask = (path: string, headers: OutgoingHttpHeaders) =>
    new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      const { hostname, port } = new URL(url);
      request({ hostname, port, path, headers }, (response) => {
        buffer(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
      })
        .on('error', reject)
        .end();
    });

  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  it('serves index.html at / with a policy that lets nothing else in', async () => {
    const response = await fetch(`${url}/`);
    expect(await response.text()).toBe('<p>hello</p>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain(`connect-src 'self' ws://${url.slice(7)}`);
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  it('answers 304 to who has it already', async () => {
    const etag = (await fetch(`${url}/`)).headers.get('etag') ?? '';
    expect((await fetch(`${url}/`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('lets hashed assets be kept for ever', async () => {
    const response = await fetch(`${url}/assets/main-Ab12Cd34.js`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it('gives who takes them the compressed copies, each with its own tag, and everybody else the file', async () => {
    const etags = new Set<string>();
    for (const [accepted, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0', undefined],
      ['', undefined],
    ] as const) {
      const path = '/assets/style-Ab12Cd34.css';
      const full = await ask(path, { 'accept-encoding': accepted });
      const { 'content-encoding': got, 'content-length': length, 'content-type': type, vary, etag = '' } = full.headers;
      expect([full.status, got, type, vary, Number(length)]).toEqual([
        200,
        encoding,
        'text/css; charset=utf-8',
        'accept-encoding',
        full.body.length,
      ]);
      const decoded = encoding === 'br' ? brotliDecompressSync(full.body) : encoding === 'gzip' ? gunzipSync(full.body) : full.body;
      expect(decoded.toString()).toBe(STYLE);
      etags.add(etag);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
        const kept = await ask(path, { 'accept-encoding': accepted, 'if-none-match': known });
        expect([kept.status, kept.headers.vary, kept.headers.etag, kept.body.length]).toEqual([304, 'accept-encoding', etag, 0]);
      }
      const changed = await ask(path, { 'accept-encoding': accepted, 'if-none-match': '"other"' });
      expect(changed.status).toBe(200);
    }
    expect(etags.size).toBe(3);
    expect((await ask('/assets/style-Ab12Cd34.css.br', {})).status).toBe(404);
    expect((await ask('/assets/main-Ab12Cd34.js', { 'accept-encoding': 'br' })).headers).not.toHaveProperty('vary');
    expect((await ask('/assets/lonely.gz', {})).body.toString()).toBe('not a copy of anything');
  });

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '//secret.txt', '/assets', '/index.html/..', '/\0'])(
    'gives nothing for %j',
    async (path) => {
      expect((await ask(path.replace('\0', '%00'), {})).status).toBe(404);
    },
  );

  it('is not there without an index.html', async () => {
    expect(await StaticFiles.load(join(folder, 'site/assets'))).toBeUndefined();
    expect(await StaticFiles.load(join(folder, 'nothing'))).toBeUndefined();
  });
});
