import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginManifest } from '@framegate/sdk/abi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { KEYS, sample, startAdmin } from '../support/admin-client.js';
import { connect, type RunningHost, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import { assemble, manifestOf, watGuest, withManifest } from '../support/wat-guest.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await temporaryFolder('hot-load');
  file = join(folder, 'stamp.wasm');
});
afterEach(() => rm(folder, { recursive: true }));

/** A plugin that puts a stamp and a count on every message. */
const stamp = (version: string, rest = ''): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'stamp', version: '${version}', capabilities: { state: ['room'] },
    onRequest: (frame, ctx) => sdk.replace(\`${version} \${ctx.state.room.add('count')} \${frame.text}\`),
    ${rest}
  }`);

const hashOf = (wasm: Uint8Array): string => createHash('sha256').update(wasm).digest('hex');

const MAX_FILE_BYTES = 4_194_304;

type PluginInput = NonNullable<NonNullable<HostConfigInput['routes']>[number]['plugins']>[number];

async function start(
  plugins: HostConfigInput['plugins'] = {},
  plugin: Partial<PluginInput> = {},
): Promise<RunningHost & { client: WsClient }> {
  await writeFile(file, await stamp('1.0.0'));
  const { url } = await startUpstream();
  const route = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url }, plugins: [{ use: './stamp.wasm', ...plugin }] };
  const running = await startHost({ plugins: { watchMs: 0, ...plugins }, routes: [route] }, { folder });
  return { ...running, client: await connect(`${running.url}/up`) };
}

async function ask(client: WsClient, message: string): Promise<string> {
  client.send(message);
  return (await client.next()).toString();
}

describe('a new version', () => {
  it('takes over on live connections, and finds the state that the old one left', async () => {
    const { client, host } = await start();
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    await replaceFile(file, await stamp('2.0.0'));
    const status = await host.plugins.load('up', 'stamp');
    expect(status).toMatchObject({ name: 'stamp', version: '2.0.0', enabled: true });
    expect(await ask(client, 'b')).toBe('2.0.0 2 b');
    expect(host.routes[0]?.plugins).toEqual([{ name: 'stamp', version: '2.0.0', origin: file }]);
  });

  it('is found by the watch over the file, replaced in one step or written in place', async () => {
    const { client, log } = await start({ watchMs: 20 });
    await replaceFile(file, await stamp('2.0.0'));
    await log.seen('plugin-swapped');
    expect(await ask(client, 'a')).toBe('2.0.0 1 a');
    const swapped = log.next('plugin-swapped');
    await writeFile(file, await stamp('3.0.0'));
    await swapped;
    expect(await ask(client, 'b')).toBe('3.0.0 2 b');
  });

  it('is not swapped in when the file is the same', async () => {
    const { host, log } = await start();
    await host.plugins.load('up', 'stamp');
    expect(log.lines.filter(({ message }) => message === 'plugin-swapped')).toEqual([]);
  });

  it('gives way to any earlier one that is kept', async () => {
    const { client, host } = await start();
    const [first] = host.plugins.list().get('up') ?? [];
    for (const version of ['2.0.0', '3.0.0']) {
      await replaceFile(file, await stamp(version));
      await host.plugins.load('up', 'stamp');
    }
    await host.plugins.route('up').rollback('stamp');
    expect(await ask(client, 'a')).toBe('2.0.0 1 a');
    const status = await host.plugins.route('up').rollback('stamp', first?.sha256.slice(0, 8));
    expect(status.history.map(({ version }) => version)).toEqual(['1.0.0', '2.0.0', '3.0.0']);
    expect(await ask(client, 'b')).toBe('1.0.0 2 b');
  });

  it('is taken out and put back while clients are connected', async () => {
    const { client, host } = await start();
    await host.plugins.route('up').setEnabled('stamp', false);
    expect(await ask(client, 'a')).toBe('a');
    await host.plugins.route('up').setEnabled('stamp', true);
    expect(await ask(client, 'b')).toBe('1.0.0 1 b');
  });

  it('that fails on frames after its swap is rolled back by itself', async () => {
    const { client, host, log } = await start({ probation: { faults: 2 } }, { onFault: 'open' });
    await replaceFile(
      file,
      await buildPlugin(
        `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, onRequest: (frame) => { if (frame.text === 'bad') throw new Error('oops'); } }`,
      ),
    );
    await host.plugins.load('up', 'stamp');
    expect(await ask(client, 'bad')).toBe('bad');
    expect(await ask(client, 'bad')).toBe('bad');
    expect((await log.seen('plugin-rolled-back')).fields).toMatchObject({
      route: 'up',
      plugin: 'stamp',
      reason: '2 faults after the swap',
    });
    expect(await ask(client, 'bad')).toBe('1.0.0 1 bad');
    const [status] = host.plugins.list().get('up') ?? [];
    expect(status?.history).toMatchObject([{ version: '1.0.0' }, { version: '2.0.0', failed: '2 faults after the swap' }]);
  });

  it('that fails slowly is not run on what is on its way already, once it is given up', async () => {
    const { client, host, log } = await start(
      { probation: { faults: 2 } },
      { onFault: 'open', limits: { deadlineMs: 60_000, fuel: 60_000_000 } },
    );
    const slow = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, onRequest: (frame) => { while (frame.text.startsWith('bad')); } }`;
    await replaceFile(file, await buildPlugin(slow));
    await host.plugins.load('up', 'stamp');
    const sent = Array.from({ length: 60 }, (_, index) => `bad ${index}`);
    for (const message of sent) client.send(message);
    const came: string[] = [];
    for (const _ of sent) came.push((await client.next()).toString());
    expect(came.map((message) => message.slice(message.indexOf('bad')))).toEqual(sent);
    await log.seen('plugin-rolled-back');
    expect(log.lines.filter(({ message }) => message === 'plugin-quarantined')).toHaveLength(1);
  });

  it('that an operator restores stays, whatever its faults, and after a restart too', async () => {
    const { client, host, log } = await start({ folder: 'versions', probation: { faults: 1 } }, { onFault: 'open' });
    const fragile = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, onRequest: (frame) => { if (frame.text === 'bad') throw new Error('oops'); } }`;
    await replaceFile(file, await buildPlugin(fragile));
    await host.plugins.load('up', 'stamp');
    await replaceFile(file, await stamp('3.0.0'));
    await host.plugins.load('up', 'stamp');
    const status = await host.plugins.route('up').rollback('stamp');
    expect(status).toMatchObject({
      version: '2.0.0',
      history: [{ version: '2.0.0' }, { version: '3.0.0', failed: 'rolled back by hand' }, {}],
    });
    expect(await ask(client, 'bad')).toBe('bad');
    await log.seen('plugin');
    await host.plugins.route('up').settled();
    expect(host.plugins.list().get('up')).toMatchObject([{ version: '2.0.0' }]);
    expect(log.lines.some(({ message }) => message === 'plugin-rolled-back')).toBe(false);
  });

  it('that asks for more waits until an operator agrees', async () => {
    const { client, host, log } = await start();
    const greedy = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room', 'user'] }, onRequest: (frame) => sdk.replace('2 ' + frame.text) }`;
    await replaceFile(file, await buildPlugin(greedy));
    const status = await host.plugins.load('up', 'stamp');
    expect(status).toMatchObject({ version: '1.0.0', waiting: { version: '2.0.0', beyond: ['state:user'] } });
    expect((await log.seen('plugin-waiting')).fields).toMatchObject({ beyond: ['state:user'] });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    expect(await host.plugins.route('up').approve('stamp', status.waiting?.sha256 ?? '')).toMatchObject({
      version: '2.0.0',
      grants: ['state:room', 'state:user'],
    });
    expect(await ask(client, 'b')).toBe('2 b');
  });
});

describe('a broken version never hurts a client', () => {
  const trap = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, setup: () => { throw new Error('no luck'); }, onRequest: () => undefined }`;
  const hang = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, setup: () => { for (;;); }, onRequest: () => undefined }`;
  const other = `{ name: 'other', version: '2.0.0', capabilities: { state: ['room'] }, onRequest: () => undefined }`;
  const picky = `{ name: 'stamp', version: '2.0.0', config: { type: 'object', required: ['key'], properties: { key: { type: 'string' } } }, onRequest: () => undefined }`;

  const hungry = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, onRequest: () => { const all = []; for (;;) all.push(new Uint8Array(1e6)); } }`;
  const runaway = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, onResponse: () => { for (;;); } }`;
  /** Passes every request, and does this in another hook of its. */
  const passing = (hook: 'on_response_message' | 'on_connect', body: string): Uint8Array =>
    withManifest(
      assemble(`(module (memory (export "memory") 1)
        (func (export "framegate_io") (result i32) (i32.const 1024)) (func (export "framegate_reserve") (param i32) (result i32) (i32.const 2048))
        (func (export "on_request_message") (result i32) (i32.const 0))
        (func (export "${hook}") (result i32) ${body}))`),
      manifestOf(['on_request_message', hook], { name: 'stamp', version: '2.0.0', capabilities: { state: ['room'], http: [] } }),
    );

  const half = async (): Promise<Uint8Array> => {
    const whole = await stamp('2.0.0');
    return whole.subarray(0, whole.length / 2);
  };
  const manifest = manifestOf(['on_request_message'], { name: 'stamp', version: '2.0.0', capabilities: { state: [], http: [] } });
  const newer = { ...manifest, abi: 2 } as unknown as PluginManifest;
  const strange = '(module (memory (export "memory") 1) (func (export "on_request_message") (param f64) (result f64) (local.get 0)))';
  const foreign = `(module (import "env" "open" (func $open (result i32))) (memory (export "memory") 1)
    (func (export "framegate_io") (result i32) (i32.const 1024)) (func (export "framegate_reserve") (param i32) (result i32) (i32.const 2048))
    (func (export "on_request_message") (result i32) (call $open)))`;

  it.each<[string, () => Promise<Uint8Array | string | undefined>, string, RegExp]>([
    ['is not Wasm', async () => 'hello', 'PLUGIN_NOT_WASM', /stamp\.wasm/],
    ['is empty', async () => '', 'PLUGIN_NOT_WASM', /stamp\.wasm/],
    ['is cut off', async () => (await stamp('2.0.0')).subarray(0, 50_000), 'PLUGIN_NOT_WASM', /is truncated/],
    ['is half-written', half, 'PLUGIN_NOT_WASM', /is truncated/],
    [
      'is written up to the middle, with zeros behind',
      async () => Buffer.concat([await half(), new Uint8Array(1e6)]),
      // Zeros are sections of no bytes: whether the last one is whole depends on how many there are.
      expect.stringMatching(/PLUGIN_INVALID|PLUGIN_NOT_WASM/),
      /stamp/,
    ],
    ['vanishes before it is read', async () => undefined, 'PLUGIN_NOT_FOUND', /there is no such file/],
    [
      'is too large',
      async () => Buffer.concat([await stamp('2.0.0'), new Uint8Array(MAX_FILE_BYTES)]),
      'PLUGIN_INVALID',
      /plugins\.maxFileBytes is/,
    ],
    [
      'is of a newer ABI',
      async () => withManifest(watGuest('pass'), newer),
      'PLUGIN_INVALID',
      /abi is 2; this version of framegate knows ABI 1/,
    ],
    ['has a hook of another signature', async () => withManifest(assemble(strange), manifest), 'PLUGIN_INVALID', /on_request_message/],
    ['imports what the host does not have', async () => withManifest(assemble(foreign), manifest), 'PLUGIN_INVALID', /env/],
    ['has no hook', async () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), 'PLUGIN_INVALID', /on_request_message/],
    ['is called something else', () => buildPlugin(other), 'PLUGIN_INVALID', /is now the plugin "other"/],
    ['does not take its configuration', () => buildPlugin(picky), 'PLUGIN_CONFIG_INVALID', /config\.key: got nothing/],
    ['fails when it is set up', () => buildPlugin(trap), 'PLUGIN_START_FAILED', /no luck/],
    [
      'traps in its rehearsal',
      async () => passing('on_response_message', '(unreachable)'),
      'PLUGIN_REHEARSAL_FAILED',
      /"stamp" .*: on_response_message trapped in its rehearsal with the made-up text frame warm-up: .*unreachable/,
    ],
    [
      'traps when a client comes',
      async () => passing('on_connect', '(unreachable)'),
      'PLUGIN_REHEARSAL_FAILED',
      /on_connect trapped in its rehearsal: .*unreachable/,
    ],
    [
      'runs away on responses',
      () => buildPlugin(runaway),
      'PLUGIN_REHEARSAL_FAILED',
      /on_response_message ran out of fuel in its rehearsal/,
    ],
    ['eats its memory', () => buildPlugin(hungry), 'PLUGIN_REHEARSAL_FAILED', /on_request_message ran out of memory in its rehearsal/],
    ['never ends its setup', () => buildPlugin(hang), 'PLUGIN_START_FAILED', /stamp/],
  ])('that %s', async (_, make, code, message) => {
    const { client, host, log } = await start({ maxFileBytes: MAX_FILE_BYTES });
    const content = await make();
    await (content === undefined ? rm(file) : replaceFile(file, content));
    await expect(host.plugins.load('up', 'stamp')).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    const [status] = host.plugins.list().get('up') ?? [];
    expect(status).toMatchObject({ version: '1.0.0', refusal: { code } });
    expect(log.lines.filter(({ message }) => message === 'plugin-refused')).toHaveLength(1);
    await replaceFile(file, await stamp('3.0.0'));
    await host.plugins.load('up', 'stamp');
    expect(await ask(client, 'b')).toBe('3.0.0 2 b');
    expect(host.plugins.list().get('up')?.[0]?.refusal).toBeUndefined();
  });

  it('that throws on every frame, as it may on made-up ones, is gone after the faults of its probation', async () => {
    const { client, host, log } = await start({ probation: { faults: 2 } }, { onFault: 'open' });
    const trap = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, onRequest: () => { throw new Error('oops'); } }`;
    await replaceFile(file, await buildPlugin(trap));
    await host.plugins.load('up', 'stamp');
    expect([await ask(client, 'a'), await ask(client, 'b')]).toEqual(['a', 'b']);
    await log.seen('plugin-rolled-back');
    expect(await ask(client, 'c')).toBe('1.0.0 1 c');
  });

  it('that traps in its rehearsal is not given to a share of the connections, nor to a changed configuration, but to a shadow', async () => {
    const { client, host, log } = await start();
    await replaceFile(file, passing('on_response_message', '(unreachable)'));
    const failed = { code: 'PLUGIN_REHEARSAL_FAILED' };
    const route = host.plugins.route('up');
    await expect(route.canary('stamp', {}, { percent: 50, approved: false })).rejects.toMatchObject(failed);
    await route.shadow('stamp', {}, { percent: 100, http: false, approved: false });
    expect((await log.seen('plugin log')).fields).toMatchObject({
      shadow: true,
      message: expect.stringContaining('trapped in its rehearsal'),
    });
    await expect(route.promote('stamp')).rejects.toMatchObject(failed);
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
  });

  it('that lies there at the start runs all the same, and the log says what is wrong with it', async () => {
    await writeFile(file, passing('on_response_message', '(unreachable)'));
    const { url } = await startUpstream();
    const route = {
      name: 'up',
      path: '/up',
      backend: { kind: 'upstream' as const, url },
      plugins: [{ use: './stamp.wasm', onFault: 'open' as const }],
    };
    const { log, url: gateway } = await startHost({ plugins: { watchMs: 0 }, routes: [route] }, { folder });
    expect((await log.seen('plugin log')).fields).toMatchObject({ message: expect.stringContaining('trapped in its rehearsal') });
    expect(await ask(await connect(`${gateway}/up`), 'a')).toBe('a');
  });

  it('that asks for new capabilities waits, while the one before it goes on', async () => {
    const { client, host } = await start();
    const greedy = `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'], httpOptional: ['*'] }, onRequest: () => undefined }`;
    await replaceFile(file, await buildPlugin(greedy));
    expect(await host.plugins.load('up', 'stamp')).toMatchObject({ version: '1.0.0', waiting: { beyond: ['http:*'] } });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
  });

  it('that is not signed, or signed by somebody else', async () => {
    const author = generateKeyPairSync('ed25519');
    const stranger = generateKeyPairSync('ed25519');
    const signWith = async (key: typeof author.privateKey, version: string): Promise<void> =>
      writeFile(`${file}.sig`, sign(null, await stamp(version), key).toString('base64'));
    await signWith(author.privateKey, '1.0.0');
    const publicKeys = [author.publicKey.export({ format: 'pem', type: 'spki' }).toString()];
    const { client, host } = await start({ requireSigned: true, publicKeys });
    await replaceFile(file, await stamp('2.0.0'));
    await expect(host.plugins.load('up', 'stamp')).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    await signWith(stranger.privateKey, '2.0.0');
    await expect(host.plugins.load('up', 'stamp')).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    await signWith(author.privateKey, '2.0.0');
    await host.plugins.load('up', 'stamp');
    expect(await ask(client, 'b')).toBe('2.0.0 2 b');
  });

  it('that is not the pinned file', async () => {
    const sha256 = hashOf(await stamp('1.0.0'));
    const { client, host } = await start({}, { sha256 });
    await replaceFile(file, await stamp('2.0.0'));
    await expect(host.plugins.load('up', 'stamp')).rejects.toMatchObject({
      code: 'PLUGIN_UNTRUSTED',
      message: expect.stringContaining(sha256),
    });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
  });
});

describe('versions that cannot be written down', () => {
  /** As a full disk does: nothing new can be written. */
  const block = () => mkdir(join(folder, 'versions', 'index.json.new'), { recursive: true });

  it('are swapped in and out all the same, with a warning, and known until the host stops', async () => {
    const { client, host, log } = await start({ folder: 'versions' });
    await block();
    await replaceFile(file, await stamp('2.0.0'));
    const status = await host.plugins.load('up', 'stamp');
    expect(status).toMatchObject({ version: '2.0.0', history: [{ version: '2.0.0' }, { version: '1.0.0' }] });
    expect(status).toMatchObject({ notKept: expect.stringContaining('index.json.new') });
    expect(status.refusal).toBeUndefined();
    expect(log.lines.map(({ message }) => message)).toContain('plugin-swapped');
    expect(log.lines.map(({ message }) => message)).not.toContain('plugin-refused');
    expect(await log.seen('version-not-kept')).toMatchObject({ level: 'warn', fields: { code: 'PLUGIN_NOT_KEPT' } });
    expect(await ask(client, 'a')).toBe('2.0.0 1 a');
    expect(await host.plugins.route('up').rollback('stamp')).toMatchObject({ version: '1.0.0' });
    await rm(join(folder, 'versions', 'index.json.new'), { recursive: true });
    const kept = await host.plugins.route('up').rollback('stamp', hashOf(await stamp('2.0.0')));
    expect(kept.version).toBe('2.0.0');
    expect(kept.notKept).toBeUndefined();
  });

  it('do not keep a host from starting', async () => {
    await block();
    const { client, host, log } = await start({ folder: 'versions' });
    expect(await log.seen('version-not-kept')).toMatchObject({ level: 'warn' });
    expect(host.plugins.list().get('up')).toMatchObject([{ version: '1.0.0', notKept: expect.any(String) }]);
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
  });
});

describe('a mistake in a request', () => {
  it('is told to whoever made it, and is no refusal of a version', async () => {
    await writeFile(file, await stamp('1.0.0'));
    const { url } = await startUpstream();
    const route = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url }, plugins: [{ use: './stamp.wasm' }] };
    const { host, log, ask: api } = await startAdmin({ plugins: { watchMs: 0 }, routes: [route] }, { folder });
    const answers = [
      await api('admin', 'POST', '/plugins/up/stamp/approve', { sha256: '00000000' }),
      await api('operator', 'POST', '/plugins/up/stamp/rollback', { sha256: '00000000' }),
      await api('operator', 'POST', '/plugins/up/stamp/rollback', {}),
      await api('operator', 'POST', '/plugins/up/stamp/load', { use: './nope.wasm' }),
      await api('operator', 'POST', '/plugins/up/stamp/load', { use: '/etc/nope.wasm' }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [404, 'PLUGIN_UNKNOWN'],
      [404, 'PLUGIN_UNKNOWN'],
      [404, 'PLUGIN_UNKNOWN'],
      [409, 'PLUGIN_NOT_FOUND'],
      [409, 'PLUGIN_NOT_ALLOWED'],
    ]);
    expect(host.plugins.list().get('up')?.[0]?.refusal).toBeUndefined();
    expect(log.lines.filter(({ message }) => message === 'plugin-refused')).toEqual([]);
  });
});

describe('a probation that is over', () => {
  it('is not shown any more', async () => {
    const { host } = await start({ probation: { ms: 0 } });
    await replaceFile(file, await stamp('2.0.0'));
    expect((await host.plugins.load('up', 'stamp')).probationUntil).toBeUndefined();
  });
});

describe('figures of versions', () => {
  it('say which version runs, what waits, and what became of every change', async () => {
    await writeFile(file, await stamp('1.0.0'));
    const { url } = await startUpstream();
    const route = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url }, plugins: [{ use: './stamp.wasm' }] };
    const { host, admin } = await startAdmin({ plugins: { watchMs: 0 }, routes: [route] }, { folder });
    const read = async (): Promise<string> =>
      (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
    await replaceFile(file, await stamp('2.0.0'));
    const { sha256 } = await host.plugins.load('up', 'stamp');
    await replaceFile(file, 'not wasm');
    await expect(host.plugins.load('up', 'stamp')).rejects.toThrow();
    const text = await read();
    const place = 'route="up",plugin="stamp"';
    expect(sample(text, `framegate_plugin_info{${place},version="2.0.0",sha256="${sha256}"}`)).toBe(1);
    expect(sample(text, `framegate_plugin_rollouts_total{${place},result="swapped"}`)).toBe(1);
    expect(sample(text, `framegate_plugin_rollouts_total{${place},result="refused"}`)).toBe(1);
    expect(sample(text, `framegate_plugin_refused{${place}}`)).toBe(1);
    expect(sample(text, `framegate_plugin_waiting{${place}}`)).toBe(0);
  });

  it('change through the admin API, by roles, and leave a trace', async () => {
    await writeFile(file, await stamp('1.0.0'));
    const { url } = await startUpstream();
    const route = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url }, plugins: [{ use: './stamp.wasm' }] };
    const { ask: api } = await startAdmin({ plugins: { watchMs: 0 }, routes: [route] }, { folder });
    await replaceFile(file, await stamp('2.0.0'));
    expect((await api('viewer', 'POST', '/plugins/up/stamp/load')).status).toBe(403);
    expect((await api('operator', 'POST', '/plugins/up/stamp/load')).body).toMatchObject({ version: '2.0.0' });
    expect((await api('operator', 'POST', '/plugins/up/stamp/disable')).body).toMatchObject({ enabled: false });
    expect((await api('operator', 'POST', '/plugins/up/stamp/enable')).body).toMatchObject({ enabled: true });
    expect((await api('operator', 'POST', '/plugins/up/stamp/rollback', { sha256: 'xyz' })).status).toBe(400);
    expect((await api('operator', 'POST', '/plugins/up/stamp/rollback', {})).body).toMatchObject({ version: '1.0.0' });
    expect((await api('operator', 'POST', '/plugins/up/none/load')).status).toBe(404);
    await replaceFile(file, 'not wasm');
    expect(await api('operator', 'POST', '/plugins/up/stamp/load')).toMatchObject({
      status: 409,
      body: { error: { code: 'PLUGIN_NOT_WASM' } },
    });
    const audit = (await api('admin', 'GET', '/audit')).body.items.map(({ action }: { action: string }) => action);
    expect(audit).toEqual(expect.arrayContaining(['plugin.load', 'plugin.disable', 'plugin.enable', 'plugin.rollback']));
  });
});

describe('another file that an operator has loaded', () => {
  it('goes on when only the configuration of its plugin changes, and gives way to another `use`, which is logged', async () => {
    await writeFile(file, await stamp('1.0.0'));
    await writeFile(join(folder, 'other.wasm'), await stamp('2.0.0'));
    await writeFile(join(folder, 'third.wasm'), await stamp('3.0.0'));
    const { url } = await startUpstream();
    const config = (plugin: PluginInput): HostConfigInput => ({
      server: { port: 0 },
      plugins: { watchMs: 0 },
      routes: [{ name: 'up', path: '/up', backend: { kind: 'upstream', url }, plugins: [plugin] }],
    });
    const { host, log, url: gateway } = await startHost(config({ use: './stamp.wasm' }), { folder });
    const client = await connect(`${gateway}/up`);
    await host.plugins.load('up', 'stamp', { use: './other.wasm' });
    await host.reload(config({ use: './stamp.wasm', onFault: 'open' }));
    expect(await ask(client, 'a')).toBe('2.0.0 1 a');
    expect(log.lines.filter(({ message }) => message === 'plugin-swapped')).toHaveLength(1);
    await host.reload(config({ use: './third.wasm', onFault: 'open' }));
    expect(await ask(client, 'b')).toBe('3.0.0 2 b');
    const [, swapped] = log.lines.filter(({ message }) => message === 'plugin-swapped');
    expect(swapped?.fields).toMatchObject({ plugin: 'stamp', version: '3.0.0', from: hashOf(await stamp('2.0.0')) });
  });
});

describe('the file of a version that runs', () => {
  it('is missed when it is taken away, once, and the version goes on', async () => {
    const { client, log } = await start({ watchMs: 10 });
    const gone = log.next('plugin-file-gone');
    await rm(file);
    expect(await gone).toMatchObject({ level: 'warn', fields: { route: 'up', plugin: 'stamp', file } });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    const swapped = log.next('plugin-swapped');
    await writeFile(file, await stamp('2.0.0'));
    await swapped;
    expect(log.lines.filter(({ message }) => message === 'plugin-file-gone')).toHaveLength(1);
  });
});

describe('after a restart', () => {
  const restart = async (plugin: Partial<PluginInput> = {}): Promise<RunningHost & { client: WsClient }> => {
    const { url } = await startUpstream();
    const route = {
      name: 'up',
      path: '/up',
      backend: { kind: 'upstream' as const, url },
      plugins: [{ use: './stamp.wasm', ...plugin }],
    };
    const running = await startHost({ plugins: { watchMs: 0, folder: 'versions' }, routes: [route] }, { folder });
    return { ...running, client: await connect(`${running.url}/up`) };
  };

  it('a version that asks for more than was approved waits, and the last good one runs', async () => {
    await (await start({ folder: 'versions' })).host.close();
    await replaceFile(
      file,
      await buildPlugin(`{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room', 'plugin'] }, onRequest: () => undefined }`),
    );
    const { client, host } = await restart();
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    expect(host.plugins.list().get('up')).toMatchObject([{ version: '1.0.0', waiting: { version: '2.0.0', beyond: ['state:plugin'] } }]);
  });

  it.each<[string, Uint8Array | undefined, string]>([
    ['is gone', undefined, 'PLUGIN_NOT_FOUND'],
    ['is half-written', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9), 'PLUGIN_NOT_WASM'],
    ['is empty', new Uint8Array(), 'PLUGIN_NOT_WASM'],
  ])('a plugin whose file %s runs as the version that is kept, with a warning, until the file is back', async (_, content, code) => {
    await (await start({ folder: 'versions' })).host.close();
    await (content === undefined ? rm(file) : replaceFile(file, content));
    const { client, host, log } = await restart();
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    expect(await log.seen('plugin-refused')).toMatchObject({
      level: 'warn',
      fields: { code, message: expect.stringMatching(/The version 1\.0\.0 that is kept \([0-9a-f]{12}\) runs instead\.$/) },
    });
    expect(host.plugins.list().get('up')).toMatchObject([{ version: '1.0.0', origin: file, refusal: { code } }]);
    await replaceFile(file, await stamp('2.0.0'));
    expect((await host.plugins.load('up', 'stamp')).refusal).toBeUndefined();
    expect(await ask(client, 'b')).toBe('2.0.0 2 b');
  });

  it('a plugin whose file is gone does not run as a version that is not the pinned one, nor without a folder of versions', async () => {
    await (await start({ folder: 'versions' })).host.close();
    await rm(file);
    await expect(restart({ sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      message: expect.stringMatching(/there is no such file\. No version of it is kept that may run\. .*is not the one that/),
    });
    await rm(join(folder, 'versions'), { recursive: true });
    await expect(restart()).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
  });

  it('a plugin that an operator has disabled stays disabled, which is logged, until he enables it', async () => {
    const first = await start({ folder: 'versions' });
    await first.host.plugins.route('up').setEnabled('stamp', false);
    await first.host.close();
    const second = await restart();
    expect(await ask(second.client, 'a')).toBe('a');
    expect((await second.log.seen('plugin-switched')).fields).toMatchObject({ plugin: 'stamp', enabled: false, restored: true });
    await second.host.plugins.route('up').setEnabled('stamp', true);
    await second.host.close();
    const third = await restart();
    expect(await ask(third.client, 'b')).toBe('1.0.0 1 b');
    expect(third.log.lines.filter(({ message }) => message === 'plugin-switched')).toEqual([]);
  });

  it('a pinned version that may not run is not replaced by another one', async () => {
    const first = await start({ folder: 'versions' });
    const [{ sha256: before = '' } = {}] = first.host.plugins.list().get('up') ?? [];
    await first.host.close();
    const greedy = await buildPlugin(
      `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room', 'plugin'] }, onRequest: () => undefined }`,
    );
    await replaceFile(file, greedy);
    await expect(restart({ sha256: hashOf(greedy) })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_APPROVED',
      message: expect.stringMatching(
        /asks for more than was approved \(state:plugin\), and `sha256` in its route lets no other version run/,
      ),
      hint: expect.stringContaining(before),
    });
    await replaceFile(file, await stamp('1.0.0'));
    const { client } = await restart({ sha256: before });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
  });

  it('earlier versions can still be restored, unless the running one is pinned', async () => {
    const first = await start({ folder: 'versions' });
    await replaceFile(file, await stamp('2.0.0'));
    await first.host.plugins.load('up', 'stamp');
    await first.host.close();
    const pinned = await restart({ sha256: hashOf(await stamp('2.0.0')) });
    await expect(pinned.host.plugins.route('up').rollback('stamp')).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    expect(await ask(pinned.client, 'a')).toBe('2.0.0 1 a');
    await pinned.host.close();
    const { client, host } = await restart();
    expect(await ask(client, 'a')).toBe('2.0.0 1 a');
    await host.plugins.route('up').rollback('stamp');
    expect(await ask(client, 'b')).toBe('1.0.0 2 b');
  });
});
