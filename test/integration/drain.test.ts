import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createHost, HostError } from '../../host/src/index.js';
import { connect, gatewayTo, LogRecorder, refusal, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';

stopAfterEach();

describe('a graceful stop', () => {
  it('closes clients with 1001 after what they have sent has reached the backend, and resolves when all are gone', async () => {
    const upstream = await startUpstream(() => {});
    const accepted = upstream.nextSocket();
    const { host, url } = await startHost(gatewayTo(upstream.url));
    const client = await connect(`${url}/up`);
    const socket = await accepted;
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(data.toString()));
    client.send('before');
    await once(socket, 'message');
    const closed = once(socket, 'close');
    await host.drain();
    expect(await client.closed).toEqual({ code: 1001, reason: 'server is draining' });
    expect((await closed)[0]).toBe(1001);
    expect(heard).toEqual(['before']);
  });

  it('answers 503 at /healthz and refuses upgrades while it lasts', async () => {
    const { host, url, http } = await startHost({ drain: { timeoutMs: 60_000 }, connection: { closeTimeoutMs: 60_000 }, routes: [{}] });
    const client = await connect(`${url}/chat`);
    client.socket.pause();
    const drained = host.drain();
    const response = await fetch(`${http}/healthz`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'draining', connections: 1 }]);
    expect(await refusal(`${url}/chat`)).toEqual({ status: 503, body: 'The server is draining.\n' });
    client.socket.resume();
    await drained;
    await expect(fetch(`${http}/healthz`)).rejects.toThrow();
  });

  it('stops being ready first, and takes clients until drain.delayMs is over', async () => {
    const { host, url, http, log } = await startHost({ drain: { delayMs: 600_000 }, routes: [{}] });
    await connect(`${url}/chat`);
    const drained = host.drain();
    await log.seen('draining');
    for (const path of ['/healthz', '/readyz']) expect((await fetch(`${http}${path}`)).status, path).toBe(503);
    const late = await connect(`${url}/chat`);
    expect(await late.nextJson()).toMatchObject({ type: 'welcome' });
    await host.close();
    await drained;
    expect((await late.closed).code).toBe(1001);
  });

  it('tells the clients of a chat when to come back, before it closes them', async () => {
    const { host, url } = await startHost({ drain: { spreadMs: 20, retryAfterMs: 700, retryJitterMs: 300 }, routes: [{}] });
    const clients = [await connect(`${url}/chat`), await connect(`${url}/chat`), await connect(`${url}/chat`)];
    for (const client of clients) await client.nextJson();
    await host.drain();
    for (const client of clients) {
      const notice = await client.nextJson();
      expect(notice).toMatchObject({ type: 'notice', code: 'draining', content: expect.any(String) });
      expect(notice.retryAfterMs).toBeGreaterThanOrEqual(700);
      expect(notice.retryAfterMs).toBeLessThanOrEqual(1000);
      expect(await client.closed).toEqual({ code: 1001, reason: 'server is draining' });
    }
  });

  it('cuts off whoever is left after drain.timeoutMs', async () => {
    const { host, url } = await startHost({ drain: { timeoutMs: 50 }, connection: { closeTimeoutMs: 600_000 }, routes: [{}] });
    const client = await connect(`${url}/chat`);
    client.socket.pause();
    await host.drain();
    client.socket.resume();
    await client.closed;
  });

  it('ends within drain.timeoutMs though a reload of the configuration hangs', async () => {
    const source = { file: '/nowhere/config.mjs', read: () => new Promise<never>(() => {}) };
    const { host, log } = await startHost({ drain: { timeoutMs: 50 }, routes: [{}] }, { source });
    const reloaded = host.reload();
    void reloaded;
    await host.drain();
    expect((await log.seen('did not end in time; stopping without it')).fields).toEqual({ part: 'a reload of the configuration' });
  });

  it('is the same stop when it is asked for twice', async () => {
    const { host, url } = await startHost({ routes: [{}] });
    await connect(`${url}/chat`);
    await Promise.all([host.drain(), host.drain(), host.close()]);
  });

  it('does not wait for a client whose upstream is still being opened', async () => {
    const upstream = await startUpstream(undefined, { verifyClient: () => true });
    const { host, url } = await startHost(gatewayTo(upstream.url));
    const refused = refusal(`${url}/up`);
    await host.close();
    await refused;
  });
});

describe('close', () => {
  it('ends every socket at once', async () => {
    const { host, url } = await startHost({ routes: [{}] });
    const client = await connect(`${url}/chat`);
    await host.close();
    expect((await client.closed).code).toBe(1001);
  });
});

describe('listen', () => {
  it('names host and port when the port is taken', async () => {
    const { host } = await startHost({ routes: [{}] });
    const { port } = host.address;
    const second = await createHost({ server: { port }, routes: [{}] }, { logger: new LogRecorder() });
    const error = await second.listen().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code: 'PORT_TAKEN', message: `Port ${port} on 127.0.0.1 is in use by another program.` });
    await second.close();
  });

  it('says why it cannot listen on an address that is not of this machine', async () => {
    const host = await createHost({ server: { port: 0, host: '192.0.2.1' }, routes: [{}] }, { logger: new LogRecorder() });
    await expect(host.listen()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    await host.close();
  });
});
