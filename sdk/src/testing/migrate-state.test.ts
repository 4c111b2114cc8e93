import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugin, type TestPlugin } from './index.js';

const TYPESCRIPT = `
import { definePlugin } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'strikes', version: '2.0.0',
  config: { type: 'object', properties: { worth: { type: 'integer', default: 2 } } },
  capabilities: { state: ['plugin', 'user'] },
  setup: ({ worth }) => ({ worth }),
  onRequest() {},
  migrate(fromVersion, ctx) {
    ctx.log.info('from ' + fromVersion);
    if (fromVersion === '9.0.0') throw new RangeError('cannot read what ' + fromVersion + ' keeps');
    for (const entry of ctx.entries()) {
      if (entry.key === 'raw') entry.setBytes(entry.getBytes()!.map((byte) => byte + 1));
      else if (entry.key === 'gone') entry.delete();
      else if (entry.key === 'strikes') entry.set({ points: entry.get<number>()! * ctx.shared.worth });
      else if (entry.key.startsWith('of:')) {
        ctx.state('user', entry.key.slice(3)).set('strikes', { points: entry.get() }, { ttl: entry.ttl() });
        entry.delete();
      } else if (entry.key === 'large') entry.set('x'.repeat(2000));
      else if (entry.key === 'odd') { try { ctx.state('room', 'lobby').set('a', 1); } catch (error) { entry.set(String(error)); } }
      else if (entry.key === 'endless') for (;;);
    }
    ctx.state('plugin').set('form', 2);
  },
});
`;

const ASSEMBLYSCRIPT = `
import { fail, log, migration, pass, state } from '@framegate/sdk/assemblyscript';

export function on_request_message(): i32 {
  return pass();
}

export function framegate_migrate(): i32 {
  log.info('from ' + migration.from());
  if (migration.from() == '9.0.0') return fail('cannot read what ' + migration.from() + ' keeps');
  while (migration.next()) {
    const key = migration.key();
    if (key == 'gone') state.delete(key);
    else if (key == 'strikes') state.user.setJson(key, '{"points":' + (<i32>(state.user.getNumber(key) * 2)).toString() + '}', left(state.user.ttl(key)));
    else if (key.startsWith('of:')) {
      const points = state.getNumber(key);
      const ttl = left(state.ttl(key));
      state.delete(key);
      migration.select(2, key.substring(3));
      state.user.setJson('strikes', '{"points":' + (<i32>points).toString() + '}', ttl);
    } else if (key == 'large') state.setText(key, 'x'.repeat(2000));
    else if (key == 'endless') while (true) {}
    else if (key == 'raw') state.setBytes(key, state.getBytes(key)!.map((byte) => byte + 1));
    else if (key == 'odd') state.setText(key, migration.select(1, 'lobby').toString() + migration.scope().toString() + migration.owner());
  }
  state.setJson('form', '2');
  return 0;
}

function left(ttl: f64): f64 {
  return ttl == Infinity ? 0 : ttl;
}
`;

describe.each(['TypeScript', 'AssemblyScript'])('a migration in %s', (language) => {
  let folder: string;
  let file: string;
  let plugin: TestPlugin;
  const load = async (): Promise<TestPlugin> => {
    plugin = await loadPlugin(file, { limits: { stateBytes: 1500 } });
    return plugin;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-migrate-'));
    file = join(folder, 'plugin.wasm');
    if (language === 'TypeScript') {
      await compilePlugin({ source: TYPESCRIPT, resolveDir: import.meta.dirname, outFile: file });
      return;
    }
    await mkdir(join(folder, 'assembly'));
    await writeFile(join(folder, 'assembly', 'index.ts'), ASSEMBLYSCRIPT);
    await writeFile(join(folder, 'asconfig.json'), '{"targets":{"release":{"optimizeLevel":3,"shrinkLevel":1}}}');
    const manifest = { name: 'strikes', version: '2.0.0', capabilities: { state: ['plugin', 'user'] } };
    await writeFile(join(folder, 'plugin.json'), JSON.stringify(manifest));
    await writeFile(file, (await compilePlugin({ entry: join(folder, 'assembly', 'index.ts') })).wasm);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('sees every owner, changes, moves and deletes entries, and keeps the time they have left', async () => {
    const { state, migrate, logs } = await load();
    state.set('user', 'strikes', 3, { owner: 'ada', ttl: 5_000 });
    state.set('user', 'strikes', 1, { owner: 'bob' });
    state.set('plugin', 'of:eve', 7, { ttl: 9_000 });
    state.set('plugin', 'gone', 0);
    state.set('plugin', 'stays', 'as it is');
    state.setBytes('plugin', 'raw', Uint8Array.of(1, 2, 0xfe));
    expect(await migrate('1.0.0')).toBe(7);
    expect(logs).toContainEqual({ level: 'info', message: 'from 1.0.0' });
    expect(state.get('user', 'strikes', 'ada')).toEqual({ points: 6 });
    expect(state.get('user', 'strikes', 'bob')).toEqual({ points: 2 });
    expect(state.get('user', 'strikes', 'eve')).toEqual({ points: 7 });
    expect(state.keys('plugin').map(({ key }) => key)).toEqual(['stays', 'raw', 'form']);
    expect(state.getBytes('plugin', 'raw')).toEqual(Uint8Array.of(2, 3, 0xff));
    plugin.clock.advance(5_000);
    expect([state.get('user', 'strikes', 'ada'), state.get('user', 'strikes', 'eve')]).toEqual([undefined, { points: 7 }]);
    plugin.clock.advance(4_000);
    expect(state.get('user', 'strikes', 'eve')).toBeUndefined();
  });

  it.each([
    ['throws', 'strikes', '9.0.0', 'cannot read what 9.0.0 keeps'],
    ['writes more than it may keep', 'large', '1.0.0', 'limits.stateBytes'],
    ['never ends', 'endless', '1.0.0', 'without going on to another entry'],
  ])('changes nothing if it %s', async (_what, key, from, why) => {
    const { state, migrate } = await load();
    state.set('user', 'strikes', 3, { owner: 'ada' });
    state.set('plugin', key, 0);
    await expect(migrate(from)).rejects.toThrow(why);
    expect([state.get('user', 'strikes', 'ada'), state.get('plugin', key), state.get('plugin', 'form')]).toEqual([3, 0, undefined]);
  });

  it('has no state in a scope that its manifest does not name', async () => {
    const { state, migrate } = await load();
    state.set('plugin', 'odd', 0);
    await migrate('1.0.0');
    expect(state.get('plugin', 'odd')).toBe(
      language === 'TypeScript'
        ? 'Error: there is no state of "lobby" in scope room: the scope is not in capabilities.state, or no such connection has state'
        : 'false0',
    );
  });
});

describe('a plugin without a migration', () => {
  it('has none to run', async () => {
    const source = `import { definePlugin } from '@framegate/sdk'; export const plugin = definePlugin({ name: 'a', version: '1.0.0', onRequest() {} });`;
    const folder = await mkdtemp(join(tmpdir(), 'framegate-migrate-'));
    const file = join(folder, 'plugin.wasm');
    await compilePlugin({ source, resolveDir: import.meta.dirname, outFile: file });
    const plugin = await loadPlugin(file);
    await expect(plugin.migrate('1.0.0')).rejects.toThrow('the plugin has no migrate');
    await rm(folder, { recursive: true });
  });
});
