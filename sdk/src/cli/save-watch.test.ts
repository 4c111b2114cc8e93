import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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
