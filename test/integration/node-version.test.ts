import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-node-'));
  await writeFile(
    join(folder, 'old.cjs'),
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['framegate', 'sdk/bin/framegate.js'],
  ['framegate-host', 'host/bin/framegate-host.js'],
])('%s says in one line that Node is too old', async (name, bin) => {
  const said = await new Promise<{ code: number | string | null | undefined; err: string }>((resolve) => {
    execFile(process.execPath, ['--require', join(folder, 'old.cjs'), join(ROOT, bin), '--version'], (error, _out, err) =>
      resolve({ code: error?.code, err }),
    );
  });
  expect(said).toEqual({ code: 1, err: `${name} needs Node 20.19 or newer; this is 18.20.8.\n` });
});
