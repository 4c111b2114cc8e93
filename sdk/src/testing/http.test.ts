import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compilePlugin } from '../compiler/index.js';
import { type LoadOptions, loadPlugin, type TestPlugin, type TestRequest } from './index.js';

const FETCHER = `
import { definePlugin, drop, replace } from '@framegate/sdk';
let runs = 0;
export const plugin = definePlugin({
  name: 'fetcher', version: '1.0.0',
  capabilities: { state: ['plugin'], http: ['api.test', 'slow.test:8080'] },
  async onRequest(frame, ctx) {
    runs++;
    ctx.log.info('run');
    const count = ctx.state.add('frames', 1);
    const say = (value) => replace(JSON.stringify(value));
    const [command, argument] = frame.text.split(' ');
    if (command === 'runs') return say(runs);
    if (command === 'get') {
      const response = await fetch(argument, { headers: { 'X-Key': 'k' } });
      const { status, ok, url } = response;
      return say({ status, ok, url, type: response.headers.get('Content-Type'), text: await response.text(), used: response.bodyUsed, count });
    }
    if (command === 'post') {
      const response = await fetch(new URL('/in', 'https://api.test'), { method: 'POST', body: JSON.stringify({ word: 'ü' }), headers: { 'content-type': 'application/json' } });
      return say(await response.json());
    }
    if (command === 'form') return say(await (await fetch('http://api.test/', { method: 'PUT', body: new URLSearchParams({ a: '1 2' }) })).text());
    if (command === 'bytes') return replace(await (await fetch('http://api.test/', { method: 'POST', body: new Uint8Array([1, 2, 255]) })).bytes());
    if (command === 'all') {
      const all = await Promise.all(['1', '2', '3'].map((path) => fetch('http://api.test/' + path)));
      return say(await Promise.all(all.map((one) => one.text())));
    }
    if (command === 'chain') {
      const next = await (await fetch('http://api.test/1')).text();
      return say(await (await fetch('http://api.test/' + next)).text());
    }
    if (command === 'clock') return say([ctx.now(), await (await fetch('http://api.test/?' + ctx.now())).text()]);
    if (command === 'random') return say(await (await fetch('http://api.test/?' + Math.random())).text());
    if (command === 'sync') return say(Http.request({ url: argument, method: 'POST', headers: { a: 'b' } }, 'body'));
    if (command === 'catch') {
      try { await fetch(argument); } catch (error) { return drop(error.name + ': ' + error.message); }
    }
    if (command === 'catch-sync') {
      try { Http.request({ url: argument }); } catch (error) { return drop(error.name + ': ' + error.message); }
    }
    throw new Error('unknown command');
  },
});`;

const PLAIN = `
export function on_request_message() {
  const { message } = JSON.parse(Host.inputString());
  const response = Http.request({ url: message.payload, method: 'POST', headers: { a: 'b' } }, 'body');
  Host.outputString(JSON.stringify({ message: { payload: JSON.stringify(response) } }));
}
export async function on_response_message() {
  const response = await fetch('http://api.test/plain');
  Host.outputString(JSON.stringify({ message: { payload: response.status + ' ' + await response.text() } }));
}`;

const files: Record<string, string> = {};
const loaded: TestPlugin[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-http-'));
  for (const [name, source] of Object.entries({ FETCHER, PLAIN })) {
    files[name] = join(folder, `${name}.wasm`);
    await writeFile(files[name], (await compilePlugin({ source, resolveDir: import.meta.dirname })).wasm);
  }
  return () => rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const plugin of loaded.splice(0)) await plugin.dispose();
});

async function load(name: 'FETCHER' | 'PLAIN', http?: LoadOptions['http']): Promise<TestPlugin> {
  const plugin = await loadPlugin(files[name] ?? '', http ? { http } : {});
  loaded.push(plugin);
  return plugin;
}

async function ask(plugin: TestPlugin, message: string): Promise<unknown> {
  const { forwarded } = await plugin.request(message);
  return JSON.parse(String(forwarded?.[0]));
}

describe('fetch of a plugin', () => {
  it('gives status, headers and body, and its frame counts and logs once', async () => {
    const seen: TestRequest[] = [];
    const plugin = await load('FETCHER', (request) => {
      seen.push(request);
      return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'nö' };
    });
    expect(await ask(plugin, 'get http://api.test/a?b')).toEqual({
      status: 404,
      ok: false,
      url: 'http://api.test/a?b',
      type: 'text/plain',
      text: 'nö',
      used: true,
      count: 1,
    });
    expect(seen).toEqual([{ method: 'GET', url: 'http://api.test/a?b', headers: { 'x-key': 'k' }, body: '' }]);
    expect(plugin.state.get('plugin', 'frames')).toBe(1);
    expect(plugin.logs.map(({ message }) => message)).toEqual(['run']);
  });

  it('keeps its instance, whose variables see every run', async () => {
    const plugin = await load('FETCHER', () => 'x');
    await plugin.request('get http://api.test/');
    expect(await ask(plugin, 'runs')).toBe(3);
  });

  it('sends text, forms and bytes, each with its type', async () => {
    const seen: TestRequest[] = [];
    const plugin = await load('FETCHER', (request) => {
      seen.push(request);
      return request.method === 'POST' && request.url.endsWith('/') ? { body: Uint8Array.of(0, 254) } : request.body || 'none';
    });
    expect(await ask(plugin, 'post')).toEqual({ word: 'ü' });
    expect(await ask(plugin, 'form')).toBe('a=1+2');
    expect((await plugin.request('bytes')).forwarded).toEqual([Uint8Array.of(0, 254)]);
    expect(seen.map(({ method, url, headers }) => [method, url, headers['content-type']])).toEqual([
      ['POST', 'https://api.test/in', 'application/json'],
      ['PUT', 'http://api.test/', 'application/x-www-form-urlencoded;charset=UTF-8'],
      ['POST', 'http://api.test/', undefined],
    ]);
  });

  it('makes several requests side by side, or one after the other', async () => {
    const plugin = await load('FETCHER', ({ url }) => ({ body: url.endsWith('/1') ? '2' : url }));
    expect(await ask(plugin, 'all')).toEqual(['2', 'http://api.test/2', 'http://api.test/3']);
    expect(await ask(plugin, 'chain')).toBe('http://api.test/2');
  });

  it('sees one time in all runs of a frame, whatever the clock does', async () => {
    const plugin = await load('FETCHER', ({ url }) => {
      plugin.clock.advance(5000);
      return url.split('?')[1] ?? '';
    });
    const { now } = plugin.clock;
    expect(await ask(plugin, 'clock')).toEqual([now, String(now)]);
  });

  it('is rejected with the reason: no grant, no answer, no end', async () => {
    const plugin = await load('FETCHER', ({ url }) => (url.includes('slow') ? new Error('nobody answers') : 'x'));
    const why = async (message: string) => (await plugin.request(message)).reason;
    expect(await why('catch http://slow.test:8080/')).toBe('TypeError: fetch: GET http://slow.test:8080/: nobody answers');
    expect(await why('catch http://other.test/')).toContain('http://other.test is not granted: http.hosts');
    expect(await why('catch /relative')).toContain('no absolute address');
    expect(await why('catch-sync http://other.test/')).toMatch(/^Error: GET http:\/\/other\.test\/: .*not granted/);
    await expect(plugin.request('random')).rejects.toThrow('http.maxPerFrame');
  });

  it('says what a test without a network needs', async () => {
    const plugin = await load('FETCHER');
    expect((await plugin.request('catch http://api.test/')).reason).toContain('give loadPlugin an `http` function');
  });
});

describe('Http.request of a plugin', () => {
  it.each(['FETCHER', 'PLAIN'] as const)('waits for the response where it stands (%s)', async (name) => {
    const plugin = await load(name, ({ method, headers, body }) => ({
      status: 201,
      headers: { x: 'y' },
      body: `${method} ${headers.a} ${body}`,
    }));
    const url = 'http://api.test/';
    expect(await ask(plugin, name === 'PLAIN' ? url : `sync ${url}`)).toEqual({ status: 201, headers: { x: 'y' }, body: 'POST b body' });
  });

  it('has fetch beside it in a plain Extism module', async () => {
    const plugin = await load('PLAIN', ({ url }) => url);
    expect((await plugin.response('x')).forwarded).toEqual(['200 http://api.test/plain']);
  });
});
