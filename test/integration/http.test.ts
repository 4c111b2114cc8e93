import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StaticFiles } from '../../host/src/gateway/static-files.js';
import { startHost, stopAfterEach } from '../support/hosts.js';

stopAfterEach();

describe('plain HTTP', () => {
  it('says that it is well, and how many are connected', async () => {
    const { http } = await startHost({ routes: [{}] });
    const response = await fetch(`${http}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', connections: 0 }]);
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
    const files = await StaticFiles.load(join(folder, 'site'));
    server = createServer((message, response) => {
      if (!files?.serve(message.url ?? '', message, response)) response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '//secret.txt', '/assets', '/index.html/..', '/\0'])(
    'gives nothing for %j',
    async (path) => {
      const status = await new Promise((resolve, reject) => {
        const { hostname, port } = new URL(url);
        request({ hostname, port, path: path.replace('\0', '%00') }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
      expect(status).toBe(404);
    },
  );

  it('is not there without an index.html', async () => {
    expect(await StaticFiles.load(join(folder, 'site/assets'))).toBeUndefined();
    expect(await StaticFiles.load(join(folder, 'nothing'))).toBeUndefined();
  });
});
