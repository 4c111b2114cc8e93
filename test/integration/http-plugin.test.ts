import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../host/src/config/config-file.js';
import { loadPlugin } from '../../host/src/config/plugin-source.js';
import { InlineEngine } from '../../host/src/engine/inline-engine.js';
import { WorkerEngine } from '../../host/src/engine/worker-engine.js';
import { KEYS, sample, startAdmin } from '../support/admin-client.js';
import { connect, startUpstream, stopAfterEach } from '../support/hosts.js';
import { TestHttpServer } from '../support/http-server.js';
import { forwarded, RecordingClient } from '../support/recording-client.js';

stopAfterEach();

const SOURCE = (host: string) => `
import { definePlugin, drop, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'scores', version: '1.0.0', capabilities: { state: ['plugin'], http: ['${host}'] },
  async onRequest(frame, ctx) {
    ctx.state.add('asked');
    const response = await fetch('http://${host}/score', { method: 'POST', body: frame.text });
    const score = await response.json();
    return score > 0.5 ? drop('spam') : replace(frame.text + ' scored ' + score);
  },
});`;

let folder = '';
let server: TestHttpServer;

beforeAll(async () => {
  server = await TestHttpServer.start(({ body, response }) => void response.end(body.includes('spam') ? '0.9' : '0.1'));
  folder = await mkdtemp(join(tmpdir(), 'framegate-http-'));
  await writeFile(
    join(folder, 'scores.wasm'),
    (await compilePlugin({ source: SOURCE(server.host), resolveDir: import.meta.dirname })).wasm,
  );
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

it.each([
  ['a worker', 'direct', () => new WorkerEngine()],
  ['this thread', 'extism', () => new InlineEngine({ runtime: 'extism' })],
] as const)(
  'a compiled plugin in %s (%s runtime) asks a server about each frame, as its configuration grants',
  async (_where, _runtime, make) => {
    const config = parseConfig({ routes: [{ plugins: [{ use: './scores.wasm', http: { hosts: [server.host], allowPrivate: true } }] }] });
    const [plugin] = config.routes[0]?.plugins ?? [];
    if (plugin === undefined) throw new Error('the configuration has lost its plugin');
    const engine = make();
    try {
      const client = new RecordingClient(await engine.open([await loadPlugin(plugin, folder)]));
      expect(forwarded(await client.ask('hello'))).toEqual(['hello scored 0.1']);
      const { outcome } = await client.ask('spam!');
      expect([outcome.forward, outcome.notes]).toEqual([[], [{ plugin: 'scores', kind: 'drop', reason: 'spam' }]]);
    } finally {
      await engine.close();
    }
  },
);

it('has its requests counted where operators look', async () => {
  const { admin, url } = await startAdmin(
    {
      routes: [
        {
          path: '/up',
          backend: { kind: 'upstream', url: (await startUpstream()).url },
          plugins: [{ use: './scores.wasm', http: { hosts: [server.host], allowPrivate: true } }],
        },
      ],
    },
    { folder },
  );
  const client = await connect(`${url}/up`);
  client.send('hello');
  expect(await client.next()).toBe('hello scored 0.1');
  const text = await (await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${KEYS.viewer}` } })).text();
  const place = 'route="/up",plugin="scores"';
  expect(sample(text, `framegate_plugin_http_requests_total{${place},result="response"}`)).toBe(1);
  expect(sample(text, `framegate_plugin_http_bytes_total{${place},direction="sent"}`)).toBe(5);
  expect(sample(text, `framegate_plugin_http_bytes_total{${place},direction="received"}`)).toBe(3);
  expect(sample(text, `framegate_plugin_http_seconds_count{${place}}`)).toBe(1);
  expect(sample(text, `framegate_plugin_http_seconds_bucket{${place},le="+Inf"}`)).toBe(1);
});
