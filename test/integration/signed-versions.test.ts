import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { connect, type RunningHost, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

type RouteInput = NonNullable<HostConfigInput['routes']>[number];
type PluginInput = NonNullable<RouteInput['plugins']>[number];

const [ada, bob] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();
const KEYS = { ada: pem(ada.publicKey), bob: pem(bob.publicKey) };

let folder: string;
let file: string;
let upstream: string;

beforeEach(async () => {
  folder = await temporaryFolder('signed-versions');
  file = join(folder, 'stamp.wasm');
  upstream = (await startUpstream()).url;
});
afterEach(() => rm(folder, { recursive: true }));

/** Puts its version before every message; fails on `bad` if it is told to. */
const stamp = (version: string, fails = false): Promise<Uint8Array> =>
  buildPlugin(
    `{ name: 'stamp', version: '${version}', onRequest: (frame) => {
      if (${fails} && frame.text === 'bad') throw new Error('oops');
      return sdk.replace('${version} ' + frame.text);
    } }`,
  );

async function put(wasm: Uint8Array, key?: KeyObject): Promise<void> {
  if (key === undefined) await rm(`${file}.sig`, { force: true });
  else await writeFile(`${file}.sig`, `${sign(null, wasm, key).toString('base64')}\n`);
  await replaceFile(file, wasm);
}

function configOf(plugins: HostConfigInput['plugins'], plugin: Partial<PluginInput> = {}): HostConfigInput {
  const backend = { kind: 'upstream' as const, url: upstream };
  return {
    server: { port: 0 },
    plugins: { watchMs: 0, folder: 'versions', ...plugins },
    routes: [{ name: 'up', path: '/up', backend, plugins: [{ use: './stamp.wasm', ...plugin }] }],
  };
}

async function start(
  plugins: HostConfigInput['plugins'],
  plugin: Partial<PluginInput> = {},
): Promise<RunningHost & { client: WsClient; load: () => ReturnType<RunningHost['host']['plugins']['load']> }> {
  const running = await startHost(configOf(plugins, plugin), { folder });
  return { ...running, client: await connect(`${running.url}/up`), load: () => running.host.plugins.load('up', 'stamp') };
}

async function ask(client: WsClient, message: string): Promise<string> {
  client.send(message);
  return (await client.next()).toString();
}

/** A host that ran 1.0.0, signed by Ada, and then 2.0.0, signed by Bob; it has ended. */
async function twoAuthors(): Promise<void> {
  await put(await stamp('1.0.0'), ada.privateKey);
  const { load, host } = await start({ requireSigned: true, publicKeys: [KEYS.ada, KEYS.bob] });
  await put(await stamp('2.0.0'), bob.privateKey);
  await load();
  await host.close();
}

describe('a version that is restored', () => {
  it('comes back when a key that is trusted now has signed it, in the same process and after a restart', async () => {
    await twoAuthors();
    const { client, host } = await start({ requireSigned: true, publicKeys: [KEYS.ada, KEYS.bob] });
    expect(await ask(client, 'a')).toBe('2.0.0 a');
    await host.plugins.route('up').rollback('stamp');
    expect(await ask(client, 'b')).toBe('1.0.0 b');
    const [, newer] = host.plugins.list().get('up')?.[0]?.history ?? [];
    await host.plugins.route('up').rollback('stamp', newer?.sha256);
    expect(await ask(client, 'c')).toBe('2.0.0 c');
  });

  it('is refused when its key was taken off the list since, and the running one goes on', async () => {
    await twoAuthors();
    const { client, host, log } = await start({ requireSigned: true, publicKeys: [KEYS.bob] });
    await expect(host.plugins.route('up').rollback('stamp')).rejects.toMatchObject({
      code: 'PLUGIN_UNTRUSTED',
      message: expect.stringMatching(
        /the kept version [0-9a-f]{64} of .*stamp\.wasm.* fits none of plugins\.publicKeys \(known: [0-9a-f]{16}\)/,
      ),
      hint: expect.stringContaining('framegate sign'),
    });
    expect(await ask(client, 'a')).toBe('2.0.0 a');
    expect((await log.seen('plugin-refused')).fields).toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    expect(
      host.plugins
        .list()
        .get('up')?.[0]
        ?.history.map(({ failed }) => failed),
    ).toEqual([undefined, undefined]);
  });

  it('is refused where the list of keys demands it, though a signature is not required', async () => {
    await twoAuthors();
    const { host } = await start({ publicKeys: [KEYS.bob] });
    await expect(host.plugins.route('up').rollback('stamp')).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
  });

  it('is refused when it was kept without a signature before one was required', async () => {
    await put(await stamp('1.0.0'));
    const first = await start({});
    await put(await stamp('2.0.0'), ada.privateKey);
    await first.load();
    await first.host.close();
    const { client, host } = await start({ requireSigned: true, publicKeys: [KEYS.ada] });
    await expect(host.plugins.route('up').rollback('stamp')).rejects.toMatchObject({
      code: 'PLUGIN_UNTRUSTED',
      message: expect.stringMatching(/was kept without a signature, and plugins\.requireSigned is on/),
    });
    expect(await ask(client, 'a')).toBe('2.0.0 a');
  });

  it('comes back once it is signed again where it is kept', async () => {
    await twoAuthors();
    const { client, host } = await start({ requireSigned: true, publicKeys: [KEYS.bob] });
    const [, older] = host.plugins.list().get('up')?.[0]?.history ?? [];
    const kept = join(folder, 'versions', `${older?.sha256}.wasm`);
    await writeFile(`${kept}.sig`, sign(null, await readFile(kept), bob.privateKey).toString('base64'));
    await host.plugins.route('up').rollback('stamp');
    expect(await ask(client, 'a')).toBe('1.0.0 a');
  });

  it('takes the signature that lies beside its file now, once that was loaded again', async () => {
    await put(await stamp('1.0.0'));
    const first = await start({});
    await put(await stamp('1.0.0'), ada.privateKey);
    await first.load();
    await put(await stamp('2.0.0'), ada.privateKey);
    await first.load();
    await first.host.close();
    const { client, host } = await start({ requireSigned: true, publicKeys: [KEYS.ada] });
    await host.plugins.route('up').rollback('stamp');
    expect(await ask(client, 'a')).toBe('1.0.0 a');
  });

  it('cannot be tried in shadow or on a share of the connections either', async () => {
    await twoAuthors();
    const { host } = await start({ requireSigned: true, publicKeys: [KEYS.bob] });
    const route = host.plugins.route('up');
    const [, older] = host.plugins.list().get('up')?.[0]?.history ?? [];
    const source = { sha256: older?.sha256 ?? '' };
    const untrusted = { code: 'PLUGIN_UNTRUSTED' };
    await expect(route.shadow('stamp', source, { percent: 100, http: false, approved: false })).rejects.toMatchObject(untrusted);
    await expect(route.canary('stamp', source, { percent: 1, approved: false })).rejects.toMatchObject(untrusted);
  });

  it('leaves no signature behind when it is forgotten', async () => {
    await put(await stamp('1.0.0'), ada.privateKey);
    const { load } = await start({ keepVersions: 2, requireSigned: true, publicKeys: [KEYS.ada] });
    for (const version of ['2.0.0', '3.0.0', '4.0.0']) {
      await put(await stamp(version), ada.privateKey);
      await load();
    }
    const names = await readdir(join(folder, 'versions'));
    expect(names.filter((name) => name.endsWith('.sig'))).toHaveLength(2);
  });
});

describe('a version that the host falls back on at its start', () => {
  it('is one that a key which is trusted now has signed', async () => {
    await put(await stamp('1.0.0'), bob.privateKey);
    const first = await start({ requireSigned: true, publicKeys: [KEYS.ada, KEYS.bob] });
    for (const version of ['2.0.0', '3.0.0']) {
      await put(await stamp(version), ada.privateKey);
      await first.load();
    }
    await first.host.plugins.route('up').rollback('stamp');
    await first.host.close();
    await put(await stamp('3.0.0'), bob.privateKey);
    const { client } = await start({ requireSigned: true, publicKeys: [KEYS.bob] });
    expect(await ask(client, 'a')).toBe('1.0.0 a');
  });

  it('is missing when no key of now has signed one, and the host says so', async () => {
    await put(await stamp('1.0.0'), ada.privateKey);
    const first = await start({ requireSigned: true, publicKeys: [KEYS.ada, KEYS.bob] });
    await put(await stamp('2.0.0'), bob.privateKey);
    await first.load();
    await first.host.plugins.route('up').rollback('stamp');
    await first.host.close();
    await expect(start({ requireSigned: true, publicKeys: [KEYS.bob] })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_APPROVED',
      message: expect.stringMatching(/was rolled back .* no earlier version of it that may run is kept.*fits none of plugins\.publicKeys/),
    });
  });
});

describe('a version that fails on probation', () => {
  it('gives way to the one before it, whose key is still trusted', async () => {
    await put(await stamp('1.0.0'), ada.privateKey);
    const { client, load, log } = await start(
      { requireSigned: true, publicKeys: [KEYS.ada], probation: { faults: 1 } },
      { onFault: 'open' },
    );
    await put(await stamp('2.0.0', true), ada.privateKey);
    await load();
    expect(await ask(client, 'bad')).toBe('bad');
    await log.seen('plugin-rolled-back');
    expect(await ask(client, 'bad')).toBe('1.0.0 bad');
  });

  it('stays if the one before it may not run any more, and says so', async () => {
    await put(await stamp('1.0.0'));
    const { client, host, load, log } = await start({ probation: { faults: 1 } }, { onFault: 'open' });
    const second = await stamp('2.0.0', true);
    await put(second);
    const { sha256 } = await load();
    await host.reload(configOf({ probation: { faults: 1 } }, { onFault: 'open', sha256 }));
    expect(await ask(client, 'bad')).toBe('bad');
    expect((await log.seen('plugin-refused')).fields).toMatchObject({
      code: 'PLUGIN_UNTRUSTED',
      message: expect.stringMatching(/1 faults after the swap, but the version before it can't be brought back: /),
    });
    // Taken out of service as the one before it was to come back, it is there again when its quarantine is over.
    while ((await ask(client, 'a')) !== '2.0.0 a');
    expect(host.plugins.list().get('up')).toMatchObject([{ version: '2.0.0', refusal: { code: 'PLUGIN_UNTRUSTED' } }]);
  });
});

describe('a pin that is taken away', () => {
  it('leaves no version running that nobody has signed', async () => {
    const first = await stamp('1.0.0');
    await put(first);
    const trust = { requireSigned: true, publicKeys: [KEYS.ada] };
    const sha256 = createHash('sha256').update(first).digest('hex');
    const { client, host } = await start(trust, { sha256 });
    await expect(host.reload(configOf(trust))).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
    expect(await ask(client, 'a')).toBe('1.0.0 a');
    await put(first, ada.privateKey);
    await host.plugins.load('up', 'stamp');
    await host.reload(configOf(trust));
    expect(await ask(client, 'b')).toBe('1.0.0 b');
  });
});
