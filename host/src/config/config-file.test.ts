import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNamedPipes } from '../../../test/support/named-pipe.js';
import { HostError } from '../errors.js';
import { loadConfig, parseConfig } from './config-file.js';

/** The lines under the headline, one a problem. */
function problems(input: unknown): string[] {
  try {
    parseConfig(input);
  } catch (error) {
    if (error instanceof HostError && error.code === 'CONFIG_INVALID')
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

const upstream = { kind: 'upstream', url: 'ws://localhost:1' };

describe('a configuration with a mistake', () => {
  it.each<[string, unknown, string[]]>([
    ['no object', 7, ['(root): got 7; expected an object']],
    ['an unknown section', { sever: {} }, ['sever: unknown key; did you mean "server"?']],
    [
      'an unknown key that is near none',
      { drain: { zebra: 1 } },
      ['drain.zebra: unknown key; known here: timeoutMs, delayMs, spreadMs, retryAfterMs, retryJitterMs'],
    ],
    ['an unknown key in a route', { routes: [{ pathh: '/x' }] }, ['routes[0].pathh: unknown key; did you mean "path"?']],
    [
      'a key of another backend',
      { routes: [{ backend: { ...upstream, defaultRoom: 'x' } }] },
      [
        'routes[0].backend.defaultRoom: unknown key; known here: kind, url, connectTimeoutMs, headers, forwardHeaders, maxPayload, maxQueuedBytes, notices',
      ],
    ],
    ['a wrong type', { server: { port: '80' } }, ['server.port: got "80"; expected a number']],
    ['a fraction', { server: { port: 1.5 } }, ['server.port: got 1.5; expected a whole number']],
    ['a number too large', { server: { port: 70_000 } }, ['server.port: got 70000; expected 65535 or less']],
    ['a number too small', { connection: { maxPayload: 10 } }, ['connection.maxPayload: got 10; expected 1024 or more']],
    [
      'a word that is not among those allowed',
      { log: { level: 'loud' } },
      ['log.level: got "loud"; expected "silent" or "error" or "warn" or "info" or "debug"'],
    ],
    ['null', { server: null }, ['server: got null; expected an object']],
    ['compression that is true', { connection: { compression: true } }, ['connection.compression: got true; expected false, or an object']],
    [
      'a mistake inside compression',
      { connection: { compression: { treshold: 1 } } },
      ['connection.compression.treshold: unknown key; did you mean "threshold"?'],
    ],
    [
      'one origin without a list',
      { server: { origins: 'https://a.example' } },
      ['server.origins: got "https://a.example"; expected "same-host" or "*", or a list'],
    ],
    [
      'an origin with user info',
      { server: { origins: ['https://me@a.example'] } },
      ['server.origins[0]: got "https://me@a.example"; expected an origin like https://chat.example.com'],
    ],
    [
      'a host name with a port among those answered',
      { server: { hosts: ['a.example:80'] } },
      [
        'server.hosts[0]: got "a.example:80"; expected a name or address without a port: chat.example.com, *.example.com, 10.0.0.1 or [::1]',
      ],
    ],
    [
      'an origin that is none',
      { server: { origins: ['a.example'] } },
      ['server.origins[0]: got "a.example"; expected an origin like https://chat.example.com'],
    ],
    ['a backend of no kind', { routes: [{ backend: {} }] }, ["routes[0].backend.kind: got nothing; expected 'chat' | 'upstream'"]],
    [
      'a backend of an unknown kind',
      { routes: [{ backend: { kind: 'smtp' } }] },
      ["routes[0].backend.kind: got \"smtp\"; expected 'chat' | 'upstream'"],
    ],
    [
      'an upstream without an address',
      { routes: [{ backend: { kind: 'upstream' } }] },
      ['routes[0].backend.url: got nothing; expected an address like ws://host:port/path or wss://host/path'],
    ],
    [
      'an upstream over http',
      { routes: [{ backend: { kind: 'upstream', url: 'http://x' } }] },
      ['routes[0].backend.url: got "http://x"; expected an address like ws://host:port/path or wss://host/path'],
    ],
    [
      'a header value with a line break, which may be a secret,',
      { routes: [{ backend: { ...upstream, headers: { a: 'b\r\nc: d' } } }] },
      ['routes[0].backend.headers.a: its value is not shown; expected no line breaks'],
    ],
    [
      'an address for spans that is none',
      { telemetry: { url: 'collector' } },
      ['telemetry.url: got "collector"; expected the address of a collector, such as http://localhost:4318/v1/traces'],
    ],
    [
      'an address for keys that is none',
      { admin: { jwt: { issuer: 'i', jwksUrl: 'keys.json' } } },
      ['admin.jwt.jwksUrl: got "keys.json"; expected the address of a JWKS, such as https://login.example.com/.well-known/jwks.json'],
    ],
    [
      'one port for both listeners',
      { admin: { port: 4444 } },
      ['admin.port: is 4444 on 127.0.0.1, as server.port is; the admin API needs a port of its own'],
    ],
    [
      'one port for both listeners, on two names of one address',
      { server: { host: '::', port: 80 }, admin: { host: 'localhost', port: 80 } },
      ['admin.port: is 80 (localhost and ::), as server.port is; the admin API needs a port of its own'],
    ],
    [
      'an upstream that is this host itself',
      { routes: [{ path: '/up', backend: { kind: 'upstream', url: 'ws://localhost:4444' } }] },
      [
        'routes[0].backend.url: got "ws://localhost:4444", which is this host itself (127.0.0.1, port 4444), and leads back to this route: connections would go round without end; name another server, or the path of another route',
      ],
    ],
    ['a plugin without use', { routes: [{ plugins: [{}] }] }, ['routes[0].plugins[0].use: got nothing; expected a string']],
    [
      'a plugin name with capitals',
      { routes: [{ plugins: [{ use: 'x', name: 'X' }] }] },
      ['routes[0].plugins[0].name: got "X"; expected a-z, 0-9 and -, at most 64 characters'],
    ],
    ['no routes', { routes: [] }, ['routes: got []; expected at least 1 item']],
    [
      'a path without a slash',
      { routes: [{ path: 'chat' }] },
      ['routes[0].path: got "chat"; expected a path that starts with / and has at most one *, as its end: /chat or /chat/*'],
    ],
    [
      'a host with a port',
      { routes: [{ host: 'a.example:80' }] },
      ['routes[0].host: got "a.example:80"; expected a host name without a port, or *.example.com'],
    ],
    [
      'a chat room of no name',
      { routes: [{ backend: { kind: 'chat', defaultRoom: '' } }] },
      [expect.stringMatching(/^routes\[0\]\.backend\.defaultRoom: the room's name /) as string],
    ],
    [
      'two routes at one address',
      { routes: [{ name: 'a' }, { name: 'b' }] },
      ['routes[1]: has the same host and path as routes[0]; each route needs its own'],
    ],
    [
      'two routes of one name',
      { routes: [{ name: 'a' }, { name: 'a', path: '/b' }] },
      ['routes[1]: has the same name "a" as routes[0]; each route needs its own'],
    ],
  ])('%s is told where, what was got and what is allowed', (_name, input, expected) => {
    expect(problems(input)).toEqual(expected);
  });

  it('is told all of its mistakes at once', () => {
    expect(
      problems({ server: { port: -1, hots: 'x' }, log: { level: 3 }, routes: [{ plugins: [{ use: '', onFault: 'maybe' }] }] }),
    ).toHaveLength(5);
  });
});

describe('loadConfig', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-config-'));
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub/framegate.config.json'), '\uFEFF{ "server": { "port": 5000 } }');
    makeNamedPipes(join(folder, 'pipe.json'));
    await writeFile(join(folder, 'broken.json'), '{ "server": { "port": 5000, } }');
    await writeFile(join(folder, 'config.mjs'), 'export default { server: { port: 2500 * 2 } }');
    await writeFile(join(folder, 'named.mjs'), 'export const config = {}');
    await writeFile(join(folder, 'throws.mjs'), 'throw new Error("no such thing")');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads framegate.config.json of the folder, and starts paths there', async () => {
    const loaded = await loadConfig(undefined, join(folder, 'sub'));
    expect([loaded.config.server.port, loaded.folder, loaded.file]).toEqual([
      5000,
      join(folder, 'sub'),
      join(folder, 'sub/framegate.config.json'),
    ]);
  });

  it('starts paths at the folder of a file that was named', async () => {
    expect((await loadConfig('sub/framegate.config.json', folder)).folder).toBe(join(folder, 'sub'));
  });

  it('means the defaults when there is no file and none was named', async () => {
    const loaded = await loadConfig(undefined, folder);
    expect([loaded.config.server.port, loaded.file]).toEqual([4444, undefined]);
  });

  it('runs a module', async () => {
    expect((await loadConfig('config.mjs', folder)).config.server.port).toBe(5000);
  });

  it.each([
    ['nowhere.json', 'CONFIG_NOT_FOUND', /nowhere\.json: there is no such file\.$/],
    ['pipe.json', 'CONFIG_NOT_FOUND', /pipe\.json: it is a named pipe/],
    ['sub', 'CONFIG_NOT_FOUND', /sub: it is a folder; only a regular file is read, or a link to one\.$/],
    [
      'broken.json',
      'CONFIG_INVALID',
      /broken\.json:1:29 is not JSON: expected a key in double quotes, got "}": .*\n {2}1 \| .* 5000, } }\n {4}\| {29}\^$/,
    ],
    ['config.ts', 'CONFIG_INVALID', /config\.ts is TypeScript, which is not read here/],
    ['named.mjs', 'CONFIG_INVALID', /has no default export/],
    ['throws.mjs', 'CONFIG_INVALID', /failed while it was being imported: no such thing/],
  ])('refuses %s with %s', async (file, code, message) => {
    await expect(loadConfig(file, folder)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('does not ask for keys to be fixed in what could not be read', async () => {
    await expect(loadConfig('broken.json', folder)).rejects.toMatchObject({ hint: expect.stringMatching(/^Correct the file there/) });
    await expect(loadConfig('config.ts', folder)).rejects.toMatchObject({ hint: expect.not.stringContaining('named keys') });
    await expect(loadConfig('throws.mjs', folder)).rejects.toMatchObject({ hint: expect.not.stringContaining('named keys') });
  });
});

describe('a route to this host itself', () => {
  const up = (path: string, url: string, rest: object = {}): object => ({ path, backend: { kind: 'upstream', url }, ...rest });
  const refused = (server: object, ...routes: object[]): string[] => problems({ server, routes }).map((line) => line.split(':')[0] ?? '');
  const here = { port: 5000 };

  it.each<[string, object, object[], string[]]>([
    [
      'by every name of loopback',
      here,
      [up('/a', 'ws://[::1]:5000/a'), up('/b', 'ws://127.0.0.1:5000/b')],
      ['routes[0].backend.url', 'routes[1].backend.url'],
    ],
    ['by any address', { ...here, host: '0.0.0.0' }, [up('/a', 'ws://127.0.0.2:5000/a')], ['routes[0].backend.url']],
    ['as the address of no machine', here, [up('/a', 'ws://0.0.0.0:5000/a')], ['routes[0].backend.url']],
    ['below a prefix', here, [up('/a/*', 'ws://localhost:5000')], ['routes[0].backend.url']],
    [
      'through another route',
      here,
      [up('/a', 'ws://localhost:5000/b'), up('/b', 'ws://localhost:5000/a')],
      ['routes[0].backend.url', 'routes[1].backend.url'],
    ],
    ['without a port', { port: 80 }, [up('/a', 'ws://localhost/a')], ['routes[0].backend.url']],
  ])('is refused: %s', (_what, server, routes, paths) => {
    expect(refused(server, ...routes)).toEqual(paths);
  });

  it.each<[string, object, object[]]>([
    ['another port', here, [up('/a', 'ws://localhost:5001/a')]],
    ['another machine', here, [up('/a', 'ws://192.0.2.1:5000/a')]],
    ['another machine, while all addresses are bound', { ...here, host: '0.0.0.0' }, [up('/a', 'ws://192.0.2.1:5000/a')]],
    ['a chat on another path', here, [up('/a', 'ws://localhost:5000/chat'), { path: '/chat' }]],
    ['a path that no route has', here, [up('/a', 'ws://localhost:5000/b')]],
    ['a route of another host name', here, [up('/a', 'ws://localhost:5000/a', { host: 'a.example' })]],
    ['a port that the system chooses', { port: 0 }, [up('/a', 'ws://localhost:5000/a')]],
  ])('is none: %s', (_what, server, routes) => {
    expect(refused(server, ...routes)).toEqual([]);
  });
});
