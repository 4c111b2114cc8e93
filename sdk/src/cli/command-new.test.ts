import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LANGUAGES } from '../compiler/language.js';
import { installedSpecifiers } from './installed-packages.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'sdk/dist/cli/main.js');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-new-'));
  // what a new plugin would install is found above it
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function framegate(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err });
    });
    child.stdin?.end();
  });
}

describe('framegate new', () => {
  it.each(LANGUAGES)('makes a %s plugin that builds and passes its own test', { timeout: 120_000 }, async (language) => {
    const name = `kettle-${language}`;
    const made = await framegate(folder, 'new', name, '--lang', language);
    expect(made).toMatchObject({ code: 0, err: '' });
    const files = await readdir(join(folder, name), { recursive: true });
    expect(files).toContain('.gitignore');
    for (const file of files.filter((path) => path !== 'assembly')) {
      expect(made.out).toContain(`  ${file}\n`);
      expect(await readFile(join(folder, name, file), 'utf8')).not.toContain('my-plugin');
    }

    const tested = await framegate(join(folder, name), 'test', '--reporter=json', '-t', 'counts each client');
    expect(tested.err).toBe('');
    expect(tested.out).toMatch(new RegExp(`^built ${name} 0\\.1\\.0 → dist/plugin\\.wasm`));
    const report = JSON.parse(tested.out.slice(tested.out.indexOf('{'))) as { numPassedTests: number; numPendingTests: number };
    expect(report).toMatchObject({ numPassedTests: 1, numPendingTests: 3 });

    const built = await framegate(join(folder, name), 'build');
    expect(built.out).toMatch(/→ dist\/plugin\.wasm/);
  });

  it('names the versions of tools that this repository is tested with', async () => {
    const versionsOf = async (file: string) =>
      (JSON.parse(await readFile(join(ROOT, file), 'utf8')) as { devDependencies: Record<string, string> }).devDependencies;
    const known = { ...(await versionsOf('package.json')), ...(await versionsOf('sdk/package.json')) };
    for (const language of LANGUAGES) {
      for (const [name, version] of Object.entries(await versionsOf(`sdk/templates/${language}/package.template.json`))) {
        if (!name.startsWith('@framegate/')) expect({ [name]: version }).toEqual({ [name]: known[name] });
      }
    }
  });

  it('takes an empty folder, and one that has only a repository in it', async () => {
    await mkdir(join(folder, 'empty/.git'), { recursive: true });
    expect((await framegate(join(folder, 'empty'), 'new', '.')).code).toBe(0);
    expect(await readdir(join(folder, 'empty'))).toContain('plugin.ts');
  });

  it('leaves a folder alone that is not empty', async () => {
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full/notes.txt'), '');
    const { code, err } = await framegate(folder, 'new', 'full');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error full is not empty (there is notes.txt in it): name another folder, or empty this one\n',
    });
    expect(await readdir(join(folder, 'full'))).toEqual(['notes.txt']);
  });

  it.each([
    [['Bad_Name'], `"Bad_Name" can't be a plugin's name: it needs 1–64 of a-z, 0-9 and -`],
    [['x', '--lang', 'rust'], "argument 'rust' is invalid. Allowed choices are typescript, assemblyscript."],
    [[], 'name a folder for the plugin: framegate new my-plugin'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await framegate(folder, 'new', ...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});

describe('framegate test', () => {
  it("runs Node's own tests where vitest is not installed, and hands their failure on", async () => {
    const bare = await mkdtemp(join(tmpdir(), 'framegate-bare-'));
    await writeFile(join(bare, 'plugin.js'), 'export function on_request_message() {}');
    const none = await framegate(bare, 'test');
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('there are no tests here') });
    await writeFile(join(bare, 'bad.test.mjs'), "import test from 'node:test'; test('fails', () => { throw new Error('as told'); });");
    const { code, out } = await framegate(bare, 'test');
    expect(code).toBe(1);
    expect(out).toMatch(/running node --test/);
    expect(out).toContain('as told');
    await rm(bare, { recursive: true });
  });

  it('says where it looked when there is no plugin', async () => {
    expect((await framegate(folder, 'test')).err).toContain('there is no plugin here: looked for plugin.ts, plugin.js, src/plugin.ts');
  });
});

describe('installedSpecifiers', () => {
  it('names the versions of a registry', () => {
    expect(installedSpecifiers('/somewhere/node_modules/@framegate/sdk', '1.2.3', '/elsewhere')).toEqual({
      '@framegate/sdk': '^1.2.3',
      '@framegate/host': '^1.2.3',
    });
  });

  it('names the tarballs that this sdk and its family were installed from, as seen from the new folder', async () => {
    await mkdir(join(folder, 'packed/node_modules/@framegate/sdk'), { recursive: true });
    const packages = {
      'node_modules/@framegate/sdk': { resolved: 'file:../tars/framegate-sdk-1.2.3.tgz' },
      'node_modules/@framegate/plugin-copypasta': { resolved: 'file:../tars/framegate-plugin-copypasta-1.2.3.tgz' },
      'node_modules/ws': { resolved: 'https://registry.npmjs.org/ws/-/ws-8.23.0.tgz' },
    };
    await writeFile(join(folder, 'packed/node_modules/.package-lock.json'), JSON.stringify({ packages }));
    expect(installedSpecifiers(join(folder, 'packed/node_modules/@framegate/sdk'), '1.2.3', join(folder, 'packed/mine'))).toEqual({
      '@framegate/sdk': 'file:../../tars/framegate-sdk-1.2.3.tgz',
      '@framegate/host': '^1.2.3',
      '@framegate/plugin-copypasta': 'file:../../tars/framegate-plugin-copypasta-1.2.3.tgz',
    });
  });
});
