import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compilePlugin } from '../../sdk/src/compiler/index.js';
import { puppet } from '../support/guests/engine-guests.js';
import { TestHttpServer } from '../support/http-server.js';

const SCRIPT = fileURLToPath(new URL('../support/whole-life.mjs', import.meta.url));
const WAITS = (host: string) => `
import { definePlugin, pass } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'waits', version: '1.0.0', capabilities: { state: ['room', 'connection'], http: ['${host}'] },
  async onRequest(frame, ctx) {
    await fetch('http://${host}/');
    ctx.state.room?.add('asked');
    return pass();
  },
});`;

let folder = '';
let server: TestHttpServer;
let asked = 0;

beforeAll(async () => {
  server = await TestHttpServer.start(({ response }) => {
    asked += 1;
    response.end('fine');
  });
  folder = await mkdtemp(join(tmpdir(), 'framegate-life-'));
  await writeFile(join(folder, 'puppet.wasm'), puppet('p').wasm);
  const waits = await compilePlugin({ source: WAITS(server.host), resolveDir: import.meta.dirname });
  await writeFile(join(folder, 'waits.wasm'), waits.wasm);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

it.each([
  ['as many workers as the default has', 0],
  ['one worker', 1],
  ['four workers', 4],
])(
  'a host with %s leaves no timer, thread, port or socket behind, and lets its process end',
  async (_what, workers) => {
    const before = asked;
    const ended = await new Promise<{ code: number | string; out: string; err: string }>((resolve) => {
      const argument = JSON.stringify({ folder, workers, httpHost: server.host });
      execFile(process.execPath, [SCRIPT, argument], { timeout: 45_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 'ended'), out, err }),
      );
    });
    expect(ended.err).toBe('');
    expect(ended.code).toBe(0);
    const { events, left, active } = JSON.parse(ended.out) as { events: string[]; left: string[]; active: string[] };
    expect(events).toEqual(expect.arrayContaining(['worker-killed', 'worker-started', 'config-reloaded']));
    expect(asked).toBeGreaterThan(before);
    expect({ left, active: active.filter((kind) => !kind.endsWith('Wrap') || kind.startsWith('TCP')) }).toEqual({ left: [], active: [] });
  },
  60_000,
);
