import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isInShare } from '../../host/src/engine/share.js';
import type { Host, HostConfigInput } from '../../host/src/index.js';
import { KEYS, sample, startAdmin } from '../support/admin-client.js';
import { connect, type RunningHost, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('canary');
});
afterEach(() => rm(folder, { recursive: true }));

/** Stamps messages with a version, the connection and its count, which both versions keep on with. */
const stamp = (version: string, rest = ''): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'stamp', version: '${version}', capabilities: { state: ['connection'] }, ${rest}
    onRequest(frame, ctx) {
      if (frame.text === 'bad' && '${version}' === '2.0.0') throw new Error('oops');
      return sdk.replace('${version} ' + ctx.connection.id + ' ' + ctx.state.connection.add('count') + ' ' + frame.text);
    },
  }`);

const NEXT = { use: './next.wasm' };
const route = (url: string) => ({
  name: 'up',
  path: '/up',
  backend: { kind: 'upstream' as const, url },
  plugins: [{ use: './stamp.wasm', onFault: 'open' as const }],
});

async function files(): Promise<void> {
  await writeFile(join(folder, 'stamp.wasm'), await stamp('1.0.0'));
  await writeFile(join(folder, 'next.wasm'), await stamp('2.0.0'));
}

async function start(workers: number, plugins: HostConfigInput['plugins'] = {}): Promise<RunningHost & { clients: WsClient[] }> {
  await files();
  const { url } = await startUpstream();
  const running = await startHost({ plugins: { watchMs: 0, ...plugins }, engine: { workers }, routes: [route(url)] }, { folder });
  return { ...running, clients: await Promise.all(Array.from({ length: 16 }, () => connect(`${running.url}/up`))) };
}

/** What a message became: by which version, on which connection, the how manieth. */
async function ask(client: WsClient, message: string): Promise<{ version: string; id: string; count: number; text: string }> {
  client.send(message);
  const [version = '', id = '', count, text = ''] = (await client.next()).toString().split(' ');
  return { version, id, count: Number(count), text };
}

const trialOf = (host: Host) => host.plugins.list().get('up')?.[0]?.trial;

describe.each([1, 4])('a canary, with %i workers', (workers) => {
  it('runs for the connections of its share, more of them as it grows, and then for all, on the same state', async () => {
    const { clients, host, log } = await start(workers);
    let count = 0;
    for (const percent of [10, 50]) {
      await host.plugins.canary('up', 'stamp', percent === 10 ? NEXT : {}, { percent, approved: false });
      const salt = trialOf(host)?.sha256 ?? '';
      for (let again = 0; again < 2; again++) {
        count += 1;
        for (const client of clients) {
          const { version, id, count: counted } = await ask(client, 'x');
          expect(version).toBe(isInShare(id, salt, percent) ? '2.0.0' : '1.0.0');
          expect(counted).toBe(count);
        }
      }
    }
    expect(trialOf(host)).toMatchObject({ stage: 'canary', percent: 50, canary: { faults: 0 } });
    expect(log.lines.filter(({ message }) => message === 'plugin-trial-started')).toHaveLength(2);
    expect(await host.plugins.canary('up', 'stamp', {}, { percent: 100, approved: false })).toMatchObject({
      version: '2.0.0',
      trial: { ended: { reason: 'promoted', failed: false } },
    });
    for (const client of clients) expect(await ask(client, 'x')).toMatchObject({ version: '2.0.0', count: count + 1 });
    expect([...host.plugins.route('up').files()]).toEqual([['stamp', './next.wasm']]);
  });

  it('that fails is given up by itself, and its connections lose, repeat and reorder nothing', async () => {
    const { clients, host, log } = await start(workers, { probation: { faults: 3 } });
    await host.plugins.canary('up', 'stamp', NEXT, { percent: 50, approved: false });
    const salt = trialOf(host)?.sha256 ?? '';
    const ended = log.next('plugin-trial-ended');
    const sent = Array.from({ length: 40 }, (_, index) => (index % 4 === 3 ? 'bad' : `n${index}`));
    const all = await Promise.all(
      clients.map(async (client) => {
        for (const message of sent) client.send(message);
        return (await client.take(sent.length)).map(String);
      }),
    );
    for (const received of all) expect(received.map((message) => message.split(' ').at(-1))).toEqual(sent);
    expect(all.some(([first = '']) => isInShare(first.split(' ')[1] ?? '', salt, 50))).toBe(true);
    expect((await ended).fields).toMatchObject({ stage: 'canary', failed: true, reason: 'it failed on 3 frames within 60 s' });
    for (const client of clients) expect(await ask(client, 'bad')).toMatchObject({ version: '1.0.0', text: 'bad' });
    expect(host.plugins.list().get('up')?.[0]).toMatchObject({ version: '1.0.0', enabled: true });
  });
});

describe('a canary', () => {
  it('goes on from a shadow, follows its share for new connections, and is undone by hand', async () => {
    const { clients, host, url } = await start(1);
    await host.plugins.route('up').shadow('stamp', NEXT, { percent: 100, http: false, approved: false });
    const status = await host.plugins.canary('up', 'stamp', {}, { percent: 50, approved: false });
    expect(status.trial).toMatchObject({ stage: 'canary', version: '2.0.0', percent: 50 });
    const salt = status.trial?.sha256 ?? '';
    for (let more = 0; more < 5; more++) {
      const { version, id } = await ask(await connect(`${url}/up`), 'x');
      expect(version).toBe(isInShare(id, salt, 50) ? '2.0.0' : '1.0.0');
    }
    await host.plugins.route('up').abandon('stamp');
    for (const client of clients) expect(await ask(client, 'x')).toMatchObject({ version: '1.0.0', count: 1 });
  });

  it('is refused to a version that brings the state into another form', async () => {
    const { host } = await start(1);
    await writeFile(join(folder, 'next.wasm'), await stamp('3.0.0', 'migrate() {},'));
    await expect(host.plugins.canary('up', 'stamp', NEXT, { percent: 1, approved: false })).rejects.toMatchObject({ code: 'PLUGIN_TRIAL' });
    expect(trialOf(host)).toBeUndefined();
  });

  it('is steered through the API, counted and audited', async () => {
    await files();
    const upstream = await startUpstream();
    const { ask: call, admin, url } = await startAdmin({ plugins: { watchMs: 0 }, routes: [route(upstream.url)] }, { folder });
    expect(await call('viewer', 'POST', '/plugins/up/stamp/canary', NEXT)).toMatchObject({ status: 403 });
    expect(await call('operator', 'POST', '/plugins/up/stamp/canary', NEXT)).toMatchObject({
      status: 200,
      body: { version: '1.0.0', trial: { stage: 'canary', percent: 1 } },
    });
    expect(await call('operator', 'POST', '/plugins/up/stamp/canary', { percent: 99.99 })).toMatchObject({ status: 200 });
    const client = await connect(`${url}/up`);
    expect(await ask(client, 'x')).toMatchObject({ version: '2.0.0' });
    const metrics = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
    expect(sample(metrics, 'framegate_canary_frames_total{route="up",plugin="stamp"}')).toBe(1);
    expect(sample(metrics, 'framegate_canary_faults_total{route="up",plugin="stamp"}')).toBe(0);
    expect(await call('operator', 'POST', '/plugins/up/stamp/abandon')).toMatchObject({ status: 200 });
    expect(await ask(client, 'x')).toMatchObject({ version: '1.0.0' });
    const audit = await call('viewer', 'GET', '/audit');
    expect(audit.body.items.slice(0, 2).map(({ action }: { action: string }) => action)).toEqual(['plugin.abandon', 'plugin.canary']);
  });
});
