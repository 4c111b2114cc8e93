import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHost } from '../../host/src/index.js';
import { KEYS, startAdmin } from '../support/admin-client.js';
import { LogRecorder, startHost, stopAfterEach } from '../support/hosts.js';
import { TestHttpServer } from '../support/http-server.js';

stopAfterEach();

const READS = [
  '/status',
  '/routes',
  '/drain',
  '/audit',
  '/connections',
  '/rooms',
  '/users',
  '/bans',
  '/plugins',
  '/session',
  '/state?plugin=p',
];
const CHANGES: readonly [method: string, path: string, body?: unknown][] = [
  ['POST', '/connections/nobody/kick', {}],
  ['DELETE', '/rooms/%2Fchat/tea'],
  ['POST', '/bans', { kind: 'mute', subject: { by: 'name', value: 'x' } }],
  ['DELETE', '/bans/none'],
  ['POST', '/plugins/%2Fchat/p/reset'],
  ['DELETE', '/state?plugin=p'],
];

describe('who may do what', () => {
  it('is told to say who it is, at every address, and again with a wrong key', async () => {
    const { ask, admin } = await startAdmin();
    const all = [
      ...READS.map((path) => ['GET', path] as const),
      ...CHANGES,
      ['GET', '/config'],
      ['POST', '/config/reload'],
      ['POST', '/drain'],
      ['GET', '/events'],
    ] as const;
    for (const [method = '', path = '', body] of all) {
      const { status, headers, body: answer } = await ask(undefined, method, path, body);
      expect([status, headers.get('www-authenticate'), answer.error.code], `${method} ${path}`).toEqual([
        401,
        'Bearer realm="framegate"',
        'unauthorized',
      ]);
    }
    const wrong = await fetch(`${admin}/api/v1/status`, { headers: { authorization: 'Bearer wrong-key-wrong-key' } });
    expect(wrong.status).toBe(401);
    expect((await fetch(`${admin}/metrics`)).status).toBe(401);
  });

  it('is: viewers look', async () => {
    const { ask } = await startAdmin();
    for (const path of READS) expect((await ask('viewer', 'GET', path)).status, path).toBe(200);
    for (const [method, path, body] of CHANGES) {
      const { status, body: answer } = await ask('viewer', method, path, body);
      expect([status, answer.error.code], `${method} ${path}`).toEqual([403, 'forbidden']);
    }
    expect((await ask('viewer', 'GET', '/config')).status).toBe(403);
  });

  it('is: operators change things, but neither see the configuration nor stop the host', async () => {
    const { ask } = await startAdmin();
    for (const [method, path, body] of CHANGES) expect([200, 404], path).toContain((await ask('operator', method, path, body)).status);
    expect((await ask('operator', 'GET', '/config')).status).toBe(403);
    expect((await ask('operator', 'POST', '/drain')).status).toBe(403);
    expect((await ask('admin', 'GET', '/config')).status).toBe(200);
  });

  it('goes by tokens of the issuer that is configured, by their highest role, until they end', async () => {
    let now = Date.parse('2026-11-21T09:00:00Z');
    const secret = 'a shared secret that is long enough to be one';
    const jwt = {
      secret,
      issuer: 'https://id.example',
      audience: 'framegate',
      rolesClaim: 'groups',
      roles: { ops: 'operator', all: 'viewer' },
    } as const;
    const { ask, admin, log } = await startAdmin({ admin: { jwt, failuresPerMinute: 5 } }, { now: () => now });
    const sign = (claims: Record<string, unknown>, change: { iss?: string; aud?: string; secret?: string } = {}) => {
      const payload = { iss: jwt.issuer, aud: jwt.audience, sub: 'ada', exp: Math.floor(now / 1000) + 60, ...claims };
      const { secret: used = secret, ...changed } = change;
      const parts = [{ alg: 'HS256' }, { ...payload, ...changed }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
      return [...parts, createHmac('sha256', used).update(parts.join('.')).digest('base64url')].join('.');
    };
    const session = async (token: string) => {
      const response = await fetch(`${admin}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
      return [response.status, ((await response.json()) as { role?: string }).role];
    };
    const token = sign({ groups: ['all', 'ops', 'others'] });
    expect(await session(token)).toEqual([200, 'operator']);
    expect(await session(sign({ groups: 'all' }))).toEqual([200, 'viewer']);
    const reasons = () => log.lines.flatMap(({ message, fields }) => (message === 'admin credential refused' ? [fields] : []));
    const before = now;
    for (const [wrong, reason] of [
      [sign({ groups: 'ops' }, { iss: 'https://evil.example' }), /iss/],
      [sign({ groups: 'ops' }, { aud: 'others' }), /aud/],
      [sign({ groups: 'ops' }, { secret: 'another secret that is long enough to be one' }), /signature/],
      [token, /exp/],
    ] as const) {
      if (wrong === token) now += 61_000;
      expect(await session(wrong)).toEqual([401, undefined]);
      expect(reasons().at(-1)).toMatchObject({ reason: expect.stringMatching(reason), path: '/api/v1/session' });
    }
    now = before;
    // neither counts as a guess: who it is has been proven
    for (const claims of [{ groups: ['constructor'] }, {}, { groups: 'none' }]) {
      const answer = await fetch(`${admin}/api/v1/session`, { headers: { authorization: `Bearer ${sign(claims)}` } });
      expect([answer.status, await answer.json()]).toEqual([
        403,
        { error: { code: 'no_role', message: expect.stringMatching(/^This token is valid, and gives no role here: .*"groups"/) } },
      ]);
      expect(reasons().at(-1)).toMatchObject({ reason: expect.stringContaining('"groups"') });
    }
    expect((await ask('viewer', 'GET', '/status')).status).toBe(200);
    expect(JSON.stringify(reasons())).not.toContain(token.split('.')[1]);
  });

  it('waits with tokens while the keys of their issuer cannot be had: the caller is not at fault', async () => {
    const issuer = await TestHttpServer.start(({ path, response }) => {
      response.statusCode = path === '/broken' ? 500 : 200;
      response.end('no JSON');
    });
    const gone = await TestHttpServer.start();
    const nowhere = gone.url;
    await gone.close();
    const token = ['{"alg":"RS256","kid":"k"}', '{"sub":"ada","exp":9999999999}', 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    try {
      for (const jwksUrl of [`${issuer.url}/broken`, `${issuer.url}/text`, `${nowhere}/keys`]) {
        const jwt = { jwksUrl, issuer: 'https://id.example', rolesClaim: 'groups', roles: { ops: 'operator' } } as const;
        const { ask, admin, log } = await startAdmin({ admin: { jwt, failuresPerMinute: 1 } });
        for (let attempt = 0; attempt < 3; attempt++) {
          const answer = await fetch(`${admin}/api/v1/status`, { headers: { authorization: `Bearer ${token}` } });
          expect([answer.status, await answer.json()], jwksUrl).toEqual([
            503,
            { error: { code: 'issuer_unavailable', message: expect.stringContaining('use an API key') } },
          ]);
        }
        expect((await ask('viewer', 'GET', '/status')).status).toBe(200);
        expect(log.lines.find(({ message }) => message === 'an admin request could not be answered')?.fields).toMatchObject({
          code: 'issuer_unavailable',
          error: expect.stringMatching(/200 OK|JSON|ECONNREFUSED/),
        });
      }
    } finally {
      await issuer.close();
    }
  });
});

describe('a login', () => {
  it('gives a cookie that no script reads, that acts for pages of this address only, and that ends', async () => {
    let now = Date.parse('2026-11-21T09:00:00Z');
    const { ask, admin } = await startAdmin({ admin: { sessionMs: 60_000 } }, { now: () => now });
    expect((await ask(undefined, 'POST', '/login', { credential: 'wrong-key-wrong-key' })).status).toBe(401);
    expect((await ask(undefined, 'POST', '/login', '{')).status).toBe(400);
    const login = await ask(undefined, 'POST', '/login', { credential: KEYS.operator });
    expect(login.body).toEqual({ name: 'the operator', role: 'operator', via: 'session', expiresAt: now + 60_000 });
    const header = login.headers.get('set-cookie') ?? '';
    expect(header).toMatch(/^framegate_admin=[\w-]{43}; .*Path=\/api\/v1/);
    for (const part of ['HttpOnly', 'SameSite=Strict']) expect(header).toContain(part);
    const cookie = header.split(';')[0] ?? '';
    const mute = { kind: 'mute', subject: { by: 'name', value: 'x' } };
    expect((await ask(undefined, 'GET', '/session', undefined, { cookie })).body.via).toBe('session');
    expect((await ask(undefined, 'POST', '/bans', mute, { cookie })).body.error.code).toBe('origin');
    expect((await ask(undefined, 'POST', '/bans', mute, { cookie, origin: admin })).status).toBe(200);
    expect((await ask(undefined, 'POST', '/bans', mute, { cookie, origin: 'http://127.0.0.1:1' })).status).toBe(403);
    now += 60_000;
    expect((await ask(undefined, 'GET', '/session', undefined, { cookie })).status).toBe(401);
  });

  it('ends when it is logged out', async () => {
    const { ask, admin } = await startAdmin();
    const login = await ask(undefined, 'POST', '/login', { credential: KEYS.viewer });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await ask(undefined, 'POST', '/logout', {}, { cookie, origin: admin })).body).toEqual({ closed: true });
    expect((await ask(undefined, 'GET', '/session', undefined, { cookie })).status).toBe(401);
  });
});

describe('the admin listener', () => {
  it('refuses names that are not its own, and pages of others', async () => {
    const { admin } = await startAdmin();
    const status = (host: string) =>
      new Promise((resolve) => {
        request(`${admin}/healthz`, { headers: { host } }, (response) => resolve(response.resume().statusCode)).end();
      });
    expect([await status('evil.example'), await status('localhost')]).toEqual([403, 200]);
    expect((await fetch(`${admin}/healthz`, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });

  it('throttles an address that guesses keys, whatever it comes with then', async () => {
    const { ask, admin } = await startAdmin({ admin: { failuresPerMinute: 3 } });
    for (let guess = 0; guess < 3; guess++) {
      const headers = { authorization: `Bearer guess-${guess}` };
      expect((await fetch(`${admin}/api/v1/status`, { headers })).status).toBe(401);
    }
    const { status, headers, body } = await ask('admin', 'GET', '/status');
    expect([status, body.error.code]).toEqual([429, 'throttled']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('throttles an address that asks too much', async () => {
    const { ask } = await startAdmin({ admin: { requestsPerMinute: 2 } });
    const statuses = [];
    for (let index = 0; index < 3; index++) statuses.push((await ask('viewer', 'GET', '/status')).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('answers probes and metrics however often it is asked, and whoever guesses keys', async () => {
    const { admin, ask } = await startAdmin({ admin: { requestsPerMinute: 2, failuresPerMinute: 2 } });
    const headers = { authorization: `Bearer ${KEYS.viewer}` };
    const guess = { authorization: 'Bearer wrong-key-wrong-key' };
    for (let index = 0; index < 3; index++) await fetch(`${admin}/api/v1/status`, { headers: guess });
    expect((await ask('admin', 'GET', '/status')).status).toBe(429);
    for (let index = 0; index < 5; index++) {
      for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(`${admin}${path}`, { headers })).status, path).toBe(200);
    }
    // keys are guessed there no more often than elsewhere
    for (let index = 0; index < 2; index++) expect((await fetch(`${admin}/metrics`, { headers: guess })).status).toBe(401);
    expect((await fetch(`${admin}/metrics`, { headers })).status).toBe(429);
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);
  });

  it('is not there unless it is configured', async () => {
    const { host } = await startHost({ routes: [{}] });
    expect([host.adminAddress, host.adminKeyFile]).toEqual([undefined, undefined]);
  });

  it('makes a key in a file that only its owner can read, and takes the same one the next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'framegate-admin-'));
    try {
      for (const _ of ['first', 'second']) {
        const { host } = await startHost({ admin: { port: 0 }, routes: [{}] }, { folder });
        const file = host.adminKeyFile ?? '';
        expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
        const key = (await readFile(file, 'utf8')).trim();
        const response = await fetch(`http://127.0.0.1:${host.adminAddress?.port}/api/v1/config`, {
          headers: { authorization: `Bearer ${key}` },
        });
        expect(response.status).toBe(200);
        expect(await response.text()).not.toContain(key);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says which environment variable has no key', async () => {
    const admin = { port: 0, apiKeys: [{ name: 'ci', role: 'viewer', env: 'FRAMEGATE_TEST_NO_SUCH_KEY' }] } as const;
    await expect(
      createHost({ admin: { ...admin, apiKeys: [...admin.apiKeys] }, routes: [{}] }, { logger: new LogRecorder() }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('FRAMEGATE_TEST_NO_SUCH_KEY'),
    });
  });
});
