import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostConfigInput, loadConfig } from '../../host/src/index.js';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { type Received, TestHttpServer } from '../support/http-server.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import { RawServer } from '../support/raw-server.js';

stopAfterEach();

let folder: string;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await temporaryFolder('http-host');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await rm(folder, { recursive: true });
});

/** `get URL`: its body, or why there is none. `many N URL`: how many of N answers came. Anything else passes. */
const asks = (version: number): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'asks', version: '${version}.0.0', capabilities: { http: ['*:*'] },
    async onRequest(frame) {
      const [command, ...rest] = frame.text.split(' ');
      const body = (url) => fetch(url).then((response) => response.text());
      if (command === 'get') return body(rest[0]).then((text) => sdk.replace('${version}: ' + text), (error) => sdk.replace('${version}: no ' + error.message));
      if (command !== 'many') return sdk.pass();
      const all = await Promise.allSettled(Array.from({ length: Number(rest[0]) }, (_, index) => body(rest[1] + index)));
      return sdk.replace(all.filter(({ status }) => status === 'fulfilled').length + ' of ' + all.length);
    },
  }`);

async function serve(answer?: (request: Received) => void): Promise<TestHttpServer> {
  const server = await TestHttpServer.start(answer);
  closers.push(() => server.close());
  return server;
}

const HTTP = { hosts: ['127.0.0.1:*'], allowPrivate: true, timeoutMs: 60_000 };

/** One route at /up with the plugin, to a server that echoes. */
async function configOf(http: object = {}, engine: HostConfigInput['engine'] = {}) {
  const upstream = await startUpstream();
  await writeFile(join(folder, 'asks.wasm'), await asks(1));
  // the HTTP server is on loopback: the manifest asks for any host, the grant names this one
  const plugins = [{ use: './asks.wasm', limits: { deadlineMs: 20_000 }, http: { ...HTTP, hosts: ['*:*'], ...http } }];
  return { engine, routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins }] } satisfies HostConfigInput;
}

describe.each(['direct', 'extism'] as const)('plugins with the network on a real host, %s runtime', (runtime) => {
  const engine = { runtime };

  it('wait for no other connection, many as they are, and no more than so many are asked at once', async () => {
    const server = await serve();
    const { url } = await startHost(await configOf({ maxConcurrent: 4, maxQueued: 4 }, engine), { folder });
    const waiting = await Promise.all(Array.from({ length: 12 }, () => connect(`${url}/up`)));
    for (const [index, client] of waiting.entries()) client.send(`get ${server.url}/${index}`);
    // four are under way and four wait; the other four are told so at once
    const told = await Promise.race(waiting.map((client) => client.next()));
    expect(told).toContain('too many requests of this plugin at once: http.maxConcurrent is 4, and 4 more wait');
    await server.arrived(3);
    const other = await connect(`${url}/up`);
    for (let index = 0; index < 50; index++) {
      other.send(`hello ${index}`);
      expect(await other.next()).toBe(`hello ${index}`);
    }
    expect(server.received).toHaveLength(4);
    for (let index = 0; index < 8; index++) (await server.arrived(index)).response.end('done');
    await server.arrived(7);
    expect(server.received).toHaveLength(8);
  });

  it('get no more than http.maxPerFrame answers for one frame, however many they ask for', async () => {
    const server = await serve(({ response }) => void response.end('x'));
    const { url } = await startHost(await configOf({ maxPerFrame: 5 }, engine), { folder });
    const client = await connect(`${url}/up`);
    client.send(`many 3000 ${server.url}/`);
    expect(await client.next()).toBe('5 of 3000');
    expect(server.received).toHaveLength(5);
  });

  it('go on with the old version for a frame that waits while a new one is swapped in', async () => {
    const server = await serve();
    const { url, log } = await startHost(await configOf({}, engine), { folder });
    const client = await connect(`${url}/up`);
    for (const message of [`get ${server.url}/`, 'behind']) client.send(message);
    const { response } = await server.arrived();
    const swapped = log.seen('plugin-swapped');
    await replaceFile(join(folder, 'asks.wasm'), await asks(2));
    await swapped;
    const late = await connect(`${url}/up`);
    late.send(`get ${server.url}/late`);
    (await server.arrived(1)).response.end('fresh');
    expect(await late.next()).toBe('2: fresh');
    response.end('at last');
    expect(await client.take(2)).toEqual(['1: at last', 'behind']);
  });

  it('outlive a route that is taken away while their frame waits', async () => {
    const server = await serve();
    const config = { server: { port: 0 }, ...(await configOf({}, engine)) };
    const file = join(folder, 'framegate.config.json');
    const started = await startHost(config, { folder, source: { file, read: async () => (await loadConfig(file)).config } });
    const client = await connect(`${started.url}/up`);
    client.send(`get ${server.url}/`);
    const { response } = await server.arrived();
    await writeFile(file, JSON.stringify({ ...config, routes: [{ path: '/stays', backend: config.routes[0]?.backend }] }));
    const reloaded = started.host.reload();
    client.send('behind');
    response.end('at last');
    expect(await client.take(2)).toEqual(['1: at last', 'behind']);
    await reloaded;
  });

  it('lose a client that goes while its frame waits, and nothing else', async () => {
    const server = await serve();
    const { url } = await startHost(await configOf({ maxConcurrent: 1 }, engine), { folder });
    const client = await connect(`${url}/up`);
    client.send(`get ${server.url}/`);
    const { response } = await server.arrived();
    client.socket.terminate();
    await client.closed;
    const next = await connect(`${url}/up`);
    next.send(`get ${server.url}/next`);
    response.end('nobody hears it');
    (await server.arrived(1)).response.end('heard');
    expect(await next.next()).toBe('1: heard');
  });

  it('are told of a server that takes the connection over, and the frames behind go on', async () => {
    const server = await RawServer.start(
      (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    closers.push(() => server.close());
    const { url } = await startHost(await configOf({ maxConcurrent: 1 }, engine), { folder });
    const client = await connect(`${url}/up`);
    for (const message of [`get ${server.url}`, `get ${server.url}`, 'behind']) client.send(message);
    const answers = await client.take(3);
    for (const answer of answers.slice(0, 2)) expect(answer).toContain('101 switches protocols');
    expect(answers[2]).toBe('behind');
  });

  it('reach nothing inside unless they may, whatever a server redirects them to', async () => {
    const inside = await serve(({ response }) => void response.end('secret'));
    const { url } = await startHost(await configOf({ allowPrivate: false }, engine), { folder });
    const client = await connect(`${url}/up`);
    const { port } = inside;
    const urls = [
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://2130706433:${port}/`,
      `http://a@127.0.0.1:${port}/`,
    ];
    for (const address of urls) client.send(`get ${address}`);
    for (const answer of await client.take(urls.length)) expect(answer).toMatch(/^1: no .*(not a public address|a user name)/);
    expect(inside.received).toEqual([]);
  });
});

it('a plugin has no network while it is set up', async () => {
  const server = await serve(({ response }) => void response.end('x'));
  const config = await configOf();
  const definition = `{
    name: 'asks', version: '1.0.0', capabilities: { http: ['*:*'] },
    setup: () => ({ asked: fetch('${server.url}').then(() => 'an answer', (error) => error.message) }),
    onRequest: async (frame, ctx) => sdk.replace(await ctx.shared.asked),
  }`;
  await writeFile(join(folder, 'asks.wasm'), await buildPlugin(definition));
  const { url } = await startHost(config, { folder });
  const client = await connect(`${url}/up`);
  client.send('hello');
  expect(await client.next()).toContain('HTTP works inside hooks, on real frames only');
  expect(server.received).toEqual([]);
});
