import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostConfigInput, loadConfig } from '../../host/src/index.js';
import { ADMIN, KEYS, startAdmin } from '../support/admin-client.js';
import { connect, type RunningHost, refusal, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

type RouteInput = NonNullable<HostConfigInput['routes']>[number];
type PluginInput = NonNullable<RouteInput['plugins']>[number];

let folder: string;
let upstream: string;

const tagging = (name: string, version = '1.0.0', option = 'tag'): string => `{
  name: '${name}', version: '${version}', capabilities: { state: ['room'] },
  config: { type: 'object', additionalProperties: false, properties: { ${option}: { type: 'string' } } },
  onRequest: (frame, ctx) => sdk.replace(frame.text + ' ' + (ctx.config.${option} ?? '${name}') + ctx.state.room.add('count')),
}`;
const a: PluginInput = { use: './a.wasm' };
const b: PluginInput = { use: './b.wasm' };

beforeEach(async () => {
  folder = await temporaryFolder('config-reload');
  upstream = (await startUpstream()).url;
  await writeFile(join(folder, 'a.wasm'), await buildPlugin(tagging('a')));
  await writeFile(join(folder, 'b.wasm'), await buildPlugin(tagging('b')));
});
afterEach(() => rm(folder, { recursive: true }));

function route(plugins: PluginInput[], rest: Partial<RouteInput> = {}): RouteInput {
  return { name: 'up', path: '/up', backend: { kind: 'upstream', url: upstream }, ...rest, plugins } as RouteInput;
}

function configOf(routes: RouteInput[], rest: HostConfigInput = {}): HostConfigInput {
  return { server: { port: 0 }, plugins: { watchMs: 0 }, ...rest, routes };
}

/** Keeps frames under way all the time, and knows when one is missing, doubled or out of order. */
class Traffic {
  readonly #client: WsClient;
  #sent = 0;
  #received = 0;
  #stopping = false;
  readonly #done: Promise<void>;

  constructor(client: WsClient) {
    this.#client = client;
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    for (let ahead = 0; ahead < 8; ahead++) this.#client.send(`m${this.#sent++}`);
    while (this.#received < this.#sent) {
      const [message] = (await this.#client.next()).toString().split(' ');
      expect(message).toBe(`m${this.#received++}`);
      if (!this.#stopping) this.#client.send(`m${this.#sent++}`);
    }
  }

  /** Resolves when all that was sent has come back, in order. */
  async stop(): Promise<number> {
    this.#stopping = true;
    await this.#done;
    return this.#received;
  }
}

async function start(config: HostConfigInput): Promise<RunningHost & { client: WsClient; traffic: Traffic }> {
  const running = await startHost(config, { folder });
  const client = await connect(`${running.url}/up`);
  return { ...running, client, traffic: new Traffic(await connect(`${running.url}/up`)) };
}

async function ask(client: WsClient, message = 'x'): Promise<string> {
  client.send(message);
  return (await client.next()).toString().replaceAll(/\d+/g, '#');
}

async function expectNothingLost(traffic: Traffic): Promise<void> {
  expect(await traffic.stop()).toBeGreaterThanOrEqual(8);
}

it('refuses a route that leads back to the host through the port which the system chose', async () => {
  const { host, url } = await startHost(configOf([route([])]), { folder });
  const self = { kind: 'upstream', url } as const;
  await expect(host.reload(configOf([route([]), route([], { name: 'self', path: '/self', backend: self })]))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^routes\[1\]\.backend\.url: got "ws:.*", which is this host itself \(127\.0\.0\.1, port \d+\)/),
  });
  expect(host.routes.map(({ name }) => name)).toEqual(['up']);
});

describe('a reload of the configuration, under traffic', () => {
  it('changes the order of plugins, and their state stays', async () => {
    const { client, host, log, traffic } = await start(configOf([route([a, b])]));
    expect(await ask(client)).toBe('x a# b#');
    expect(await host.reload(configOf([route([b, a])]))).toEqual(['route "up": plugins']);
    expect(await ask(client)).toBe('x b# a#');
    await expectNothingLost(traffic);
    expect(log.lines.find(({ message }) => message === 'config-reloaded')?.fields).toEqual({ changes: ['route "up": plugins'] });
  });

  it('changes the configuration, the limits and the policy of a plugin, which keeps its version and its history', async () => {
    const { client, host, traffic } = await start(configOf([route([a])]));
    await replaceFile(join(folder, 'a.wasm'), await buildPlugin(tagging('a', '2.0.0')));
    await host.plugins.load('up', 'a');
    await replaceFile(join(folder, 'a.wasm'), await buildPlugin(tagging('a', '3.0.0')));
    await host.reload(configOf([route([{ ...a, config: { tag: 'new' }, limits: { deadlineMs: 500 }, onFault: 'open' }])]));
    expect(await ask(client)).toBe('x new#');
    const [status] = host.plugins.list().get('up') ?? [];
    expect(status?.history.map(({ version }) => version)).toEqual(['2.0.0', '1.0.0']);
    expect(status?.spec).toMatchObject({ limits: { deadlineMs: 500 }, policy: { onFault: 'open' } });
    await host.plugins.route('up').rollback('a');
    expect(await ask(client)).toBe('x new#');
    await expectNothingLost(traffic);
  });

  it('takes a plugin and the configuration that only its new version knows', async () => {
    const { client, host, traffic } = await start(configOf([route([a])]));
    await replaceFile(join(folder, 'a.wasm'), await buildPlugin(tagging('a', '2.0.0', 'label')));
    await host.reload(configOf([route([{ ...a, config: { label: 'lab' } }])]));
    expect(await ask(client)).toBe('x lab#');
    await expectNothingLost(traffic);
  });

  it('adds plugins and takes them away, and leaves what an operator has switched', async () => {
    const { client, host, traffic } = await start(configOf([route([a])]));
    await host.plugins.route('up').setEnabled('a', false);
    await host.reload(configOf([route([a, b])]));
    expect(await ask(client)).toBe('x b#');
    await host.reload(configOf([route([{ ...a, enabled: false }, b])]));
    await host.reload(configOf([route([a, b])]));
    expect(await ask(client)).toBe('x a# b#');
    await host.reload(configOf([route([])]));
    expect(await ask(client)).toBe('x');
    await expectNothingLost(traffic);
  });

  it('gives a route that had none its first plugin, under the connections that are there', async () => {
    const { client, host, traffic } = await start(configOf([route([])]));
    expect(await ask(client)).toBe('x');
    await host.reload(configOf([route([a])]));
    expect(await ask(client)).toBe('x a#');
    expect(host.routes[0]?.plugins).toMatchObject([{ name: 'a' }]);
    await host.reload(configOf([route([])]));
    expect(await ask(client)).toBe('x');
    await expectNothingLost(traffic);
  });

  it('adds a route and removes one: its clients stay, new ones get 404', async () => {
    const { client, host, url, traffic } = await start(configOf([route([a])]));
    const other = route([b], { name: 'other', path: '/other' });
    expect(await host.reload(configOf([other]))).toEqual(['route "other": added', 'route "up": removed']);
    expect(await ask(client)).toBe('x a#');
    expect(await refusal(`${url}/up`)).toMatchObject({ status: 404, body: expect.stringContaining('Routes: /other\n') });
    expect(await ask(await connect(`${url}/other`))).toBe('x b#');
    expect(host.routes.map(({ name }) => name)).toEqual(['other']);
    await expectNothingLost(traffic);
    await host.reload(configOf([other, route([b])]));
    expect(await ask(client)).toBe('x a#');
    expect(await ask(await connect(`${url}/up`))).toBe('x b#');
  });

  it('ends a removed route when its last client has left, and forgets its figures', async () => {
    const closed = `{
      name: 'a', version: '1.0.0', onRequest: () => sdk.drop('no'), onDisconnect: () => undefined,
    }`;
    await replaceFile(join(folder, 'a.wasm'), await buildPlugin(closed));
    const other = route([b], { name: 'other', path: '/other' });
    const rest = { admin: ADMIN, log: { level: 'debug' as const } };
    const { host, url, admin, log } = await startAdmin(configOf([route([a])], rest), { folder });
    const series = async (name: string): Promise<string[]> => {
      const text = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
      return text.split('\n').filter((line) => line.startsWith('framegate_') && line.includes(`route="${name}"`));
    };
    const client = await connect(`${url}/up`);
    client.send('counted');
    await log.seen('plugin');
    await host.reload(configOf([other], rest));
    expect(await series('up')).toEqual(
      expect.arrayContaining([
        'framegate_connections{route="up"} 1',
        'framegate_verdicts_total{route="up",plugin="a",hook="on_request_message",kind="drop"} 1',
      ]),
    );
    expect(await series('other')).toEqual(
      expect.arrayContaining(['framegate_connections{route="other"} 0', 'framegate_queue_bytes{route="other",queue="plugins"} 0']),
    );
    const ended = log.seen('route-ended');
    await client.close();
    expect((await ended).fields).toEqual({ route: 'up' });
    expect(await series('up')).toEqual([]);
    await host.reload(configOf([route([b])], rest));
    expect(await ask(await connect(`${url}/up`))).toBe('x b#');
  });

  it('ends a removed route that has no clients at once', async () => {
    const { host, log } = await startHost(configOf([route([a])]), { folder });
    await host.reload(configOf([route([b], { name: 'other', path: '/other' })]));
    expect(log.lines.find(({ message }) => message === 'route-ended')?.fields).toEqual({ route: 'up' });
  });

  it('shows the chat page for as long as there is a chat', async () => {
    const chat: RouteInput = { name: 'chat', path: '/chat', backend: { kind: 'chat' } };
    const { host, http } = await startHost(configOf([route([])]), { folder });
    const page = async (): Promise<string> => (await fetch(http)).text();
    expect([host.page, await page()]).toEqual([false, expect.stringContaining('framegate is running')]);
    await host.reload(configOf([route([]), chat]));
    expect([host.page, await page()]).toEqual([true, expect.stringMatching(/^<!doctype html>/i)]);
    await host.reload(configOf([route([])]));
    expect([host.page, await page()]).toEqual([false, expect.stringContaining('framegate is running')]);
  });

  it('moves a route to another path, and takes its clients along', async () => {
    const { client, host, url, traffic } = await start(configOf([route([a])]));
    expect(await host.reload(configOf([route([a, b], { path: '/moved' })]))).toEqual(['route "up": address', 'route "up": plugins']);
    expect(await ask(client)).toBe('x a# b#');
    expect(await ask(await connect(`${url}/moved`))).toBe('x a# b#');
    expect(await refusal(`${url}/up`)).toMatchObject({ status: 404 });
    await expectNothingLost(traffic);
  });
});

describe('a reload that is refused changes nothing', () => {
  const bad = { use: './bad.wasm' };

  it.each<[string, () => HostConfigInput, string, RegExp]>([
    [
      'of an unknown key',
      () => ({ ...configOf([route([b])]), sever: {} }) as HostConfigInput,
      'CONFIG_INVALID',
      /sever: unknown key; did you mean "server"/,
    ],
    [
      'of a plugin that does not take its configuration',
      () => configOf([route([b, { ...a, config: { tag: 1 } }])]),
      'PLUGIN_CONFIG_INVALID',
      /Route "up": .*\n {2}config\.tag: got 1; it must be string/,
    ],
    ['of a plugin that is not there', () => configOf([route([b, bad])]), 'PLUGIN_NOT_FOUND', /Route "up": .*bad\.wasm/],
    [
      'of a plugin of a new route',
      () => configOf([route([b]), route([bad], { name: 'new', path: '/new' })]),
      'PLUGIN_NOT_FOUND',
      /Route "new"/,
    ],
    [
      'of what takes a restart',
      () => configOf([route([b], { backend: { kind: 'upstream', url: 'ws://localhost:2' } })], { server: { port: 1 } }),
      'CONFIG_NEEDS_RESTART',
      /server\.port, routes\[0\]\.backend\.url/,
    ],
  ])('because %s', async (_, next, code, message) => {
    const { client, host, log, traffic } = await start(configOf([route([a])]));
    await expect(host.reload(next())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(log.lines.find((line) => line.message === 'config-refused')).toMatchObject({ level: 'warn', fields: { code } });
    expect(await ask(client)).toBe('x a#');
    await expectNothingLost(traffic);
  });

  it('even when the last of its plugins fails only when it starts', async () => {
    await writeFile(
      join(folder, 'bad.wasm'),
      await buildPlugin(`{ name: 'bad', version: '1.0.0', setup: () => { throw new Error('no luck'); }, onRequest: () => undefined }`),
    );
    const second = (plugins: PluginInput[]): RouteInput => route(plugins, { name: 'second', path: '/second' });
    const { client, host, url, traffic } = await start(configOf([route([a]), second([a])]));
    await expect(host.reload(configOf([route([b]), second([bad]), route([a], { name: 'third', path: '/third' })]))).rejects.toMatchObject({
      code: 'PLUGIN_START_FAILED',
      message: expect.stringContaining('no luck'),
    });
    expect(await ask(client)).toBe('x a#');
    expect(await refusal(`${url}/third`)).toMatchObject({ status: 404 });
    expect(await host.reload(configOf([route([a]), second([a])]))).toEqual([]);
    await expectNothingLost(traffic);
  });
});

describe('a configuration file', () => {
  const write = (config: HostConfigInput): Promise<void> =>
    replaceFile(join(folder, 'framegate.config.json'), Buffer.from(JSON.stringify(config)));

  const source = () => {
    const file = join(folder, 'framegate.config.json');
    return { file, read: async (): Promise<HostConfigInput> => (await loadConfig(file)).config };
  };

  async function startFromFile(config: HostConfigInput): Promise<RunningHost> {
    await write(config);
    return startHost(config, { folder, source: source() });
  }

  it('is read again by the admin API, for admins only, and recorded', async () => {
    const { ask: api, url } = await startAdmin(configOf([route([a])]), { folder, source: source() });
    const client = await connect(`${url}/up`);
    const config = configOf([route([b]), route([a], { name: 'more', path: '/more' })], {
      admin: ADMIN,
    });
    await write(config);
    expect(await api('operator', 'POST', '/config/reload')).toMatchObject({ status: 403 });
    expect(await api('admin', 'POST', '/config/reload')).toMatchObject({
      status: 200,
      body: { changes: ['route "more": added', 'route "up": plugins'] },
    });
    expect(await ask(client)).toBe('x b#');
    expect((await api('viewer', 'GET', '/routes')).body.items).toMatchObject([{ name: 'up', connections: 1 }, { name: 'more' }]);
    expect((await api('admin', 'GET', '/config')).body.routes).toHaveLength(2);
    await write({ ...config, engine: { workers: 7 } });
    expect(await api('admin', 'POST', '/config/reload')).toMatchObject({
      status: 409,
      body: { error: { code: 'CONFIG_NEEDS_RESTART', message: expect.stringContaining('engine.workers') } },
    });
    expect((await api('viewer', 'GET', '/audit')).body.items).toMatchObject([
      { action: 'config.reload', status: 409 },
      { action: 'config.reload', status: 200 },
      { action: 'POST /api/v1/config/reload', status: 403 },
    ]);
  });

  it('is applied when it changes, and refused with what is wrong in it', async () => {
    const config = (plugins: PluginInput[]): HostConfigInput => configOf([route(plugins)], { plugins: { watchMs: 10 } });
    const { url, log } = await startFromFile(config([a]));
    const client = await connect(`${url}/up`);
    await write(config([a, b]));
    await log.seen('config-reloaded');
    expect(await ask(client)).toBe('x a# b#');
    await replaceFile(join(folder, 'framegate.config.json'), Buffer.from('{ "routes": [,] }'));
    expect((await log.seen('config-refused')).fields).toMatchObject({
      message: expect.stringMatching(/framegate\.config\.json:1:14 is not JSON/),
    });
    expect(await ask(client)).toBe('x a# b#');
  });

  it('has its new plugins watched, and those that it names no more left alone', async () => {
    const config = (plugins: PluginInput[]): HostConfigInput => configOf([route(plugins)], { plugins: { watchMs: 10 } });
    const { url, host, log } = await startFromFile(config([a]));
    const client = await connect(`${url}/up`);
    await host.reload(config([b]));
    await replaceFile(join(folder, 'b.wasm'), await buildPlugin(tagging('b', '2.0.0')));
    expect((await log.seen('plugin-swapped')).fields).toMatchObject({ plugin: 'b', version: '2.0.0' });
    expect(await ask(client)).toBe('x b#');
  });
});
