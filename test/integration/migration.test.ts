import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminHostUnderTest, KEYS, sample, startAdmin } from '../support/admin-client.js';
import { connect, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder('migration');
  file = join(folder, 'count.wasm');
});
afterEach(() => rm(folder, { recursive: true }));

/** Counts messages, in version 1 as a number, in version 2 as an object; each fails on the other's form. `bad` is what version 2 fails on too. */
const VERSIONS = {
  '1.0.0': "const n = (kept ?? 0) + 1; if (typeof kept === 'object') throw new Error('not my form'); ctx.state.set('n', n);",
  '2.0.0':
    "if (typeof kept === 'number') throw new Error('not my form'); if (frame.text === 'bad') throw new Error('bad'); const n = (kept?.n ?? 0) + 1; ctx.state.set('n', { n });",
} as const;
const count = (version: keyof typeof VERSIONS, migrate = ''): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'count', version: '${version}',
    onRequest(frame, ctx) { const kept = ctx.state.get('n'); ${VERSIONS[version]} return sdk.replace('${version} ' + n + ' ' + frame.text); },
    ${migrate}
  }`);
const MIGRATE = `migrate(from, ctx) { for (const entry of ctx.entries()) entry.set({ n: entry.get() }); }`;

async function start(options: { probation?: { faults: number } } = {}): Promise<AdminHostUnderTest & { client: WsClient }> {
  await writeFile(file, await count('1.0.0'));
  const { url } = await startUpstream();
  const plugins = [{ use: './count.wasm', onFault: 'open' as const }];
  const route = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url }, plugins };
  const running = await startAdmin({ plugins: { watchMs: 20, ...options }, routes: [route] }, { folder });
  return { ...running, client: await connect(`${running.url}/up`) };
}

async function ask(client: WsClient, message: string): Promise<string> {
  client.send(message);
  return (await client.next()).toString();
}

describe('a new version that migrates', () => {
  it('takes over from its file while clients send, and nobody loses a message', async () => {
    const { client, host, log, url } = await start();
    const others = await Promise.all(Array.from({ length: 5 }, () => connect(`${url}/up`)));
    const clients = [client, ...others];
    let isSending = true;
    const answers: string[] = [];
    const load = clients.map(async (each) => {
      for (let sent = 0; isSending || sent < 5; sent++) answers.push(await ask(each, 'm'));
    });
    const migrated = log.seen('plugin-migrated');
    const swapped = log.seen('plugin-swapped');
    await replaceFile(file, await count('2.0.0', MIGRATE));
    const { fields } = await migrated;
    await swapped;
    isSending = false;
    await Promise.all(load);
    expect(fields).toMatchObject({ route: 'up', plugin: 'count', taken: 'migrated', from: '1.0.0', to: '2.0.0', entries: 1 });
    expect(await ask(client, 'last')).toBe(`2.0.0 ${answers.length + 1} last`);
    expect(answers.map((answer) => Number(answer.split(' ')[1])).sort((a, b) => a - b)).toEqual(answers.map((_, index) => index + 1));
    const [status] = host.plugins.list().get('up') ?? [];
    expect(status?.history[0]).toMatchObject({ version: '2.0.0', migration: { kind: 'migrated', from: '1.0.0', entries: 1 } });
  });

  it('is refused with the reason if that fails, and the version before goes on with its state', async () => {
    const { client, host, log } = await start();
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    const refused = log.seen('plugin-refused');
    await replaceFile(file, await count('2.0.0', `migrate(from) { throw new RangeError('what is ' + from + '?'); }`));
    expect((await refused).fields).toMatchObject({ code: 'PLUGIN_MIGRATION_FAILED', message: expect.stringContaining('what is 1.0.0?') });
    expect(await ask(client, 'b')).toBe('1.0.0 2 b');
    expect(host.plugins.list().get('up')?.[0]).toMatchObject({ version: '1.0.0', refusal: { code: 'PLUGIN_MIGRATION_FAILED' } });
  });

  it('that fails on frames is rolled back with its migration, by itself', async () => {
    const { client, host, log } = await start({ probation: { faults: 2 } });
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    const swapped = log.seen('plugin-swapped');
    await replaceFile(file, await count('2.0.0', MIGRATE));
    await swapped;
    expect(await ask(client, 'b')).toBe('2.0.0 2 b');
    const back = log.seen('plugin-rolled-back');
    for (const message of ['bad', 'bad']) expect(await ask(client, message)).toBe('bad');
    await back;
    const restored = log.lines.filter(({ message }) => message === 'plugin-migrated').at(-1);
    expect(restored?.fields).toMatchObject({ taken: 'restored', from: '2.0.0', to: '1.0.0', entries: 1, overwritten: 1 });
    expect(await ask(client, 'c')).toBe('1.0.0 2 c');
    expect(host.plugins.list().get('up')?.[0]?.history[0]).toMatchObject({ version: '1.0.0', migration: { kind: 'restored' } });
  });

  it('is taken back by hand, and shown in the metrics', async () => {
    const { client, host, admin } = await start();
    expect(await ask(client, 'a')).toBe('1.0.0 1 a');
    await writeFile(join(folder, 'two.wasm'), await count('2.0.0', MIGRATE));
    await host.plugins.load('up', 'count', { use: './two.wasm' });
    await host.plugins.route('up').rollback('count');
    expect(await ask(client, 'b')).toBe('1.0.0 2 b');
    const metrics = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
    for (const result of ['migrated', 'restored'])
      expect(sample(metrics, `framegate_plugin_migrated_entries_total{route="up",plugin="count",result="${result}"}`)).toBe(1);
  });
});
