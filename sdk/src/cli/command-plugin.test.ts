import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, HostConfigInput } from '../../../host/src/index.js';
import { framegate } from '../../../test/support/framegate-cli.js';
import { connect, startHost, startUpstream, stopAfterEach } from '../../../test/support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../../../test/support/plugin-files.js';

stopAfterEach();

let folder: string;
let file: string;
let host: Host;
let config: HostConfigInput;
let admin: string;
let url: string;

const stamp = (version: string, scopes = `'room'`): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'stamp', version: '${version}', capabilities: { state: [${scopes}] },
    onRequest: (frame, ctx) => sdk.replace('${version} ' + ctx.state.room.add('count') + ' ' + frame.text),
  }`);

beforeEach(async () => {
  folder = await temporaryFolder('operator');
  file = join(folder, 'stamp.wasm');
  await writeFile(file, await stamp('1.0.0'));
  const upstream = await startUpstream();
  config = {
    server: { port: 0 },
    admin: { port: 0 },
    plugins: { watchMs: 0 },
    routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins: [{ use: './stamp.wasm' }] }],
  };
  const source = { file: join(folder, 'framegate.config.json'), read: async () => config };
  const running = await startHost(config, { folder, source });
  ({ host, url } = running);
  admin = `http://localhost:${host.adminAddress?.port}`;
  const client = await connect(`${url}/up`);
  client.send('a');
  expect(await client.next()).toBe('1.0.0 1 a');
});
afterEach(() => rm(folder, { recursive: true }));

const run = (...args: string[]) => framegate(folder, ...args, '--admin', admin);

describe('framegate plugin', { timeout: 60_000 }, () => {
  it('lists what runs where, loads a new version, and restores the old one', async () => {
    const listed = await run('plugin', 'list');
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toMatch(/^route +plugin +version +sha256 +state +may use\n\/up +stamp +1\.0\.0 +[0-9a-f]{12} +runs +state:room\n$/);
    await replaceFile(file, await stamp('2.0.0'));
    expect((await run('plugin', 'load', '/up', 'stamp')).out).toMatch(
      /^✓ stamp of \/up: 2\.0\.0 [0-9a-f]{12} {2}runs, on probation for \d+ s\n$/,
    );
    const [, old] = host.plugins.list().get('/up')?.[0]?.history ?? [];
    expect((await run('plugin', 'history', '/up', 'stamp')).out).toMatch(/\nruns +2\.0\.0 .*\n +1\.0\.0 /);
    expect((await run('plugin', 'rollback', '/up', 'stamp', old?.sha256.slice(0, 12) ?? '')).out).toContain('✓ stamp of /up: 1.0.0');
  });

  it('shows what waits and why something was refused, and agrees', async () => {
    await replaceFile(file, await stamp('2.0.0', `'room', 'user'`));
    const loaded = await run('plugin', 'load', '/up', 'stamp');
    expect(loaded.out).toMatch(
      /✓ stamp of \/up: 1\.0\.0 .*\nwaits stamp of \/up: 2\.0\.0 [0-9a-f]{12} also asks for state:user\n +agree with: framegate plugin approve \/up stamp [0-9a-f]{12}\n/,
    );
    expect(await run('plugin', 'approve', '/up', 'stamp', '000000')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No version 000000'),
    });
    expect((await run('plugin', 'approve', '/up', 'stamp')).out).toContain('✓ stamp of /up: 2.0.0');
    await replaceFile(file, Buffer.from('hello'));
    const refused = await run('plugin', 'load', '/up', 'stamp');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/^error PLUGIN_NOT_WASM Plugin ".*stamp\.wasm/);
    expect((await run('plugin', 'list')).out).toContain('\nrefused stamp of /up: ');
  });

  it('tries a version in shadow, shows where it differs, and swaps it in', async () => {
    await writeFile(join(folder, 'next.wasm'), await stamp('7.0.0'));
    const started = await run('plugin', 'shadow', '/up', 'stamp', '--file', './next.wasm');
    expect(started).toMatchObject({ code: 0, err: '' });
    expect(started.out).toMatch(/\nshadow stamp of \/up: 7\.0\.0 [0-9a-f]{12} on 100 % of the connections, no frame compared so far\n$/);
    const client = await connect(`ws://127.0.0.1:${host.address.port}/up`);
    client.send('a');
    await client.next();
    while (host.plugins.list().get('/up')?.[0]?.trial?.shadow?.compared !== 1) await new Promise(setImmediate);
    const { out } = await run('plugin', 'trial', '/up', 'stamp');
    expect(out).toMatch(/^shadow stamp of \/up: 7\.0\.0 .*, 0 % of 1 frames the same, 1 differ \(payload 1\)/);
    expect(out).toMatch(/\n {2}frame {6}a\n {2}running {4}replace {2}→ \S+ \d+ a\n {2}candidate {2}replace {2}→ 7\.0\.0 \d+ a\n$/);
    expect((await run('plugin', 'promote', '/up', 'stamp')).out).toContain('✓ stamp of /up: 7.0.0');
    expect(await run('plugin', 'abandon', '/up', 'stamp')).toMatchObject({ code: 1, err: expect.stringContaining('PLUGIN_UNKNOWN') });
    expect((await run('plugin', 'shadow', '/up', 'stamp', '--percent', '200')).err).toContain('Expected a share from 0 to 100.');
    expect((await run('plugin', 'load', '/up', 'stamp', '--file', '/etc/stamp.wasm')).err).toContain('PLUGIN_NOT_ALLOWED');
    await replaceFile(file, await stamp('2.0.0'));
    expect((await run('plugin', 'load', '/up', 'stamp', '--file', './stamp.wasm')).out).toContain('2.0.0');
  });

  it('has a version run for a share of the connections, raises the share, and swaps it in', async () => {
    await writeFile(join(folder, 'next.wasm'), await stamp('7.0.0'));
    const started = await run('plugin', 'canary', '/up', 'stamp', '--file', './next.wasm');
    expect(started).toMatchObject({ code: 0, err: '' });
    expect(started.out).toMatch(/\ncanary stamp of \/up: 7\.0\.0 [0-9a-f]{12} on 1 % of the connections, 0 frames, 0 faults\n/);
    expect((await run('plugin', 'canary', '/up', 'stamp', '--percent', '50')).out).toContain(' on 50 % of the connections');
    expect(host.plugins.list().get('/up')?.[0]).toMatchObject({ version: '1.0.0', trial: { stage: 'canary', percent: 50 } });
    expect((await run('plugin', 'canary', '/up', 'stamp', '--percent', '100')).out).toContain('✓ stamp of /up: 7.0.0');
    expect((await run('plugin', 'trial', '/up', 'stamp')).out).toMatch(
      /^ended {2}stamp of \/up: 7\.0\.0 .* is no longer tried in canary: promoted/,
    );
  });

  it('gives a canary up, by hand or because it fails, and says why', async () => {
    expect(await run('plugin', 'canary', '/up', 'stamp', '--percent', 'half')).toMatchObject({ code: 1, out: '' });
    expect(await run('plugin', 'abandon', '/up', 'stamp')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No version of "stamp" is being tried on route "/up"'),
    });
    await writeFile(join(folder, 'next.wasm'), await stamp('7.0.0'));
    await run('plugin', 'canary', '/up', 'stamp', '--file', './next.wasm', '--percent', '10');
    expect((await run('plugin', 'abandon', '/up', 'stamp')).out).toContain('✓ stamp of /up: 1.0.0');
    expect((await run('plugin', 'trial', '/up', 'stamp')).out).toMatch(
      /^ended .* is no longer tried in canary: abandoned by hand, 0 frames, 0 faults\n$/,
    );
    await writeFile(
      join(folder, 'bad.wasm'),
      await buildPlugin(
        `{ name: 'stamp', version: '8.0.0', capabilities: { state: ['room'] }, onRequest: () => { throw new Error('oops'); } }`,
      ),
    );
    await run('plugin', 'canary', '/up', 'stamp', '--file', './bad.wasm', '--percent', '99.9999');
    const client = await connect(`${url}/up`);
    while (host.plugins.list().get('/up')?.[0]?.trial?.ended === undefined) {
      client.send('b');
      await client.next();
    }
    expect((await run('plugin', 'trial', '/up', 'stamp')).out).toMatch(
      /^ended .*8\.0\.0 .* is no longer tried in canary: it failed on 5 frames within 60 s, \d+ frames, \d+ faults\n$/,
    );
    expect((await run('plugin', 'list')).out).toMatch(/\/up +stamp +1\.0\.0 /);
  });

  it('takes a plugin out, puts it back, and shows and wipes what it remembers', async () => {
    expect((await run('plugin', 'disable', '/up', 'stamp')).out).toMatch(/ {2}disabled\n$/);
    expect((await run('plugin', 'enable', '/up', 'stamp')).out).toMatch(/ {2}runs\n$/);
    expect((await run('plugin', 'reset', '/up', 'stamp')).out).toMatch(/ {2}runs\n$/);
    expect((await run('plugin', 'state', 'stamp', '--scope', 'room')).out).toMatch(
      /^scope +owner +key +bytes +value\nroom +\S+ +count +\d+ /,
    );
    expect((await run('plugin', 'state', 'stamp', '--wipe')).out).toBe('✓ 1 entries forgotten\n');
    expect((await run('plugin', 'state', 'stamp')).out).toBe('0 entries; stamp has 0 bytes in all\n');
  });

  it('says that there is no such plugin, or no such route, and which there are', async () => {
    expect((await run('plugin', 'state', 'nope')).err).toContain('there is no plugin "nope" and no state of it; plugins: ');
    expect((await run('plugin', 'reset', '/nope', 'stamp')).err).toContain('There is no route "/nope". Routes: ');
  });

  it('has the configuration read again', async () => {
    expect((await run('reload')).out).toBe('nothing has changed\n');
    config = { ...config, log: { level: 'debug' } };
    expect((await run('reload')).out).toBe('✓ log.level\n');
    expect((await run('reload')).out).toMatch(/^nothing has changed since \d\d:\d\d:\d\d, when this was applied: log\.level\n$/);
    config = { ...config, engine: { workers: 7 } };
    expect(await run('reload')).toMatchObject({ code: 1, err: expect.stringMatching(/^error CONFIG_NEEDS_RESTART .*engine\.workers/) });
  });

  it('says what to do when there is no key, a wrong one, no such plugin, or no admin API', async () => {
    expect((await run('plugin', 'list', '--key-file', 'nowhere')).err).toMatch(
      /^error cannot read the admin key in nowhere: there is no such file\. .*--key-file/,
    );
    await writeFile(join(folder, 'other.key'), 'not-the-key-0123456789\n');
    expect((await run('plugin', 'list', '--key-file', 'other.key')).err).toMatch(
      /^error This key or token is not valid here\. .*framegate-admin\.key/,
    );
    expect(await run('plugin', 'load', '/up', 'other')).toMatchObject({
      code: 1,
      err: expect.stringContaining('plugin "other" at the route "/up"'),
    });
    expect((await framegate(folder, 'plugin', 'list', '--admin', 'http://localhost:1')).err).toMatch(
      /^error no admin API answers at http:\/\/localhost:1 \(.*\): start the host with "admin": \{\}/,
    );
    expect((await framegate(folder, 'plugin', 'list', '--admin', `http://127.0.0.1:${host.address.port}`)).err).toContain(
      'is that the admin port',
    );
  });
});

describe('framegate keys and framegate sign', { timeout: 60_000 }, () => {
  it('make a signature that a host which insists on one takes, and no other file', async () => {
    const keys = await framegate(folder, 'keys', 'mine');
    expect(keys).toMatchObject({ code: 0, err: '' });
    const publicKey = /"publicKeys": \["([^"]+)"\]/.exec(keys.out)?.[1] ?? '';
    const { mode } = await stat(join(folder, 'mine.key'));
    expect(mode & 0o777).toBe(0o600);
    expect(await framegate(folder, 'keys', 'mine')).toMatchObject({
      code: 1,
      err: 'error mine.key is there already; choose another name\n',
    });
    const signed = { ...config, plugins: { watchMs: 0, requireSigned: true, publicKeys: [publicKey] } };
    await expect(startHost(signed, { folder })).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    expect(await framegate(folder, 'sign', 'stamp.wasm', '--key', 'mine.key')).toMatchObject({ code: 0, err: '' });
    const running = await startHost(signed, { folder });
    await replaceFile(file, await stamp('2.0.0'));
    await expect(running.host.plugins.load('/up', 'stamp')).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    expect((await framegate(folder, 'sign', 'mine.pub', '--key', 'mine.key')).err).toMatch(/^error mine\.pub is not a Wasm module/);
    expect((await framegate(folder, 'sign', 'stamp.wasm', '--key', 'mine.pub')).err).toMatch(/^error mine\.pub is not a private key/);
  });
});
