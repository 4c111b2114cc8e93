import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SaveWatch } from './save-watch.js';

let folder: string;
let watching: SaveWatch;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'framegate-saves-')));
});
afterEach(async () => {
  await watching.close();
  rmSync(folder, { recursive: true });
});

it('tells of what is written right after it has told of the file: an editor empties it first', async () => {
  const file = join(folder, 'plugin.ts');
  writeFileSync(file, 'first');
  const told: string[] = [];
  const twice = new Promise<void>((done) => {
    watching = new SaveWatch({
      folder,
      ignored: () => false,
      failed: (error) => {
        throw error;
      },
      changed: (path) => {
        told.push(path);
        if (told.length === 1) writeFileSync(file, 'second');
        else done();
      },
    });
  });
  await watching.ready;
  writeFileSync(file, '');
  await twice;
  expect(told).toEqual([file, file]);
});

it('goes on where links lead in a circle', async () => {
  const file = join(folder, 'plugin.ts');
  writeFileSync(file, 'first');
  const failures: unknown[] = [];
  const told = new Promise<string>((changed) => {
    watching = new SaveWatch({ folder, ignored: () => false, changed, failed: (error) => failures.push(error) });
  });
  await watching.ready;
  symlinkSync('loop', join(folder, 'loop'));
  while (failures.length === 0) await new Promise((done) => setImmediate(done));
  expect(failures).toEqual([expect.objectContaining({ code: 'ELOOP' })]);
  writeFileSync(file, 'second');
  expect(await told).toBe(file);
});
