import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, KEYS, sample, startAdmin } from '../support/admin-client.js';
import { puppet } from '../support/guests/engine-guests.js';
import { connect, refusal, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile } from '../support/plugin-files.js';

stopAfterEach();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-admin-'));
  await writeFile(join(folder, 'puppet.wasm'), puppet('a').wasm);
});
afterAll(() => rm(folder, { recursive: true }));

const PUPPETS = [
  { use: './puppet.wasm', name: 'first', config: { me: 'a' } },
  { use: './puppet.wasm', name: 'second', config: { me: 'b' }, onFault: 'open' },
] as const;

/** Connected, and greeted by both plugins. */
async function connectGreeted(url: string) {
  const client = await connect(`${url}/up`);
  expect(await client.take(2)).toEqual(['hello', 'hello']);
  return client;
}

/** A gateway with two plugins before a server that echoes. */
async function startEcho() {
  const upstream = await startUpstream();
  const routes = [{ path: '/up', backend: { kind: 'upstream' as const, url: upstream.url, notices: false }, plugins: [...PUPPETS] }];
  return startAdmin({ routes }, { folder });
}

async function metrics(admin: string): Promise<string> {
  const response = await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } });
  expect(response.headers.get('content-type')).toContain('text/plain');
  return response.text();
}

describe('/metrics', () => {
  it('has exact figures after known traffic', async () => {
    const { admin, url, http } = await startEcho();
    const client = await connectGreeted(url);
    client.send('hello'); // passes both ways
    expect(await client.next()).toBe('hello');
    client.send('ad'); // the first plugin drops it
    client.send('bunew'); // the second replaces it
    expect(await client.next()).toBe('new');
    client.send('bt'); // the second traps, and is open
    expect(await client.next()).toBe('bt');
    await fetch(`${http}/nothing`);
    expect(await refusal(`${url}/nowhere`)).toMatchObject({ status: 404 });
    const text = await metrics(admin);
    const request = 'route="/up",direction="request"';
    const response = 'route="/up",direction="response"';
    const figures: Record<string, number> = {
      [`framegate_frames_total{${request}}`]: 4,
      [`framegate_frames_out_total{${request}}`]: 3,
      [`framegate_frame_bytes_total{${request}}`]: 14,
      [`framegate_frames_total{${response}}`]: 3,
      [`framegate_frames_out_total{${response}}`]: 5, // two greetings of the plugins among them
      'framegate_frames_lost_total{route="/up"}': 0,
      'framegate_verdicts_total{route="/up",plugin="first",hook="on_request_message",kind="drop"}': 1,
      'framegate_verdicts_total{route="/up",plugin="second",hook="on_request_message",kind="replace"}': 1,
      // once on its way, once on the way back
      'framegate_plugin_faults_total{route="/up",plugin="second",code="PLUGIN_TRAP"}': 2,
      'framegate_plugin_call_seconds_count{route="/up",plugin="first",hook="on_request_message"}': 4,
      'framegate_plugin_call_seconds_bucket{route="/up",plugin="first",hook="on_request_message",le="+Inf"}': 4,
      'framegate_plugin_call_seconds_count{route="/up",plugin="second",hook="on_request_message"}': 3,
      'framegate_plugin_quarantined{route="/up",plugin="first"}': 0,
      'framegate_connections{route="/up"}': 1,
      'framegate_connections_total{route="/up"}': 1,
      'framegate_connections_refused_total{reason="route"}': 1,
      'framegate_queue_bytes{route="/up",queue="plugins"}': 0,
      'framegate_state_bytes{plugin="first"}': 0,
      framegate_draining: 0,
    };
    expect(Object.fromEntries(Object.keys(figures).map((series) => [series, sample(text, series)]))).toEqual(figures);
    expect(sample(text, 'framegate_engine_threads_total{event="started"}')).toBeGreaterThan(0);
    expect(sample(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('counts rooms, members and closes of a chat', async () => {
    const { admin, url } = await startAdmin();
    const ada = await connect(`${url}/chat?room=tea`);
    await ada.take(2);
    const text = await metrics(admin);
    expect(sample(text, 'framegate_rooms{route="/chat"}')).toBe(2);
    expect(sample(text, 'framegate_room_members{route="/chat"}')).toBe(1);
    await ada.close(1000);
    expect(sample(await metrics(admin), 'framegate_connections_closed_total{route="/chat",code="1000"}')).toBe(1);
  });

  it('counts a client that goes without a word under 1006, which nobody sends', async () => {
    const { admin, url, log } = await startAdmin({ log: { level: 'debug' } });
    const ada = await connect(`${url}/chat?room=tea`);
    await ada.take(2);
    const closing = log.next('closing');
    ada.socket.terminate();
    expect((await closing).fields).toMatchObject({ code: 1006 });
    const text = await metrics(admin);
    expect(sample(text, 'framegate_connections_closed_total{route="/chat",code="1006"}')).toBe(1);
    expect(text).not.toContain('code="1001"');
  });

  it('needs no key if the configuration says so', async () => {
    const { admin } = await startAdmin({ admin: { publicMetrics: true } });
    expect((await fetch(`${admin}/metrics`)).status).toBe(200);
  });
});

describe('connections', () => {
  it('are listed by page and filter, shown one by one, and kicked with code and reason', async () => {
    const { ask, url, log } = await startAdmin();
    const clients = [await connect(`${url}/chat?name=Ada&room=tea&token=hidden`), await connect(`${url}/chat?name=Bob`)];
    for (const client of clients) await client.next();
    const list = await ask('viewer', 'GET', '/connections?limit=1&offset=1');
    expect(list.body).toMatchObject({ total: 2, items: [{ user: { name: 'Bob' } }] });
    const { body } = await ask('viewer', 'GET', '/connections?room=tea');
    expect(body).toMatchObject({ total: 1, items: [{ route: '/chat', path: '/chat', state: 'open', user: { name: 'Ada' }, room: 'tea' }] });
    const [{ id } = { id: '' }] = body.items;
    expect((await ask('viewer', 'GET', `/connections/${id}`)).body.id).toBe(id);
    const kick = await ask('operator', 'POST', `/connections/${id}/kick`, { code: 4001, reason: 'enough' });
    expect([kick.status, kick.body]).toEqual([200, { kicked: id }]);
    expect(await clients[0]?.closed).toEqual({ code: 4001, reason: 'enough' });
    expect((await ask('viewer', 'GET', `/connections/${id}`)).status).toBe(404);
    const entry = { actor: 'the operator', role: 'operator', via: 'key', address: '127.0.0.1', action: 'connection.kick', status: 200 };
    expect((await ask('viewer', 'GET', '/audit')).body.items).toMatchObject([{ ...entry, target: { id, code: 4001, reason: 'enough' } }]);
    expect((await log.seen('audit')).fields).toMatchObject(entry);
  });
});

describe('bad input', () => {
  it.each([
    ['/connections?limit=-1', 'limit: expected 1 or more.'],
    ['/connections?limit=5000', 'limit: expected 1000 or less.'],
    ['/connections?offset=1.5', 'offset: expected a whole number.'],
    ['/audit?limit=none', 'limit: expected a number.'],
  ])('GET %s is refused in plain words', async (path, message) => {
    const { ask } = await startAdmin();
    const { status, body } = await ask('viewer', 'GET', path);
    expect([status, body.error.message]).toEqual([400, message]);
  });

  it.each([
    ['GET', '/connections?limit=none', undefined, 'limit'],
    ['POST', '/connections/x/kick', { code: 1005 }, 'code'],
    ['POST', '/connections/x/kick', { reason: 'x'.repeat(200) }, 'reason'],
    ['POST', '/bans', { kind: 'exile', subject: { by: 'name', value: 'x' } }, 'kind'],
    ['POST', '/bans', { kind: 'ban', subject: { by: 'name' } }, 'subject.value'],
    ['POST', '/bans', { kind: 'ban', subject: { by: 'name', value: 'x' }, expiresInMs: -1 }, 'expiresInMs'],
    ['POST', '/bans', { kind: 'ban', subject: { by: 'address', value: '192.0.2.0/33' } }, 'subject.value'],
    ['POST', '/bans', '{', 'body'],
    ['POST', '/bans', [], 'body'],
    ['POST', '/bans', { kind: 'ban', subject: { by: 'name', value: 'x', was: 'y' } }, 'subject.was'],
    ['POST', '/connections/x/kick', { cod: 1000 }, 'cod'],
    ['POST', '/plugins/%2Fchat/p/load', { uze: './other.wasm' }, 'uze'],
    ['POST', '/plugins/%2Fchat/p/reset?bogus=1', undefined, 'bogus'],
    ['GET', '/status?bogus=1', undefined, 'bogus'],
    ['GET', '/connections?lim=5', undefined, 'lim'],
    ['GET', '/state', undefined, 'plugin'],
    ['DELETE', '/state?plugin=p&owner=o', undefined, 'scope'],
  ])('%s %s is refused, and the field named', async (method, path, body, field) => {
    const { ask } = await startAdmin();
    const answer = await ask('operator', method, path, body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, 'invalid', field]);
    expect(answer.body.error.message).not.toMatch(/Invalid input|Too (small|big)|received/);
  });

  it('is refused in another form than JSON, also where a body is optional', async () => {
    const { admin, ask } = await startAdmin();
    const response = await fetch(`${admin}/api/v1/plugins/%2Fchat/p/load`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.operator}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'use=./other.wasm',
    });
    expect([response.status, await response.json()]).toMatchObject([415, { error: { code: 'media_type' } }]);
    await ask('operator', 'POST', '/connections/x/kick', { cod: 1000 });
    const audit = (await ask('viewer', 'GET', '/audit')).body.items;
    expect(audit[0]).toMatchObject({ action: 'POST /api/v1/connections/x/kick', status: 400, reason: expect.stringMatching(/^cod: /) });
  });

  it('is told from what does not exist', async () => {
    const { ask } = await startAdmin();
    for (const path of [
      '/nothing',
      '/rooms/%2Fchat/none/members',
      '/rooms/none/lobby/members',
      '/plugins/%2Fchat/none',
      '/state/entry?plugin=p&scope=plugin&key=k',
    ]) {
      expect((await ask('viewer', 'GET', path)).status, path).toBe(404);
    }
  });
});

describe('rooms and users', () => {
  it('are listed, and a room is removed', async () => {
    const { ask, url } = await startAdmin();
    const ada = await connect(`${url}/chat?name=Ada&room=tea`);
    await ada.take(2);
    expect((await ask('viewer', 'GET', '/rooms')).body.items).toContainEqual({
      route: '/chat',
      name: 'tea',
      members: 1,
      configured: false,
      messages: 0,
    });
    expect((await ask('viewer', 'GET', '/rooms/%2Fchat/tea/members')).body.items).toMatchObject([{ name: 'Ada' }]);
    expect((await ask('viewer', 'GET', '/users?name=Ada')).body.items).toMatchObject([
      { name: 'Ada', room: 'tea', banned: false, muted: false },
    ]);
    expect((await ask('operator', 'DELETE', '/rooms/%2Fchat/tea')).body).toEqual({ expelled: 1 });
    expect((await ada.nextJson()).type).toBe('leave');
    expect(await ada.nextJson()).toMatchObject({ type: 'notice', code: 'room_deleted' });
  });

  it('are muted and banned until the time is over, over new connections too', async () => {
    let now = Date.parse('2026-11-21T09:00:00Z');
    const { ask, url } = await startAdmin({}, { now: () => now });
    const mallory = await connect(`${url}/chat?name=Mallory&room=tea`);
    await mallory.take(2);
    const subject = { by: 'name', value: 'mallory' };
    const mute = await ask('operator', 'POST', '/bans', { kind: 'mute', subject, reason: 'spam', expiresInMs: 60_000 });
    expect(mute.body).toMatchObject({ closed: 0, ban: { kind: 'mute', subject, createdBy: 'the operator', expiresAt: now + 60_000 } });
    mallory.send('{"content":"spam"}');
    expect(await mallory.nextJson()).toMatchObject({ type: 'error', code: 'muted' });
    expect((await ask('viewer', 'GET', '/users')).body.items).toMatchObject([{ name: 'Mallory', muted: true }]);
    now += 60_000;
    mallory.send('{"id":"m","content":"sorry"}');
    expect(await mallory.nextJson()).toMatchObject({ type: 'ack', id: 'm' });
    const ban = await ask('operator', 'POST', '/bans', {
      kind: 'ban',
      subject: { by: 'address', value: '127.0.0.1' },
      reason: 'no',
      expiresInMs: 60_000,
    });
    expect(ban.body.closed).toBe(1);
    const close = { code: 1008, reason: 'banned until 2026-11-21T09:02:00.000Z: no' };
    expect(await mallory.closed).toEqual(close);
    expect(await refusal(`${url}/chat?name=Innocent`)).toEqual(close);
    expect((await ask('viewer', 'GET', '/bans')).body.total).toBe(1);
    expect((await ask('operator', 'DELETE', `/bans/${ban.body.ban.id}`)).body.removed.reason).toBe('no');
    await (await connect(`${url}/chat`)).next();
    expect((await ask('viewer', 'GET', '/audit')).body.items.map((entry: { action: string }) => entry.action)).toEqual([
      'ban.remove',
      'ban.add',
      'mute.add',
    ]);
  });
});

describe('bans', () => {
  it('go by ranges of addresses and by connections, outlive the host, and end when they are said to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'framegate-bans-'));
    let now = Date.parse('2026-11-21T09:00:00Z');
    const start = () => startAdmin({ bans: { file: 'kept/bans.json' } }, { folder, now: () => now });
    try {
      const first = await start();
      const ada = await connect(`${first.url}/chat?name=Ada`);
      const { id } = await ada.nextJson();
      const subject = { by: 'user', value: id };
      expect((await first.ask('operator', 'POST', '/bans', { kind: 'ban', subject, reason: 'you' })).body.closed).toBe(1);
      expect(await ada.closed).toEqual({ code: 1008, reason: 'banned for good: you' });
      const range = { by: 'address', value: '127.0.0.99/8' };
      const ban = await first.ask('operator', 'POST', '/bans', { kind: 'ban', subject: range, expiresInMs: 60_000 });
      expect(ban.body.ban).toMatchObject({ subject: { value: '127.0.0.0/8' } });
      await first.host.close();
      now += 59_999;
      const second = await start();
      expect(await refusal(`${second.url}/chat`)).toMatchObject({ code: 1008 });
      expect((await second.ask('viewer', 'GET', '/bans')).body.items).toEqual([expect.objectContaining({ subject }), ban.body.ban]);
      await second.host.close();
      now += 1;
      const third = await start();
      await (await connect(`${third.url}/chat`)).next();
      expect((await third.ask('viewer', 'GET', '/bans')).body.total).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('of addresses and of connections hold on every route, whatever is behind it', async () => {
    const upstream = await startUpstream();
    const routes = [{ path: '/chat' }, { path: '/live', backend: { kind: 'upstream' as const, url: upstream.url } }];
    const { ask, url, admin } = await startAdmin({ routes });
    const live = await connect(`${url}/live`);
    const other = await connect(`${url}/live`);
    const chatting = await connect(`${url}/chat`);
    const connections = (await ask('viewer', 'GET', '/connections?route=%2Flive')).body.items;
    const ban = (by: string, value: string) => ask('operator', 'POST', '/bans', { kind: 'ban', subject: { by, value } });
    expect((await ban('user', String(connections[0]?.id))).body.closed).toBe(1);
    expect(await live.closed).toEqual({ code: 1008, reason: 'banned for good' });
    expect((await ban('address', '127.0.0.0/8')).body.closed).toBe(2);
    for (const client of [other, chatting]) expect(await client.closed).toEqual({ code: 1008, reason: 'banned for good' });
    const asked = upstream.requests.length;
    for (const path of ['/live', '/chat']) expect(await refusal(`${url}${path}`)).toMatchObject({ code: 1008, reason: 'banned for good' });
    expect(upstream.requests).toHaveLength(asked);
    const metrics = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
    expect(sample(metrics, 'framegate_connections_refused_total{reason="ban"}')).toBe(2);
  });

  it('is decided anew when an upstream has answered', async () => {
    let asked = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const upstream = await startUpstream(undefined, {
      verifyClient: (_info: unknown, done: (verdict: boolean) => void) => {
        asked();
        void held.then(() => done(true));
      },
    });
    const { ask, url } = await startAdmin({ routes: [{ path: '/live', backend: { kind: 'upstream', url: upstream.url } }] });
    const refused = refusal(`${url}/live`);
    await waiting;
    await ask('operator', 'POST', '/bans', { kind: 'ban', subject: { by: 'address', value: '127.0.0.1' } });
    answer();
    expect(await refused).toMatchObject({ code: 1008 });
  });

  it('that cannot be kept are in effect all the same, and the operator is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'framegate-bans-'));
    try {
      const { ask, url } = await startAdmin({ bans: { file: 'kept/bans.json' } }, { folder });
      await writeFile(join(folder, 'kept'), 'not a folder');
      const answer = await ask('operator', 'POST', '/bans', { kind: 'ban', subject: { by: 'address', value: '127.0.0.1' } });
      expect([answer.status, answer.body.error]).toEqual([
        409,
        { code: 'BANS_NOT_KEPT', message: expect.stringMatching(/The change is in effect, but .*kept\/bans\.json cannot be written/) },
      ]);
      expect(await refusal(`${url}/chat`)).toMatchObject({ code: 1008 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('hold in a chat that a reload of the configuration has added', async () => {
    const upstream = await startUpstream();
    const up = { name: 'up', path: '/up', backend: { kind: 'upstream' as const, url: upstream.url } };
    const { ask, host, url } = await startAdmin({ routes: [up] });
    await host.reload({ server: { port: 0 }, admin: ADMIN, routes: [up, {}] });
    const ada = await connect(`${url}/chat?name=Ada`);
    await ada.next();
    expect((await ask('viewer', 'GET', '/users')).body.items).toMatchObject([{ name: 'Ada' }]);
    const ban = { kind: 'ban', subject: { by: 'name', value: 'Ada' } };
    expect((await ask('operator', 'POST', '/bans', ban)).body.closed).toBe(1);
  });
});

describe('plugins and their state', () => {
  it('are shown with what they have done, and a quarantine is ended', async () => {
    const upstream = await startUpstream();
    const routes = [{ path: '/up', backend: { kind: 'upstream' as const, url: upstream.url, notices: false }, plugins: [...PUPPETS] }];
    const breaker = { faultsInARow: 1, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 };
    const { ask, url } = await startAdmin({ routes, engine: { breaker } }, { folder });
    const client = await connectGreeted(url);
    client.send('bt');
    await client.next();
    const { body } = await ask('viewer', 'GET', '/plugins/%2Fup/second');
    expect(body).toMatchObject({ route: '/up', name: 'second', version: '1.0.0', abi: 'framegate', onFault: 'open' });
    expect(body.sha256).toMatch(/^[\da-f]{64}$/);
    expect(body.quarantinedUntil).toBeGreaterThan(Date.now());
    expect((await ask('viewer', 'GET', '/status')).body.quarantined).toMatchObject([{ route: '/up', plugin: 'second' }]);
    const reset = await ask('operator', 'POST', '/plugins/%2Fup/second/reset');
    expect([reset.status, reset.body.quarantinedUntil]).toEqual([200, undefined]);
    expect((await ask('viewer', 'GET', '/plugins')).body.items.map(({ name }: { name: string }) => name)).toEqual(['first', 'second']);
  });

  it('is listed, read and wiped, in the engine as well', async () => {
    const { ask, url } = await startEcho();
    const client = await connectGreeted(url);
    const count = async () => {
      client.send('ac'); // counts on its way, and on the way back
      expect(await client.next()).toBe('ac');
      client.send('aq');
      return client.next();
    };
    expect(await count()).toBe('2');
    const { body } = await ask('viewer', 'GET', '/state?plugin=first&scope=plugin');
    expect(body).toMatchObject({
      total: 1,
      items: [{ plugin: 'first', scope: 'plugin', owner: '', encoding: 'text', value: '2', truncated: false }],
    });
    const [{ key } = { key: '' }] = body.items;
    expect((await ask('viewer', 'GET', `/state/entry?plugin=first&scope=plugin&key=${encodeURIComponent(key)}`)).body.value).toBe('2');
    expect((await ask('operator', 'DELETE', '/state?plugin=first')).body).toEqual({ wiped: 1 });
    expect(await count()).toBe('2');
  });
});

describe('the host', () => {
  it('shows its configuration without a secret in it, and logs none', async () => {
    const upstream = await startUpstream();
    const secrets = {
      header: 'Bearer upstream-secret-1',
      query: 'query-secret-2',
      plugin: 'plugin-secret-3',
      jwt: 'jwt-secret-4-that-is-long-enough-to-be-one',
    };
    const { port } = new URL(upstream.url);
    const backend = {
      kind: 'upstream' as const,
      url: `ws://user:pass-secret-5@127.0.0.1:${port}/?token=${secrets.query}`,
      headers: { 'x-auth': secrets.header },
    };
    const routes = [{ path: '/up', backend, plugins: [{ use: './puppet.wasm', name: 'p', config: { me: 'a', apiKey: secrets.plugin } }] }];
    const { ask, log } = await startAdmin(
      { routes, log: { level: 'debug' }, admin: { jwt: { secret: secrets.jwt, issuer: 'x' } } },
      { folder },
    );
    await ask(undefined, 'POST', '/login', { credential: KEYS.operator });
    await ask(undefined, 'POST', '/login', { credential: 'a-wrong-key-6' });
    const config = await ask('admin', 'GET', '/config');
    expect(config.body).toMatchObject({
      routes: [{ path: '/up', backend: { headers: { 'x-auth': '***' } }, plugins: [{ config: { me: 'a', apiKey: '***' } }] }],
    });
    const shown = JSON.stringify([
      config.body,
      (await ask('admin', 'GET', '/plugins')).body,
      (await ask('admin', 'GET', '/audit')).body,
      log.lines,
    ]);
    for (const secret of [...Object.values(KEYS), ...Object.values(secrets), 'pass-secret-5', 'a-wrong-key-6'])
      expect(shown).not.toContain(secret);
  });

  it('says that it is ready until it drains, and shows how far that is', async () => {
    const { ask, admin, url, log } = await startAdmin({ drain: { delayMs: 600_000 } });
    await connect(`${url}/chat`);
    const probe = async (path: string) => (await fetch(`${admin}${path}`)).status;
    expect([await probe('/healthz'), await probe('/readyz')]).toEqual([200, 200]);
    expect((await ask('admin', 'POST', '/drain')).body).toMatchObject({ phase: 'announced', remaining: 1 });
    await log.seen('draining');
    expect([await probe('/healthz'), await probe('/readyz')]).toEqual([200, 503]);
    expect((await ask('viewer', 'GET', '/drain')).body.phase).toBe('announced');
  });
});

describe('/events', () => {
  it('tells in snapshots what passes, and with which verdicts', async () => {
    const { admin, url } = await startEcho();
    const response = await fetch(`${admin}/api/v1/events`, { headers: { authorization: `Bearer ${KEYS.viewer}` } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const client = await connectGreeted(url);
    client.send('ad');
    client.send('hello');
    await client.next();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      const snapshots = Array.from(text.matchAll(/^data: (.+)$/gm), ([, json = '{}']) => JSON.parse(json));
      const verdicts = snapshots.flatMap((snapshot) => snapshot.verdicts);
      if (verdicts.length === 0 || snapshots.at(-1).routes[0].responses === 0) continue;
      expect(verdicts.map(({ plugin, hook, kind }) => [plugin, hook, kind])).toEqual([
        ['first', 'on_connect', 'reply'],
        ['second', 'on_connect', 'reply'],
        ['first', 'on_request_message', 'drop'],
      ]);
      const busy = snapshots.find((snapshot) => snapshot.plugins[0].callRate > 0);
      expect(busy.plugins[0]).toMatchObject({ route: '/up', name: 'first', p50Ms: expect.any(Number), verdicts: expect.any(Object) });
      expect(snapshots.at(-1).plugins[0].verdicts).toEqual({ reply: 1, drop: 1 });
      expect(snapshots.at(-1)).toMatchObject({ phase: 'serving', connections: 1, routes: [{ name: '/up', requests: 2, responses: 1 }] });
      break;
    }
  });

  it('never tells of fewer calls than none, though the counts of a plugin begin anew with each version', async () => {
    const version = (name: string) => buildPlugin(`{ name: 'plain', version: '${name}', onRequest: () => undefined }`);
    const file = join(folder, 'plain.wasm');
    await writeFile(file, await version('1.0.0'));
    const upstream = await startUpstream();
    const route = {
      name: 'up',
      path: '/up',
      backend: { kind: 'upstream' as const, url: upstream.url },
      plugins: [{ use: './plain.wasm' }],
    };
    const { admin, url, host } = await startAdmin({ plugins: { watchMs: 0 }, routes: [route] }, { folder });
    const client = await connect(`${url}/up`);
    const response = await fetch(`${admin}/api/v1/events`, { headers: { authorization: `Bearer ${KEYS.viewer}` } });
    for (let call = 0; call < 20; call += 1) client.send('hello');
    await client.take(20);
    let text = '';
    let swappedAt: number | undefined;
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      const snapshots = Array.from(text.matchAll(/^data: (.+)$/gm), ([, json = '{}']) => JSON.parse(json));
      const rates = snapshots.map((snapshot) => snapshot.plugins[0].callRate);
      if (swappedAt === undefined && rates.some((rate) => rate > 0)) {
        await replaceFile(file, await version('2.0.0'));
        await host.plugins.load('up', 'plain');
        client.send('hello');
        await client.next();
        swappedAt = snapshots.length;
      }
      if (swappedAt === undefined || snapshots.length < swappedAt + 2) continue;
      expect(rates.filter((rate) => rate < 0)).toEqual([]);
      expect(rates.slice(swappedAt).some((rate) => rate > 0)).toBe(true);
      break;
    }
  });

  it('takes so many listeners and no more', async () => {
    const { admin, ask } = await startAdmin({ admin: { maxEventStreams: 1 } });
    const abort = new AbortController();
    await fetch(`${admin}/api/v1/events`, { headers: { authorization: `Bearer ${KEYS.viewer}` }, signal: abort.signal });
    expect((await ask('viewer', 'GET', '/events')).body.error.code).toBe('too_many_streams');
    abort.abort();
  });
});
