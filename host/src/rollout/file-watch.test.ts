import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileWatch } from './file-watch.js';

describe('file watch', () => {
  let folder: string;
  let watch: FileWatch;
  let waiting: ((file: string) => void) | undefined;
  let failures: unknown[];
  const changed = (): Promise<string> =>
    new Promise((resolve) => {
      waiting = resolve;
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-watch-'));
    failures = [];
    watch = new FileWatch({ intervalMs: 10, changed: (file) => waiting?.(file), failed: (...failure) => failures.push(failure) });
    await writeFile(join(folder, 'plugin.wasm'), 'one');
  });
  afterEach(async () => {
    watch.close();
    await rm(folder, { recursive: true });
  });

  it('sees a file that is written in place', async () => {
    const file = join(folder, 'plugin.wasm');
    watch.watch([file]);
    const seen = changed();
    await writeFile(file, 'two, longer');
    await expect(seen).resolves.toBe(file);
  });

  it('sees a file that another one is renamed to', async () => {
    const file = join(folder, 'plugin.wasm');
    watch.watch([file]);
    const seen = changed();
    await writeFile(join(folder, 'new'), 'two');
    await rename(join(folder, 'new'), file);
    await expect(seen).resolves.toBe(file);
  });

  it('sees that a link on the way leads elsewhere, as in a mounted configuration', async () => {
    await mkdir(join(folder, 'a'));
    await mkdir(join(folder, 'b'));
    await writeFile(join(folder, 'a', 'plugin.wasm'), 'one');
    await writeFile(join(folder, 'b', 'plugin.wasm'), 'two');
    await symlink('a', join(folder, 'current'));
    const file = join(folder, 'current', 'plugin.wasm');
    watch.watch([file]);
    const seen = changed();
    await symlink('b', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    await expect(seen).resolves.toBe(file);
  });

  it('sees a file that was missing', async () => {
    const file = join(folder, 'late.wasm');
    watch.watch([file]);
    const seen = changed();
    await writeFile(file, 'one');
    await expect(seen).resolves.toBe(file);
  });

  it('says nothing of a file that is not watched any more', async () => {
    const first = join(folder, 'plugin.wasm');
    const second = join(folder, 'other.wasm');
    await writeFile(second, 'one');
    watch.watch([first, second]);
    watch.watch([second]);
    const seen = changed();
    await writeFile(first, 'two, longer');
    await writeFile(second, 'two, longer');
    await expect(seen).resolves.toBe(second);
  });

  it('goes on after something that could not be done about a change, and tells of it', async () => {
    const file = join(folder, 'plugin.wasm');
    watch.watch([file]);
    const error = new Error('no luck');
    const thrown = new Promise<void>((resolve) => {
      waiting = () => {
        resolve();
        throw error;
      };
    });
    await writeFile(file, 'two, longer');
    await thrown;
    const seen = changed();
    await writeFile(file, 'three, longer still');
    await expect(seen).resolves.toBe(file);
    expect(failures).toEqual([[file, error]]);
  });
});
