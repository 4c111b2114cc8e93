import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeNamedPipes } from '../../test/support/named-pipe.js';
import { readRegularFile } from './regular-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-regular-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('readRegularFile', () => {
  it('reads a file, and through a link', async () => {
    await writeFile(join(folder, 'file'), 'hello');
    await symlink('file', join(folder, 'link'));
    expect((await readRegularFile(join(folder, 'link'))).toString()).toBe('hello');
  });

  it('reads nothing of a file that is too large', async () => {
    await writeFile(join(folder, 'file'), 'hello');
    const limit = { maxBytes: 4, oversized: (bytes: number) => new Error(`too many: ${bytes}`) };
    await expect(readRegularFile(join(folder, 'file'), limit)).rejects.toThrow('too many: 5');
    expect((await readRegularFile(join(folder, 'file'), { ...limit, maxBytes: 5 })).length).toBe(5);
  });

  it('refuses a named pipe that nobody writes to, at once', async () => {
    makeNamedPipes(join(folder, 'pipe'));
    await expect(readRegularFile(join(folder, 'pipe'))).rejects.toThrow('is a named pipe; only a regular file is read');
  });

  it.each([
    ['/dev/zero', 'is a device'],
    ['.', 'is a folder'],
  ])('refuses %s', async (file, message) => {
    await expect(readRegularFile(file)).rejects.toThrow(message);
  });

  it('rejects as readFile does for a file that is not there', async () => {
    await expect(readRegularFile(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
