import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';

stopAfterEach();

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-recycling-'));
  await compilePlugin({ entry: join(import.meta.dirname, 'hoarder-plugin.ts'), outFile: join(folder, 'hoarder.wasm') });
});

afterAll(() => rm(folder, { recursive: true }));

it('replaces the instance of a plugin in TypeScript that leaks, and loses neither a frame nor its state', async () => {
  const upstream = await startUpstream();
  const limits = { memoryBytes: 24 * 1_048_576, recycle: { memoryBytes: 12 * 1_048_576 } };
  const { url } = await startHost(
    { routes: [{ path: '/up', backend: { kind: 'upstream', url: upstream.url }, plugins: [{ use: './hoarder.wasm', limits }] }] },
    { folder },
  );
  const client = await connect(`${url}/up`);
  const answers: string[] = [];
  for (let burst = 0; burst < 10; burst++) {
    for (let index = 0; index < 40; index++) client.send('hello');
    answers.push(...((await client.take(40)) as string[]));
  }
  const counts = answers.map((answer) => answer.split(' ').map(Number));
  expect(counts.map(([seen]) => seen)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
  expect(counts.filter(([, own]) => own === 1).length).toBeGreaterThan(2);
});
