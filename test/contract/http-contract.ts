import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_GRANT } from '../../host/src/config/http-schema.js';
import type { PluginSpec } from '../../host/src/engine/engine.js';
import type { HttpGrant } from '../../host/src/http/http-grant.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { type Received, TestHttpServer } from '../support/http-server.js';
import { forwarded, RecordingClient, text, textOf } from '../support/recording-client.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';
import type { EngineSetup, MakeEngine } from './engine-contract.js';

/** Network access, as loopback servers see it: both are needed to reach them. */
export function granted(hosts: readonly string[], rest: Partial<HttpGrant> = {}): HttpGrant {
  return { ...DEFAULT_HTTP_GRANT, hosts, allowPrivate: true, ...rest };
}

/** The guest of http.wat with the network; it counts what it has run under the key "n". */
export function httpGuest(name: string, http: HttpGrant | undefined, rest: Parameters<typeof guestSpec>[1] = {}): PluginSpec {
  const manifest = manifestOf(['on_request_message', 'on_response_message'], { capabilities: { state: ['plugin'], http: [] } });
  const asked = http ? { ...manifest, capabilities: { ...manifest.capabilities, http: http.hosts } } : manifest;
  return { ...guestSpec('http', { manifest: asked, ...rest }), name, ...(http && { http }) };
}

/** What every engine promises of plugins that use the network. */
export function httpContract(name: string, make: MakeEngine): void {
  describe(`${name}: HTTP contract`, () => {
    const closers: (() => Promise<void>)[] = [];
    const logs: string[] = [];
    let state = new StateMemoryStore();

    const start = (): ReturnType<MakeEngine> => {
      logs.length = 0;
      state = new StateMemoryStore();
      const setup: EngineSetup = { state, onEvent: (event) => event.kind === 'plugin-log' && logs.push(event.message) };
      const engine = make(setup);
      closers.push(() => engine.close());
      return engine;
    };
    const serve = async (answer?: (request: Received) => void): Promise<TestHttpServer> => {
      const server = await TestHttpServer.start(answer);
      closers.push(() => server.close());
      return server;
    };
    const count = (plugin: string): string => {
      const entry = state.get({ plugin, scope: 'plugin', owner: '', key: 'n' }, Date.now());
      return entry ? new TextDecoder().decode(entry.value) : '0';
    };
    const ask = (server: TestHttpServer, how: string, path = '/'): string => `${how}{"url":"${server.url}${path}"}`;

    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });

    it.each(['s', 'a'])('answers a guest that asks (%s), and counts and logs its frame once although it ran twice', async (how) => {
      const server = await serve(({ response, path }) => void response.end(`body of ${path}`));
      const client = new RecordingClient(await start().open([httpGuest('a', granted([server.host]))]));
      expect(forwarded(await client.ask(ask(server, how, '/x')))).toEqual(['body of /x']);
      expect(count('a')).toBe('1');
      expect(logs).toEqual(['asked']);
      expect(server.received).toHaveLength(1);
    });

    it('gives the headers of a response, too', async () => {
      const server = await serve(({ response }) => void response.writeHead(200, { 'x-seen': 'yes' }).end());
      const client = new RecordingClient(await start().open([httpGuest('a', granted([server.host]))]));
      expect(JSON.parse(forwarded(await client.ask(ask(server, 'h')))[0] ?? '')).toMatchObject({ 'x-seen': 'yes' });
    });

    it('takes the same request made twice for two, and refuses more than http.maxPerFrame', async () => {
      const server = await serve(({ response }) => void response.end(`${server.received.length}`));
      const engine = start();
      const client = new RecordingClient(await engine.open([httpGuest('a', granted([server.host]))]));
      expect(forwarded(await client.ask(ask(server, 'd')))).toEqual(['2']);
      expect(count('a')).toBe('1');
      const bounded = new RecordingClient(await engine.open([httpGuest('b', granted([server.host], { maxPerFrame: 1 }))]));
      expect(forwarded(await bounded.ask(ask(server, 'd')))[0]).toContain('more than 1 requests for one frame; see http.maxPerFrame');
      expect(server.received).toHaveLength(3);
    });

    it('lets every plugin of a chain ask, each once', async () => {
      const server = await serve(({ response, path }) => void response.end(path === '/1' ? ask(server, 's', '/2') : 'end'));
      const http = granted([server.host]);
      const client = new RecordingClient(await start().open([httpGuest('a', http), httpGuest('b', http)]));
      expect(forwarded(await client.ask(ask(server, 's', '/1')))).toEqual(['end']);
      expect(server.received.map(({ path }) => path)).toEqual(['/1', '/2']);
      expect([count('a'), count('b')]).toEqual(['1', '1']);
    });

    it("lets other connections' frames and the other direction overtake a frame that waits, and nothing of its own", async () => {
      const server = await serve();
      const chain = await start().open([httpGuest('a', granted([server.host]))]);
      const slow = new RecordingClient(chain);
      const other = new RecordingClient(chain);
      const first = ask(server, 'a', '/slow');
      for (const message of [first, '-2', '-3']) slow.submit(text(message));
      const { response } = await server.arrived();
      for (let index = 0; index < 20; index++) expect(forwarded(await other.ask(`-${index}`))).toEqual([`-${index}`]);
      slow.submit(text('-4'));
      slow.submit(text('up'), 'on_response_message');
      expect(forwarded(await other.ask('-last'))).toEqual(['-last']);
      expect(slow.settlements.map(({ frame }) => textOf(frame))).toEqual(['up']);
      response.end('late');
      await slow.idle();
      expect(slow.settlements.map(({ outcome }) => outcome.forward.map(textOf))).toEqual([['up'], ['late'], ['-2'], ['-3'], ['-4']]);
      expect(count('a')).toBe('25');
    });

    it('keeps the order of each connection while many frames of many wait and are answered in any order', async () => {
      const open: Received[] = [];
      const server = await serve((request) => {
        open.push(request);
        // the newest first, a few at a time
        if (open.length >= 3) open.pop()?.response.end(request.path);
        else setImmediate(() => open.shift()?.response.end('late'));
      });
      const chain = await start().open([httpGuest('a', granted([server.host], { maxConcurrent: 64 }))]);
      const clients = Array.from({ length: 12 }, () => new RecordingClient(chain));
      const sent = clients.map(() => [] as string[]);
      for (let round = 0; round < 30; round++) {
        for (const [index, client] of clients.entries()) {
          const asks = (round * 7 + index * 3) % 5 === 0;
          const message = asks ? ask(server, round % 2 === 0 ? 'a' : 's', `/${index}/${round}`) : `-${index}/${round}`;
          sent[index]?.push(message);
          client.submit(text(message));
        }
        if (round % 4 === 0) await new Promise(setImmediate);
      }
      await Promise.all(clients.map((client) => client.idle()));
      for (const [index, client] of clients.entries()) expect(client.settlements.map(({ frame }) => textOf(frame))).toEqual(sent[index]);
      expect(count('a')).toBe(String(12 * 30));
      expect(server.received).toHaveLength(sent.flat().filter((message) => !message.startsWith('-')).length);
    });

    it('tells a guest why there is no answer, and runs on', async () => {
      const server = await serve(({ path, response }) => void (path === '/long' && response.end(Buffer.alloc(2000))));
      const http = granted([server.host], { timeoutMs: 50, maxResponseBytes: 1000 });
      const engine = start();
      const client = new RecordingClient(await engine.open([httpGuest('a', http)]));
      expect(forwarded(await client.ask(ask(server, 's', '/long')))[0]).toContain('http.maxResponseBytes (1000 bytes)');
      expect(forwarded(await client.ask(ask(server, 'a', '/slow')))[0]).toContain('http.timeoutMs (50 ms)');
      expect(forwarded(await client.ask('s{"url":"http://other.test/"}'))[0]).toContain('http://other.test is not granted');
      expect(forwarded(await client.ask('s{"url":'))[0]).toContain('an HTTP request is not JSON');
      const inside = new RecordingClient(await engine.open([httpGuest('b', { ...http, allowPrivate: false })]));
      expect(forwarded(await inside.ask(ask(server, 's')))[0]).toContain('not a public address');
      const without = new RecordingClient(await engine.open([httpGuest('c', undefined)]));
      expect(forwarded(await without.ask(ask(server, 's')))[0]).toContain(`set "http": { "hosts": ["${server.host}"] }`);
      expect(server.received.map(({ path }) => path)).toEqual(['/long', '/slow']);
    });

    it('does not send what a guest asked for before it trapped', async () => {
      const server = await serve(({ response }) => void response.end());
      const client = new RecordingClient(await start().open([httpGuest('a', granted([server.host]))]));
      const { outcome } = await client.ask(ask(server, 'e'));
      expect(outcome.failed).toEqual({ plugin: 'a', fault: 'PLUGIN_TRAP' });
      expect(forwarded(await client.ask('-'))).toEqual(['-']);
      expect(server.received).toEqual([]);
      expect(count('a')).toBe('1');
    });

    it('answers http_request of a plain Extism module, whatever its language', async () => {
      const server = await serve(({ path, response }) => {
        if (path === '/missing') response.statusCode = 404;
        response.end('{"message":{"payload":"from the server"}}');
      });
      const engine = start();
      const plain = (path: string, http: HttpGrant | undefined = granted([server.host])) => ({
        ...guestSpec('otoroshi-fetch', { config: { ask: `{"url":"${server.url}${path}","method":"POST","headers":{"x":"1"}}` } }),
        ...(http && { http }),
      });
      const client = new RecordingClient(await engine.open([plain('/')]));
      expect(forwarded(await client.ask('x'))).toEqual(['from the server']);
      expect(server.received[0]).toMatchObject({ method: 'POST', headers: { x: '1' } });
      const missing = new RecordingClient(await engine.open([plain('/missing')]));
      expect((await missing.ask('x')).outcome.notes[0]?.reason).toContain('returned 7');
      const refused = await new RecordingClient(
        await engine.open([{ ...plain('/'), http: { ...DEFAULT_HTTP_GRANT, hosts: ['other.test'] } }]),
      ).ask('x');
      expect(refused.outcome).toMatchObject({ failed: { fault: 'PLUGIN_ERROR' } });
      expect(refused.outcome.notes[0]?.reason).toContain('is not granted: http.hosts');
    });

    it('refuses a plugin that asks for more than it was granted, and says how to grant it', async () => {
      const spec = httpGuest('a', granted(['api.example.com', '*.example.org:8443']));
      const narrow = { ...spec, http: granted(['api.example.com']) };
      await expect(start().open([narrow])).rejects.toMatchObject({
        code: 'PLUGIN_NOT_GRANTED',
        message: 'http.wat: the plugin asks for HTTP access to *.example.org:8443; it is granted ["api.example.com"]',
        hint: expect.stringContaining('"http": { "hosts": ["api.example.com","*.example.org:8443"] }'),
      });
    });

    it('settles what waits before it closes', async () => {
      const server = await serve();
      const chain = await start().open([httpGuest('a', granted([server.host]))]);
      const client = new RecordingClient(chain);
      client.submit(text(ask(server, 'a')));
      client.submit(text('-'));
      const { response } = await server.arrived();
      client.detach();
      const closed = chain.close();
      response.end('done');
      await closed;
      expect(client.settlements.map(({ outcome }) => outcome.forward.map(textOf))).toEqual([['done'], ['-']]);
    });
  });
}
