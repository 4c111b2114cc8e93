import { describe, expect, it } from 'vitest';
import { sha256 } from '../../host/src/config/plugin-trust.js';
import type { PluginFile, PluginRecord, StoredVersion, VersionStore } from '../../host/src/rollout/version-store.js';

const fileOf = (text: string): PluginFile => ({ wasm: new TextEncoder().encode(text) });

const versionOf = (text: string, since: number): StoredVersion => ({
  sha256: sha256(fileOf(text).wasm),
  version: '1.0.0',
  origin: `${text}.wasm`,
  since,
});

const filesOf = (...texts: string[]): Map<string, PluginFile> => new Map(texts.map((text) => [sha256(fileOf(text).wasm), fileOf(text)]));

const recordOf = (...texts: string[]): PluginRecord => ({
  approved: ['state:room'],
  history: texts.map((text, index) => versionOf(text, 100 - index)),
});

/** What every VersionStore does. */
export function versionStoreContract(name: string, make: () => Promise<VersionStore>): void {
  describe(`version store: ${name}`, () => {
    it('knows nothing of a plugin that was never saved', async () => {
      expect((await make()).record('/chat', 'filter')).toBeUndefined();
    });

    it('returns what was saved, record and files', async () => {
      const store = await make();
      const files = filesOf('one');
      await store.save('/chat', 'filter', recordOf('one'), files);
      expect(store.record('/chat', 'filter')).toEqual(recordOf('one'));
      const { wasm } = await store.file(sha256(fileOf('one').wasm));
      expect(Buffer.from(wasm).toString()).toBe('one');
    });

    it('keeps a source map with its file', async () => {
      const store = await make();
      const { wasm } = fileOf('one');
      await store.save('/chat', 'filter', recordOf('one'), new Map([[sha256(wasm), { wasm, sourceMap: '{"version":3}' }]]));
      expect((await store.file(sha256(wasm))).sourceMap).toBe('{"version":3}');
    });

    it('keeps a signature with its file, also when the file is saved again without one', async () => {
      const store = await make();
      const { wasm } = fileOf('one');
      const save = (file: PluginFile) => store.save('/chat', 'filter', recordOf('one'), new Map([[sha256(wasm), file]]));
      await save({ wasm, signature: 'first' });
      expect((await store.file(sha256(wasm))).signature).toBe('first');
      await save({ wasm });
      expect((await store.file(sha256(wasm))).signature).toBe('first');
      await save({ wasm, signature: 'second' });
      expect((await store.file(sha256(wasm))).signature).toBe('second');
    });

    it('forgets the files that no record names any more', async () => {
      const store = await make();
      await store.save('/chat', 'filter', recordOf('two', 'one'), filesOf('one', 'two'));
      await store.save('/chat', 'filter', recordOf('two'));
      await expect(store.file(sha256(fileOf('one').wasm))).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
      expect(Buffer.from((await store.file(sha256(fileOf('two').wasm))).wasm).toString()).toBe('two');
    });

    it('keeps a file that another plugin still names', async () => {
      const store = await make();
      await store.save('/chat', 'filter', recordOf('one'), filesOf('one'));
      await store.save('/game', 'filter', recordOf('one'));
      await store.save('/chat', 'filter', recordOf('two'), filesOf('two'));
      expect(Buffer.from((await store.file(sha256(fileOf('one').wasm))).wasm).toString()).toBe('one');
    });

    it('lists the records of one route by plugin', async () => {
      const store = await make();
      await store.save('/chat', 'filter', { ...recordOf('one'), enabled: false }, filesOf('one'));
      await store.save('/chat', 'stamp', recordOf('two'), filesOf('two'));
      await store.save('/game', 'filter', recordOf('two'));
      expect(store.records('/chat')).toEqual(
        new Map([
          ['filter', { ...recordOf('one'), enabled: false }],
          ['stamp', recordOf('two')],
        ]),
      );
      expect(store.records('/none').size).toBe(0);
    });

    it('tells routes and plugins apart whatever characters they have', async () => {
      const store = await make();
      await store.save('a"b', 'c', recordOf('one'), filesOf('one'));
      expect(store.record('a', '"b","c')).toBeUndefined();
      expect(store.record('a"b', 'c')).toEqual(recordOf('one'));
    });

    it('takes saves that overlap one after the other', async () => {
      const store = await make();
      await Promise.all([
        store.save('/chat', 'filter', recordOf('one'), filesOf('one')),
        store.save('/chat', 'filter', recordOf('two', 'one'), filesOf('two')),
        store.save('/game', 'filter', recordOf('three'), filesOf('three')),
      ]);
      expect(store.record('/chat', 'filter')).toEqual(recordOf('two', 'one'));
      expect(store.record('/game', 'filter')).toEqual(recordOf('three'));
    });
  });
}
