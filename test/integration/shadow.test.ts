import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isInShare } from '../../host/src/engine/share.js';
import type { Host, HostConfigInput } from '../../host/src/index.js';
import { KEYS, sample, startAdmin } from '../support/admin-client.js';
import { connect, type RunningHost, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('shadow');
});
afterEach(() => rm(folder, { recursive: true }));

/** Counts messages in the room's state, stamps them, and drops what has a word in it. */
const stamp = (version: string, word: string, rest = ''): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'stamp', version: '${version}', capabilities: { state: ['room'] },
    onRequest(frame, ctx) {
      const count = ctx.state.room.add('count');
      if (frame.text === 'who') return sdk.replace(ctx.connection.id);
      ${rest}
      if (frame.text.includes('${word}')) return sdk.drop('has ${word} in it');
      return sdk.replace(count + ' ' + frame.text);
    },
  }`);

const ALL = { percent: 100, http: false, approved: false } as const;

type Routes = NonNullable<HostConfigInput['routes']>;

async function start(
  plugins: Routes[number]['plugins'] = [{ use: './stamp.wasm', onFault: 'open' }],
  rest: Partial<HostConfigInput> = {},
): Promise<RunningHost & { client: WsClient; routes: Routes }> {
  await writeFile(join(folder, 'stamp.wasm'), await stamp('1.0.0', 'spam'));
  await writeFile(join(folder, 'next.wasm'), await stamp('2.0.0', 'ham'));
  const { url } = await startUpstream();
  const routes = [{ name: 'up', path: '/up', backend: { kind: 'upstream' as const, url }, plugins }];
  const { plugins: options, ...others } = rest;
  const running = await startHost({ plugins: { watchMs: 0, ...options }, routes, ...others }, { folder });
  return { ...running, routes, client: await connect(`${running.url}/up`) };
}

async function ask(client: WsClient, message: string): Promise<string> {
  client.send(message);
  return (await client.next()).toString();
}

const trialOf = (host: Host) => host.plugins.list().get('up')?.[0]?.trial;

/** Resolves when that many frames have been compared, or skipped. */
async function compared(host: Host, count: number) {
  for (;;) {
    const trial = trialOf(host);
    const { shadow } = trial ?? {};
    if (shadow !== undefined && shadow.compared + shadow.skipped >= count) return shadow;
    if (trial?.ended !== undefined) throw new Error(`the trial has ended: ${trial.ended.reason}`);
    await new Promise(setImmediate);
  }
}

describe('a version in shadow', () => {
  it('sees every frame beside the running one, and says where it differs, without any effect', async () => {
    const { client, host, log } = await start();
    expect(await ask(client, 'before')).toBe('1 before');
    const status = await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    expect(status).toMatchObject({
      version: '1.0.0',
      trial: { stage: 'shadow', version: '2.0.0', percent: 100, origin: join(folder, 'next.wasm') },
    });
    expect(log.lines.at(-1)).toMatchObject({ message: 'plugin-trial-started', fields: { route: 'up', plugin: 'stamp', stage: 'shadow' } });
    expect(await ask(client, 'hello')).toBe('2 hello');
    expect(await ask(client, 'ham')).toBe('3 ham');
    client.send('spam');
    expect(await ask(client, 'bye')).toBe('5 bye');
    const { differences, ...report } = await compared(host, 4);
    expect(report).toMatchObject({
      compared: 4,
      same: 2,
      different: 2,
      faults: 0,
      skipped: 0,
      withheld: 0,
      by: { kind: 2, reason: 2, payload: 2, close: 0 },
    });
    expect(report.candidateMs).toBeGreaterThan(0);
    expect(report.runningMs).toBeGreaterThan(0);
    expect(differences).toMatchObject([
      {
        hook: 'on_request_message',
        differs: ['kind', 'reason', 'payload'],
        frame: { kind: 'text', text: 'spam', bytes: 4, truncated: false },
        running: { kind: 'drop', reason: 'has spam in it', forwarded: 0 },
        candidate: { kind: 'replace', forwarded: 1, forward: [{ text: '4 spam' }] },
      },
      { running: { kind: 'replace', forward: [{ text: '3 ham' }] }, candidate: { kind: 'drop', reason: 'has ham in it' } },
    ]);
    expect(host.plugins.list().get('up')?.[0]?.history).toHaveLength(1);
  });

  it('agrees with itself', async () => {
    const { client, host } = await start();
    await host.plugins.route('up').shadow('stamp', {}, ALL);
    for (let index = 1; index <= 20; index++) expect(await ask(client, 'x')).toBe(`${index} x`);
    expect(await compared(host, 20)).toMatchObject({ same: 20, different: 0 });
  });

  it('is run by an operator from the history, and swapped in for everybody', async () => {
    const { client, host, log } = await start();
    const [{ sha256 = '' } = {}] = host.plugins.list().get('up') ?? [];
    await replaceFile(join(folder, 'stamp.wasm'), await stamp('3.0.0', 'jam'));
    await host.plugins.load('up', 'stamp');
    await host.plugins.route('up').shadow('stamp', { sha256: sha256.slice(0, 8) }, ALL);
    expect(trialOf(host)).toMatchObject({ version: '1.0.0', stage: 'shadow' });
    expect(await ask(client, 'spam')).toBe('1 spam');
    expect(await host.plugins.promote('up', 'stamp')).toMatchObject({
      version: '1.0.0',
      trial: { ended: { reason: 'promoted', failed: false } },
    });
    client.send('spam');
    expect(await ask(client, 'jam')).toBe('3 jam');
    expect(log.lines.map(({ message }) => message)).toContain('plugin-trial-ended');
  });

  it('reads the file that was promoted from then on', async () => {
    const { host } = await start();
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    await host.plugins.promote('up', 'stamp');
    expect([...host.plugins.route('up').files()]).toEqual([['stamp', './next.wasm']]);
  });

  it('is given up by hand, and what it found stays to be read', async () => {
    const { client, host } = await start();
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    await ask(client, 'ham');
    await compared(host, 1);
    const status = await host.plugins.route('up').abandon('stamp');
    expect(status.trial).toMatchObject({ ended: { reason: 'abandoned by hand', failed: false }, shadow: { different: 1 } });
    await ask(client, 'ham');
    expect(trialOf(host)?.shadow?.compared).toBe(1);
    await expect(host.plugins.route('up').abandon('stamp')).rejects.toMatchObject({ code: 'PLUGIN_UNKNOWN' });
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    expect(trialOf(host)).not.toHaveProperty('ended');
  });

  it('goes through every check that a new version goes through', async () => {
    const { host } = await start();
    const route = host.plugins.route('up');
    await writeFile(join(folder, 'junk.wasm'), 'junk');
    await expect(route.shadow('stamp', { use: './junk.wasm' }, ALL)).rejects.toMatchObject({ code: 'PLUGIN_NOT_WASM' });
    await writeFile(join(folder, 'other.wasm'), await buildPlugin(`{ name: 'other', version: '1.0.0', onRequest: () => undefined }`));
    await expect(route.shadow('stamp', { use: './other.wasm' }, ALL)).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
    await writeFile(
      join(folder, 'greedy.wasm'),
      await buildPlugin(`{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room', 'user'] }, onRequest: () => undefined }`),
    );
    await expect(route.shadow('stamp', { use: './greedy.wasm' }, ALL)).rejects.toMatchObject({ code: 'PLUGIN_NOT_APPROVED' });
    await writeFile(
      join(folder, 'broken.wasm'),
      await buildPlugin(
        `{ name: 'stamp', version: '2.0.0', capabilities: { state: ['room'] }, setup: () => { throw new Error('no luck'); }, onRequest: () => undefined }`,
      ),
    );
    await expect(route.shadow('stamp', { use: './broken.wasm' }, ALL)).rejects.toMatchObject({ code: 'PLUGIN_START_FAILED' });
    await expect(route.shadow('stamp', { sha256: 'abcdef' }, ALL)).rejects.toMatchObject({ code: 'PLUGIN_UNKNOWN' });
    await expect(route.shadow('stamp', { use: '/etc/stamp.wasm' }, ALL)).rejects.toMatchObject({ code: 'PLUGIN_NOT_ALLOWED' });
    expect(trialOf(host)).toBeUndefined();
    await route.shadow('stamp', { use: './greedy.wasm' }, { ...ALL, approved: true });
    await expect(route.shadow('stamp', {}, ALL)).rejects.toMatchObject({ code: 'PLUGIN_TRIAL' });
  });

  it('that loops for ever stops by itself and says so, while clients lose nothing', async () => {
    const { client, host, log } = await start(
      [{ use: './stamp.wasm', onFault: 'open', limits: { deadlineMs: 10_000, fuel: 100_000_000 } }],
      {
        engine: { breaker: { kills: 2 } },
      },
    );
    await writeFile(join(folder, 'loop.wasm'), await stamp('2.0.0', 'ham', `if (frame.text === 'loop') for (;;);`));
    await host.plugins.route('up').shadow('stamp', { use: './loop.wasm' }, ALL);
    const ended = log.next('plugin-trial-ended');
    const sent = Array.from({ length: 200 }, (_, index) => (index % 10 === 0 ? 'loop' : String(index)));
    for (const message of sent) client.send(message);
    expect((await client.take(sent.length)).map(String)).toEqual(sent.map((message, index) => `${index + 1} ${message}`));
    // Fuel stops it in its thread, again and again; that is a fault, and many in a row are a quarantine.
    for (let more = 0; trialOf(host)?.ended === undefined && more < 200; more++)
      expect(await ask(client, 'loop')).toBe(`${201 + more} loop`);
    expect((await ended).fields).toMatchObject({ failed: true, reason: expect.stringContaining('quarantined') });
    expect(host.plugins.list().get('up')?.[0]).toMatchObject({ version: '1.0.0', enabled: true });
  });

  /** Counts messages by room; version 2 keeps the count in another form. */
  const counting = (version: string, body: string, migrate = '') =>
    buildPlugin(
      `{ name: 'stamp', version: '${version}', capabilities: { state: ['room'] }, ${migrate} onRequest: (frame, ctx) => { ${body} } }`,
    );
  const COUNTED = `return sdk.replace(ctx.state.room.add('count') + ' ' + frame.text);`;
  const KEPT_OTHERWISE = `const { n } = ctx.state.room.get('count') ?? { n: 0 }; ctx.state.room.set('count', { n: n + 1 }); return sdk.replace((n + 1) + ' ' + frame.text);`;

  it('that keeps its state in another form migrates its copy first, while clients go on', async () => {
    const { host, url } = await start();
    await writeFile(join(folder, 'stamp.wasm'), await counting('1.0.0', COUNTED));
    await host.plugins.load('up', 'stamp');
    const client = await connect(`${url}/up`);
    expect(await ask(client, 'a')).toBe('1 a');
    await writeFile(
      join(folder, 'next.wasm'),
      await counting('2.0.0', KEPT_OTHERWISE, `migrate(from, ctx) { for (const entry of ctx.entries()) entry.set({ n: entry.get() }); },`),
    );
    const started = host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    for (let count = 2; count < 50; count++) expect(await ask(client, 'b')).toBe(`${count} b`);
    await started;
    for (let count = 50; count < 70; count++) expect(await ask(client, 'c')).toBe(`${count} c`);
    expect(await compared(host, 20)).toMatchObject({ different: 0, skipped: 0, faults: 0 });
  });

  it('that fails to migrate its copy does not start, and says why', async () => {
    const { host, client } = await start();
    expect(await ask(client, 'a')).toBe('1 a');
    await writeFile(join(folder, 'next.wasm'), await counting('2.0.0', KEPT_OTHERWISE, `migrate: () => { throw new Error('no idea'); },`));
    await expect(host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL)).rejects.toMatchObject({
      code: 'PLUGIN_MIGRATION_FAILED',
      message: expect.stringContaining('no idea'),
    });
    expect(trialOf(host)).toBeUndefined();
    expect(await ask(client, 'b')).toBe('2 b');
  });

  it('compares all frames of a share of the connections, always the same ones', async () => {
    const { host, url } = await start();
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, { ...ALL, percent: 30 });
    const salt = trialOf(host)?.sha256 ?? '';
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(`${url}/up`)));
    const ids: string[] = [];
    for (const client of clients) {
      ids.push(await ask(client, 'who'));
      for (let index = 0; index < 4; index++) await ask(client, 'ham');
    }
    const chosen = ids.filter((id) => isInShare(id, salt, 30));
    const { differences, compared: total } = await compared(host, 5 * chosen.length);
    expect(total).toBe(5 * chosen.length);
    expect(differences.map(({ connection }) => connection).reverse()).toEqual(chosen.flatMap((id) => [id, id, id, id]));
  });

  it('follows a change of another plugin, and ends when its own is changed or taken out', async () => {
    await writeFile(
      join(folder, 'other.wasm'),
      await buildPlugin(`{ name: 'other', version: '1.0.0', onRequest: (frame) => sdk.replace(frame.text + '!') }`),
    );
    const { client, host, routes } = await start([{ use: './stamp.wasm', onFault: 'open' }, { use: './other.wasm' }]);
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    expect(await ask(client, 'a')).toBe('1 a!');
    await replaceFile(
      join(folder, 'other.wasm'),
      await buildPlugin(`{ name: 'other', version: '2.0.0', onRequest: (frame) => sdk.replace(frame.text + '?') }`),
    );
    await host.plugins.load('up', 'other');
    expect(await ask(client, 'b')).toBe('2 b?');
    expect(await compared(host, 2)).toMatchObject({ same: 2, different: 0 });
    const [route] = routes;
    const config = { server: { port: 0 }, plugins: { watchMs: 0 } };
    await host.reload({ ...config, routes: [{ ...route, plugins: [{ use: './other.wasm' }] }] });
    expect(await ask(client, 'c')).toBe('c?');
    await host.reload({ ...config, routes });
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    await host.plugins.route('up').setEnabled('stamp', false);
    expect(trialOf(host)?.ended).toMatchObject({ reason: 'the plugin was disabled', failed: false });
  });

  it('sends no request of its own, and gets the answers that the running version got', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.end(`answer to ${request.url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asking = (version: string, paths: string): Promise<Uint8Array> =>
      buildPlugin(`{
        name: 'asking', version: '${version}', capabilities: { http: ['${base}'] },
        async onRequest(frame) {
          const answers = [];
          for (const path of ${paths}) answers.push(await fetch('${base}' + path).then((r) => r.text(), (e) => 'failed'));
          return sdk.replace(answers.join(', '));
        },
      }`);
    try {
      await writeFile(join(folder, 'asking.wasm'), await asking('1.0.0', `['/a']`));
      await writeFile(join(folder, 'asking-more.wasm'), await asking('2.0.0', `['/a', '/b']`));
      const { client, host } = await start([{ use: './asking.wasm', http: { hosts: [base], allowPrivate: true } }]);
      await host.plugins.route('up').shadow('asking', { use: './asking-more.wasm' }, ALL);
      expect(await ask(client, 'x')).toBe('answer to /a');
      const { differences, withheld } = await compared(host, 1);
      expect(withheld).toBe(1);
      expect(differences).toMatchObject([{ candidate: { forward: [{ text: 'answer to /a, failed' }] } }]);
      expect(seen).toEqual(['/a']);
      await host.plugins.route('up').abandon('asking');
      await host.plugins.route('up').shadow('asking', { use: './asking-more.wasm' }, { ...ALL, http: true });
      expect(await ask(client, 'x')).toBe('answer to /a');
      const { differences: allowed, withheld: none } = await compared(host, 1);
      expect(none).toBe(0);
      expect(allowed).toMatchObject([{ candidate: { forward: [{ text: 'answer to /a, answer to /b' }] } }]);
      expect(seen).toEqual(['/a', '/a', '/b']);
    } finally {
      server.close();
    }
  });

  it('is started, looked at and ended through the API by those who may, counted and audited', async () => {
    await writeFile(join(folder, 'stamp.wasm'), await stamp('1.0.0', 'spam'));
    await writeFile(join(folder, 'next.wasm'), await stamp('2.0.0', 'ham'));
    const upstream = await startUpstream();
    const route = {
      name: 'up',
      path: '/up',
      backend: { kind: 'upstream' as const, url: upstream.url },
      plugins: [{ use: './stamp.wasm' }],
    };
    const { ask: call, admin, url, host } = await startAdmin({ plugins: { watchMs: 0 }, routes: [route] }, { folder });
    const client = await connect(`${url}/up`);
    const body = { use: './next.wasm' };
    expect(await call('viewer', 'POST', '/plugins/up/stamp/shadow', body)).toMatchObject({ status: 403 });
    expect(await call('operator', 'POST', '/plugins/up/stamp/shadow', { ...body, approve: true })).toMatchObject({ status: 403 });
    expect(await call('operator', 'POST', '/plugins/up/stamp/shadow', { percent: 101 })).toMatchObject({ status: 400 });
    expect(await call('operator', 'POST', '/plugins/up/stamp/abandon')).toMatchObject({ status: 404 });
    const started = await call('operator', 'POST', '/plugins/up/stamp/shadow', body);
    expect(started).toMatchObject({ status: 200, body: { version: '1.0.0', trial: { stage: 'shadow', version: '2.0.0', percent: 100 } } });
    expect(await call('operator', 'POST', '/plugins/up/stamp/shadow', body)).toMatchObject({
      status: 409,
      body: { error: { code: 'PLUGIN_TRIAL' } },
    });
    await ask(client, 'fine');
    await ask(client, 'ham');
    await compared(host, 2);
    const listed = await call('viewer', 'GET', '/plugins/up/stamp');
    expect(listed.body.trial).toMatchObject({ shadow: { compared: 2, same: 1, different: 1 } });
    expect(JSON.stringify(listed.body)).not.toContain('has ham in it');
    expect(await call('viewer', 'GET', '/plugins/up/stamp/trial')).toMatchObject({ status: 403 });
    expect(await call('operator', 'GET', '/plugins/up/stamp/trial')).toMatchObject({
      status: 200,
      body: { trial: { stage: 'shadow' }, differences: [{ frame: { text: 'ham' }, candidate: { kind: 'drop', reason: 'has ham in it' } }] },
    });
    const metrics = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
    expect(sample(metrics, 'framegate_shadow_frames_total{route="up",plugin="stamp",result="same"}')).toBe(1);
    expect(sample(metrics, 'framegate_shadow_frames_total{route="up",plugin="stamp",result="different"}')).toBe(1);
    expect(sample(metrics, 'framegate_shadow_differences_total{route="up",plugin="stamp",in="kind"}')).toBe(1);
    const { sha256 } = started.body.trial;
    expect(
      sample(metrics, `framegate_plugin_trial_percent{route="up",plugin="stamp",stage="shadow",version="2.0.0",sha256="${sha256}"}`),
    ).toBe(100);
    expect(await call('operator', 'POST', '/plugins/up/stamp/promote')).toMatchObject({
      status: 200,
      body: { version: '2.0.0', probationUntil: expect.any(Number) },
    });
    expect(await ask(client, 'spam')).toBe('3 spam');
    const audit = await call('viewer', 'GET', '/audit');
    expect(audit.body.items.map(({ action, status }) => [action, status]).slice(0, 2)).toEqual([
      ['plugin.promote', 200],
      ['plugin.shadow', 409],
    ]);
    expect(await call('operator', 'POST', '/plugins/up/stamp/load', { use: '/etc/passwd.wasm' })).toMatchObject({
      status: 409,
      body: { error: { code: 'PLUGIN_NOT_ALLOWED' } },
    });
    await writeFile(join(folder, 'third.wasm'), await stamp('3.0.0', 'jam'));
    expect(await call('operator', 'POST', '/plugins/up/stamp/load', { use: './third.wasm' })).toMatchObject({
      status: 200,
      body: { version: '3.0.0' },
    });
    expect(await call('operator', 'POST', '/plugins/up/stamp/load')).toMatchObject({ status: 200, body: { version: '3.0.0' } });
  });

  it('keeps no payload where none is to be kept, and masks what is named', async () => {
    const { client, host } = await start(undefined, { plugins: { shadow: { mask: ['pin'] } } });
    await host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    await ask(client, '{"pin":"1234","text":"ham"}');
    const { differences } = await compared(host, 1);
    expect(differences[0]?.frame.text).toBe('{"pin":"***","text":"ham"}');
    const silent = await start(undefined, { plugins: { shadow: { excerptBytes: 0 } } });
    await silent.host.plugins.route('up').shadow('stamp', { use: './next.wasm' }, ALL);
    await ask(silent.client, 'ham');
    expect((await compared(silent.host, 1)).differences[0]?.frame).toEqual({ kind: 'text', text: '', bytes: 3, truncated: true });
  });
});
