import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../../host/src/logger.js';
import { startAdmin } from '../support/admin-client.js';
import { connect, refusal, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, temporaryFolder } from '../support/plugin-files.js';

stopAfterEach();

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly connection?: string;
  readonly route?: string;
  readonly hook?: string;
  readonly frame?: number;
}

const SECRETS = {
  authorization: 'Bearer upgrade-secret-1',
  cookie: 'session=cookie-secret-2',
  query: 'query-secret-3',
  plugin: 'plugin-secret-4',
  header: 'upstream-secret-5',
  password: 'password-secret-6',
  payload: 'payload-secret-7',
  proxy: 'Basic proxy-secret-8',
  protocol: 'token.protocol-secret-9',
};

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('logs');
  await writeFile(
    join(folder, 'talks.wasm'),
    await buildPlugin(`{
      name: 'talks', version: '1.0.0',
      config: { type: 'object', properties: { apiKey: { type: 'string' } } },
      onConnect: (ctx) => ctx.log.info('somebody came'),
      onRequest: (frame, ctx) => {
        ctx.log.info('a frame came');
        if (frame.text.startsWith('bad')) throw new Error('oops');
        return frame.text.startsWith('no') ? sdk.drop('not wanted') : undefined;
      },
    }`),
  );
});
afterEach(() => rm(folder, { recursive: true }));

it('say of every connection and frame which one it was, in lines of one form, and never a secret', async () => {
  const text: string[] = [];
  const upstream = await startUpstream(undefined, { handleProtocols: () => SECRETS.protocol });
  const { port } = new URL(upstream.url);
  const backend = (at: string) => ({
    kind: 'upstream' as const,
    url: `ws://user:${SECRETS.password}@127.0.0.1:${at}/?token=${SECRETS.query}`,
    headers: { 'x-auth': SECRETS.header },
  });
  const { host, url, ask } = await startAdmin(
    {
      connection: { maxPayload: 1_024, heartbeatMs: 0 },
      log: { level: 'debug' },
      routes: [
        {
          name: 'up',
          path: '/up',
          backend: backend(port),
          plugins: [{ use: './talks.wasm', onFault: 'open', config: { apiKey: SECRETS.plugin } }],
        },
        { name: 'down', path: '/down', backend: backend('1') },
      ],
    },
    { folder, logger: createLogger('debug', { write: (line) => void text.push(line) }) },
  );
  const options = {
    protocols: [SECRETS.protocol],
    headers: { authorization: SECRETS.authorization, cookie: SECRETS.cookie, 'proxy-authorization': SECRETS.proxy },
  };
  const query = `?access_token=${SECRETS.query}`;
  const client = await connect(`${url}/up${query}`, options);
  for (const message of [`bad ${SECRETS.payload}`, `no ${SECRETS.payload}`, `fine ${SECRETS.payload}`]) client.send(message);
  expect(await client.take(2)).toEqual([`bad ${SECRETS.payload}`, `fine ${SECRETS.payload}`]);
  client.send('x'.repeat(2_000));
  await client.closed;
  await refusal(`${url}/down${query}`, options);
  await refusal(`${url}/up${query}`, { ...options, origin: 'https://evil.example' });
  await ask('operator', 'POST', '/bans', { kind: 'mute', subject: { by: 'name', value: 'x' } });
  await host.close();

  const lines = text.map((line) => JSON.parse(line) as Line);
  for (const [name, secret] of Object.entries(SECRETS)) {
    const token = secret.split(/[ =]/).at(-1) ?? secret;
    expect(
      lines.filter((line) => JSON.stringify(line).includes(token)),
      name,
    ).toEqual([]);
  }
  for (const line of lines) {
    expect(['debug', 'info', 'warn', 'error']).toContain(line.level);
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  }
  const id = lines.find(({ msg }) => msg === 'connected')?.connection;
  expect(id).toMatch(/^[\da-f-]{36}$/);
  const about = (msg: string) => lines.filter((line) => line.msg === msg);
  const here = { connection: id, route: 'up' };
  for (const [msg, level] of [
    ['connected', 'debug'],
    ['client broke the protocol', 'info'],
    ['closing', 'debug'],
  ]) {
    expect(about(msg ?? ''), msg).toMatchObject([{ ...here, level }]);
  }
  expect(about('plugin log')).toMatchObject([
    { ...here, hook: 'on_connect', frame: 1 },
    { ...here, hook: 'on_request_message', frame: 1 },
    { ...here, hook: 'on_request_message', frame: 2 },
    { ...here, hook: 'on_request_message', frame: 3 },
  ]);
  expect(about('plugin')).toMatchObject([
    { ...here, hook: 'on_request_message', frame: 1, level: 'warn', plugin: 'talks', kind: 'fault' },
    { ...here, hook: 'on_request_message', frame: 2, level: 'debug', plugin: 'talks', kind: 'drop' },
  ]);
  expect(about('upstream unavailable')).toMatchObject([
    { connection: expect.stringMatching(/^[\da-f-]{36}$/), route: 'down', level: 'warn' },
  ]);
  expect(about('origin refused')).toMatchObject([{ route: 'up', level: 'info' }]);
  expect(about('audit')).toMatchObject([{ level: 'info' }]);
});
