import { describe, expect, it } from 'vitest';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { TestHttpServer } from '../support/http-server.js';

stopAfterEach();

async function start(config: object, http?: object) {
  const upstream = await startUpstream();
  const plugins = [{ use: 'link-guard', config: { notice: '', ...config }, ...(http && { http }) }];
  const { url } = await startHost({ routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins } as never] });
  return connect(`${url}/up`);
}

describe('link-guard in a host', () => {
  it('runs without a network where no service is to be asked', async () => {
    const client = await start({ deny: ['evil.com'] });
    for (const text of ['one', 'evil.com', 'two']) client.send(text);
    expect(await client.take(2)).toEqual(['one', 'two']);
  });

  it('asks a service about unknown hosts, once, and keeps the order of frames', async () => {
    const server = await TestHttpServer.start(({ response }) => void response.end('{"bad":["bad.org"]}'));
    try {
      const client = await start({ check: { url: `${server.url}/hosts` } }, { hosts: [server.host], allowPrivate: true });
      for (const text of ['good.org', 'bad.org', 'hello', 'bad.org again', 'end']) client.send(text);
      expect(await client.take(3)).toEqual(['good.org', 'hello', 'end']);
      expect(server.received.map(({ path, body }) => [path, body])).toEqual([
        ['/hosts', '{"hosts":["good.org"]}'],
        ['/hosts', '{"hosts":["bad.org"]}'],
      ]);
    } finally {
      await server.close();
    }
  });

  it('takes a service that it has not been granted for one that does not answer', async () => {
    const server = await TestHttpServer.start(({ response }) => void response.end('{"bad":[]}'));
    try {
      const client = await start({ check: { url: server.url, onFailure: 'refuse' } });
      for (const text of ['good.org', 'hello']) client.send(text);
      expect(await client.next()).toBe('hello');
      expect(server.received).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
