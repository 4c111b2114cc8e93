import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { banOf, banStoreContract } from '../../../test/contract/ban-store-contract.js';
import { BansFile } from './bans-file.js';

let folder: string;
let file: string;
let opened: BansFile | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-bans-'));
  file = join(folder, 'state', 'bans.json');
});
afterEach(async () => {
  // It may still be writing into the folder.
  await opened?.saved();
  opened = undefined;
  await rm(folder, { recursive: true });
});

banStoreContract('file', async (max) => {
  opened = await BansFile.open(file, max, () => 0);
  return opened;
});

describe('ban store: file', () => {
  const fill = async (): Promise<void> => {
    const bans = await BansFile.open(file, 10, () => 0);
    bans.add(banOf({ id: 'short', expiresAt: 10 }), 0);
    bans.add(banOf({ id: 'range', kind: 'mute', subject: { by: 'address', value: '192.0.2.0/24' } }), 0);
    await bans.saved();
  };

  it('knows after a restart what was there before it, until the same moment', async () => {
    await fill();
    const again = await BansFile.open(file, 10, () => 9);
    expect(again.list(9).map(({ id, expiresAt }) => [id, expiresAt])).toEqual([
      ['short', 10],
      ['range', undefined],
    ]);
    expect(again.find('mute', { address: '192.0.2.9' }, 9)?.id).toBe('range');
    expect((await BansFile.open(file, 1, () => 10)).list(10).map(({ id }) => id)).toEqual(['range']);
    again.remove('range');
    await again.saved();
    expect((await BansFile.open(file, 10, () => 9)).list(9).map(({ id }) => id)).toEqual(['short']);
  });

  it('writes for its owner only, and leaves nothing half-written beside the file', async () => {
    await fill();
    expect(await readdir(join(folder, 'state'))).toEqual(['bans.json']);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
  });

  it('writes many changes together, the last one included', async () => {
    const bans = await BansFile.open(file, 1_000, () => 0);
    for (let index = 0; index < 500; index++) bans.add(banOf({ id: `b${index}`, subject: { by: 'user', value: `u${index}` } }), 0);
    bans.remove('b0');
    await bans.saved();
    expect(JSON.parse(await readFile(file, 'utf8')).bans).toHaveLength(499);
  });

  it('refuses a file that is none of its own, and says where it is and what to do', async () => {
    await fill();
    for (const text of ['{', '[]', '{"bans":[{"id":1}]}', '']) {
      await writeFile(file, text);
      await expect(
        BansFile.open(file, 10, () => 0),
        text,
      ).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/state\/bans\.json, in which bans and mutes are kept, cannot be read: ./),
        hint: expect.stringContaining('move it away'),
      });
      expect(await readFile(file, 'utf8')).toBe(text);
    }
  });

  it('refuses a file with more bans than there may be', async () => {
    await fill();
    await expect(BansFile.open(file, 1, () => 0)).rejects.toMatchObject({ message: expect.stringContaining('bans.max is 1') });
  });

  it('tells whoever changes something that it cannot be written, and goes on', async () => {
    const bans = await BansFile.open(file, 10, () => 0);
    await writeFile(join(folder, 'state'), 'no folder');
    bans.add(banOf(), 0);
    await expect(bans.saved()).rejects.toMatchObject({
      code: 'BANS_NOT_KEPT',
      message: expect.stringContaining('The change is in effect'),
    });
    expect(bans.find('ban', { address: '192.0.2.1' }, 0)).toBeDefined();
    await rm(join(folder, 'state'));
    bans.add(banOf({ id: 'two', subject: { by: 'user', value: 'u' } }), 0);
    await bans.saved();
    expect((await BansFile.open(file, 10, () => 0)).list(0)).toHaveLength(2);
  });
});
