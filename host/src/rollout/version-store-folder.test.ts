import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { versionStoreContract } from '../../../test/contract/version-store-contract.js';
import { sha256 } from '../config/plugin-trust.js';
import { FolderVersionStore } from './version-store-folder.js';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'framegate-versions-')), 'plugins');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

versionStoreContract('folder', () => FolderVersionStore.open(folder));

describe('version store: folder', () => {
  const wasm = new TextEncoder().encode('one');
  const id = sha256(wasm);
  const record = { approved: [], history: [{ sha256: id, origin: 'one.wasm', since: 1 }] };

  it('returns after a restart what was saved before it', async () => {
    await (await FolderVersionStore.open(folder)).save('/chat', 'filter', record, new Map([[id, { wasm }]]));
    const again = await FolderVersionStore.open(folder);
    expect(again.record('/chat', 'filter')).toEqual(record);
    expect(Buffer.from((await again.file(id)).wasm).toString()).toBe('one');
  });

  it('leaves nothing half-written beside its files', async () => {
    await (await FolderVersionStore.open(folder)).save('/chat', 'filter', record, new Map([[id, { wasm }]]));
    expect((await readdir(folder)).sort()).toEqual([`${id}.wasm`, 'index.json']);
  });

  it('leaves nothing half-written when the disk takes no more, says so, and writes it once it does', async () => {
    const store = await FolderVersionStore.open(folder);
    await mkdir(join(folder, `${id}.wasm`), { recursive: true });
    await expect(store.save('/chat', 'filter', record, new Map([[id, { wasm }]]))).rejects.toThrow(id);
    expect(await readdir(folder)).toEqual([`${id}.wasm`]);
    expect([store.record('/chat', 'filter'), await store.file(id)]).toEqual([record, { wasm }]);
    expect(store.unkept('/chat', 'filter')).toContain(id);
    await rm(join(folder, `${id}.wasm`), { recursive: true });
    await store.save('/game', 'filter', { approved: [], history: [] });
    expect(store.unkept('/chat', 'filter')).toBeUndefined();
    const again = await FolderVersionStore.open(folder);
    expect([again.record('/chat', 'filter'), Buffer.from((await again.file(id)).wasm).toString()]).toEqual([record, 'one']);
  });

  it('refuses a file whose bytes were changed', async () => {
    const store = await FolderVersionStore.open(folder);
    await store.save('/chat', 'filter', record, new Map([[id, { wasm }]]));
    await writeFile(join(folder, `${id}.wasm`), 'other');
    await expect(store.file(id)).rejects.toThrow(/its SHA-256 differs from its name/);
  });

  it('refuses an index that is no index, and says where it is', async () => {
    await (await FolderVersionStore.open(folder)).save('/chat', 'filter', record, new Map([[id, { wasm }]]));
    for (const text of ['{', '{"plugins": [{"route": 1}]}', '[]']) {
      await writeFile(join(folder, 'index.json'), text);
      await expect(FolderVersionStore.open(folder)).rejects.toThrow(
        /plugins\/index\.json, in which plugin versions and approvals are kept/,
      );
    }
  });
});
