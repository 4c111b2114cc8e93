import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost, type HostConfigInput } from '../../host/src/index.js';
import { openTelemetry } from '../../host/src/telemetry/open-tracer.js';
import { telemetryOptionsSchema } from '../../host/src/telemetry/telemetry-options.js';
import { KEYS, startAdmin } from '../support/admin-client.js';
import { connect, LogRecorder, refusal, startUpstream, stopAfterEach } from '../support/hosts.js';
import { OtlpCollector, type ReceivedSpan } from '../support/otlp-collector.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';

stopAfterEach();

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

let folder: string;
let collector: OtlpCollector;

beforeEach(async () => {
  folder = await temporaryFolder('telemetry');
  collector = await OtlpCollector.start();
  await writeFile(join(folder, 'first.wasm'), await plugin('1.0.0'));
  await writeFile(
    join(folder, 'second.wasm'),
    await buildPlugin(`{ name: 'second', version: '1.0.0', onRequest: (frame) => frame.text === 'secret' ? sdk.drop('no') : undefined }`),
  );
});
afterEach(async () => {
  await collector.close();
  await rm(folder, { recursive: true });
});

const plugin = (version: string): Promise<Uint8Array> =>
  buildPlugin(
    `{ name: 'first', version: '${version}', onRequest: (frame) => { if (frame.text === 'bad') throw new Error('oops'); return sdk.replace(frame.text + '!'); }, onResponse: () => undefined }`,
  );

async function start(telemetry: HostConfigInput['telemetry'] = {}, url?: string) {
  const upstream = await startUpstream();
  const config: HostConfigInput = {
    telemetry: { url: `${collector.origin}/v1/traces`, ...telemetry },
    plugins: { watchMs: 0 },
    routes: [
      {
        name: 'up',
        path: '/up',
        backend: { kind: 'upstream', url: url ?? upstream.url },
        plugins: [{ use: './first.wasm', onFault: 'open' }, { use: './second.wasm' }],
      },
    ],
  };
  return { ...(await startAdmin(config, { folder })), upstream };
}

const only = (spans: readonly ReceivedSpan[]): ReceivedSpan => {
  expect(spans).toHaveLength(1);
  return spans[0] as ReceivedSpan;
};

describe('a connection', () => {
  it('has a span in the trace of whoever connects, and hands it on to the upstream', async () => {
    const { host, url, upstream } = await start({ serviceName: 'edge', headers: { 'x-key': 'k' } });
    const client = await connect(`${url}/up?token=hidden`, {
      headers: { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'vendor=1', authorization: 'Bearer hidden' },
    });
    client.send('a');
    await client.next();
    await client.close(4000, 'done');
    await host.close();
    const span = only(collector.named('websocket up'));
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, traceState: 'vendor=1', kind: 2, service: 'edge' });
    expect(span.attributes).toMatchObject({
      'framegate.route': 'up',
      'framegate.connection': expect.stringMatching(/^[\da-f-]{36}$/),
      'url.path': '/up',
      'client.address': '127.0.0.1',
      'framegate.close.code': 4000,
      'framegate.frames.request': 1,
      'framegate.frames.response': 1,
    });
    expect(span.status.code).toBe(0);
    const { headers } = upstream.requests[0] ?? {};
    expect([headers?.traceparent, headers?.tracestate]).toEqual([`00-${TRACE}-${span.spanId}-01`, 'vendor=1']);
    expect(collector.headers[0]).toMatchObject({ ':path': '/v1/traces', 'x-key': 'k', 'content-type': 'application/json' });
    expect(JSON.stringify(collector.spans)).not.toContain('hidden');
    expect(collector.spans.filter(({ name }) => name.startsWith('frame'))).toEqual([]);
  });

  it('begins a trace of its own where nobody names one, or not in the way that is agreed on', async () => {
    const { host, url } = await start();
    for (const traceparent of ['nonsense', `00-${'0'.repeat(32)}-${CALLER}-01`, `ff-${TRACE}-${CALLER}-01`, `00-${TRACE}-${CALLER}-01-x`]) {
      await (await connect(`${url}/up`, { headers: { traceparent } })).close();
    }
    await host.close();
    const spans = collector.named('websocket up');
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined, undefined, undefined, undefined]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(4);
    expect(spans.some(({ traceId }) => traceId === TRACE)).toBe(false);
  });

  it('is not recorded where its caller does not record, and its upstream is told so', async () => {
    const { host, url, upstream } = await start({ frameRatio: 1 });
    const client = await connect(`${url}/up`, { headers: { traceparent: `00-${TRACE}-${CALLER}-00` } });
    client.send('a');
    await client.next();
    await host.close();
    expect(collector.named('websocket up')).toEqual([]);
    expect(upstream.requests[0]?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`));
  });

  it('that is refused says why', async () => {
    const { host, url } = await start({}, 'ws://127.0.0.1:1');
    expect(await refusal(`${url}/up`)).toMatchObject({ code: 1014 });
    await host.close();
    const span = only(collector.named('websocket up'));
    expect(span.status).toEqual({ code: 2, message: 'upstream refused the connection' });
    expect(span.attributes['framegate.close.code']).toBe(1014);
  });
});

describe('a sampled frame', () => {
  it('has a span below its connection, and one for each call of a plugin', async () => {
    const { host, url } = await start({ frameRatio: 1 });
    const client = await connect(`${url}/up`);
    for (const message of ['bad', 'secret', 'fine']) client.send(message);
    expect(await client.take(3)).toEqual(['bad', 'secret!', 'fine!']);
    await client.close();
    await host.close();
    const connection = only(collector.named('websocket up'));
    const frames = collector.childrenOf(connection);
    expect(frames.map(({ name }) => name).sort()).toEqual([
      ...Array(3).fill('frame on_request_message'),
      ...Array(3).fill('frame on_response_message'),
    ]);
    const requests = frames
      .filter(({ name }) => name === 'frame on_request_message')
      .sort((one, other) => Number(one.attributes['framegate.frame']) - Number(other.attributes['framegate.frame']));
    const said = requests.map((frame) =>
      collector.childrenOf(frame).map(({ name, attributes, status }) => [name, attributes['framegate.verdict'], status.code]),
    );
    expect(said).toEqual([
      [
        ['plugin first', 'fault', 2],
        ['plugin second', 'pass', 0],
      ],
      [
        ['plugin first', 'replace', 0],
        ['plugin second', 'pass', 0],
      ],
      [
        ['plugin first', 'replace', 0],
        ['plugin second', 'pass', 0],
      ],
    ]);
    for (const call of requests.flatMap((frame) => collector.childrenOf(frame))) expect(call.ms).toBeGreaterThan(0);
    expect(requests[0]?.attributes).toMatchObject({
      'framegate.hook': 'on_request_message',
      'framegate.frame': 1,
      'framegate.frame.kind': 'text',
      'framegate.frame.bytes': 3,
      'framegate.frames.forwarded': 1,
    });
    expect(JSON.stringify(collector.spans)).not.toContain('fine');
  });
});

describe('operators', () => {
  it('have spans of what they ask for, and of each step of a rollout', async () => {
    const { ask, host } = await start();
    await replaceFile(join(folder, 'first.wasm'), await plugin('2.0.0'));
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
    expect((await ask('operator', 'POST', '/plugins/up/first/load', undefined, headers)).status).toBe(200);
    expect((await ask('viewer', 'POST', '/plugins/up/first/load')).status).toBe(403);
    expect((await ask(undefined, 'GET', '/status')).status).toBe(401);
    await replaceFile(join(folder, 'first.wasm'), 'not Wasm');
    await ask('operator', 'POST', '/plugins/up/first/load');
    await host.close();
    const requests = collector.named('admin POST /api/v1/plugins/:route/:name/load');
    expect(requests.map(({ attributes }) => [attributes['http.response.status_code'], attributes['framegate.role']])).toEqual([
      [200, 'operator'],
      [403, 'viewer'],
      [409, 'operator'],
    ]);
    expect(requests[0]).toMatchObject({ traceId: TRACE, parentSpanId: CALLER });
    expect(collector.spans.find(({ attributes }) => attributes['http.response.status_code'] === 401)?.name).toMatch(/^admin GET /);
    const [good, bad] = collector.named('rollout first');
    expect(good?.attributes).toMatchObject({ 'framegate.route': 'up', 'framegate.plugin': 'first', 'framegate.rollout.result': 'swapped' });
    expect(good && collector.childrenOf(good).map(({ name }) => name)).toEqual([
      'rollout step: read and check',
      'rollout step: start, warm and swap',
      'rollout step: write down',
    ]);
    expect(bad?.status).toMatchObject({ code: 2, message: expect.stringContaining('first.wasm') });
    expect(JSON.stringify(collector.spans)).not.toContain(KEYS.operator);
  });
});

describe('telemetry', () => {
  it('is off unless somebody asks for it', async () => {
    const load = (): never => {
      throw new Error('loaded');
    };
    const log = new LogRecorder();
    expect(await openTelemetry(undefined, log, {}, load)).toBeUndefined();
    expect(await openTelemetry(telemetryOptionsSchema.parse({}), log, { OTEL_SDK_DISABLED: 'true' }, load)).toBeUndefined();
    expect(
      await openTelemetry(undefined, log, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_TRACES_EXPORTER: 'none' }, load),
    ).toBeUndefined();
  });

  it('goes by the standard environment variables alone, too', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_RESOURCE_ATTRIBUTES: 'service.name=from-env' };
    const before = { ...process.env };
    Object.assign(process.env, env);
    try {
      const upstream = await startUpstream();
      const { host, url } = await startAdmin({ routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url } }] });
      await (await connect(`${url}/up`)).close();
      await host.close();
      expect(only(collector.named('websocket /up')).service).toBe('from-env');
      expect(collector.headers[0]?.[':path']).toBe('/v1/traces');
    } finally {
      process.env = before;
    }
  });

  it('says what to install', async () => {
    const missing = async (): Promise<never> => {
      throw Object.assign(new Error("Cannot find package '@opentelemetry/api' imported from here"), { code: 'ERR_MODULE_NOT_FOUND' });
    };
    const log = new LogRecorder();
    await expect(openTelemetry(telemetryOptionsSchema.parse({}), log, {}, missing)).rejects.toMatchObject({
      code: 'TELEMETRY_NOT_INSTALLED',
      message: '`telemetry` asks for spans: the package @opentelemetry/api is not installed.',
      hint: expect.stringMatching(/^Install it beside the host: npm install @opentelemetry\/api@/),
    });
    expect(await openTelemetry(undefined, log, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, missing)).toBeUndefined();
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { code: 'TELEMETRY_NOT_INSTALLED' } }]);
  });

  it('that cannot be sent stops nobody, and is told', async () => {
    const log = new LogRecorder();
    const host = await createHost(
      { server: { port: 0 }, telemetry: { url: 'http://127.0.0.1:1/v1/traces', flushTimeoutMs: 50 }, routes: [{}] },
      { logger: log },
    );
    const { port } = await host.listen();
    const client = await connect(`ws://127.0.0.1:${port}/chat`);
    await client.close();
    await host.close();
    expect((await log.seen('telemetry')).fields).toMatchObject({ error: expect.stringContaining('telemetry.flushTimeoutMs (50 ms)') });
  });
});
