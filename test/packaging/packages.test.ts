import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBlocks } from '../support/doc-page.js';
import { DocShell } from '../support/doc-shell.js';
import { bundledPackages, filesIn, importedPackages, packageFiles } from '../support/package-files.js';
import { WsClient } from '../support/ws-client.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
const LONG = 300_000;
/** Where each package is made. */
const FOLDERS = ['sdk', 'host', 'create-framegate', ...readdirSync(join(ROOT, 'plugins')).map((name) => `plugins/${name}`)].filter(
  (folder) => existsSync(join(ROOT, folder, 'package.json')),
);
/** Nothing of this repository's own npm run may leak into the folders of a user. */
const env = Object.fromEntries(
  Object.entries({ ...process.env, NO_COLOR: '1' }).filter(([name]) => !/^npm_|^FRAMEGATE|^VITEST|^NODE_ENV$/i.test(name)),
);

/** Runs a program to its end; what it printed. Rejects, with all of that, if it fails. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 64 * 1_048_576 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}\n${stdout}\n${stderr}`, { cause: error });
  }
}

const hasRegistry = await run(ROOT, 'npm', 'ping').then(
  () => true,
  () => false,
);
if (!hasRegistry)
  console.warn('\n  ⚠ The packages were NOT tested: no npm registry is reachable, and a new plugin installs its tools from one.\n');

it.runIf(process.env.FRAMEGATE_FORBID_SKIPS === '1')('reaches a registry', () => {
  expect(hasRegistry, 'let npm reach a registry, or unset FRAMEGATE_FORBID_SKIPS').toBe(true);
});

describe.skipIf(!hasRegistry)('the packages, in an empty folder', { timeout: LONG }, () => {
  let folder: string;
  let tarballs: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-packages-'));
    const packed = await run(ROOT, process.execPath, 'scripts/pack.mjs', join(folder, 'packed'));
    tarballs = packed.split('\n').filter((line) => line.endsWith('.tgz'));
    await mkdir(join(folder, 'empty'));
    await run(join(folder, 'empty'), 'npm', ...INSTALL, ...tarballs);
  }, LONG);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const installedAt = async (source: string): Promise<string> => {
    const { name } = JSON.parse(await readFile(join(ROOT, source, 'package.json'), 'utf8')) as { name: string };
    return join(folder, 'empty/node_modules', name);
  };

  it('are as publint wants them', async () => {
    expect(tarballs.length).toBeGreaterThan(5);
    for (const file of tarballs) {
      const tarball = new Uint8Array(await readFile(file)).buffer;
      const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
      expect(messages.map((message) => `${String(pkg.name)}: ${formatMessage(message, pkg, { color: false })}`)).toEqual([]);
    }
  });

  it('hold exactly what is meant: code, maps, declarations, licences, and no tests or sources', async () => {
    for (const folder of FOLDERS) expect(filesIn(await installedAt(folder)), folder).toEqual(packageFiles(ROOT, folder));
    const host = filesIn(await installedAt('host'));
    for (const page of ['web', 'dashboard']) {
      expect(host).toContain(`dist/${page}/index.html`);
      for (const kind of ['js', 'css'])
        for (const ending of ['', '.br', '.gz'])
          expect(host.filter((file) => file.startsWith(`dist/${page}/assets/index-`) && file.endsWith(`.${kind}${ending}`))).toHaveLength(
            1,
          );
    }
  });

  it('name every package that is inside them, with its licence', async () => {
    const inside = async (folder: string) => {
      const text = await readFile(join(await installedAt(folder), 'LICENSE.third-party.txt'), 'utf8');
      for (const part of text.split(/^-{79}$/m)) expect(part.trim().length, `${folder}: ${part}`).toBeGreaterThan(300);
      expect(text).not.toMatch(/undefined/);
      return Array.from(text.matchAll(/^This package contains (\S+):$/gm), ([, name]) => name).sort();
    };
    const engine = ['quickjs-ng', 'quickjs-wasi', 'wasi-libc'];
    expect(await inside('sdk')).toEqual(['@noble/hashes', ...engine]);
    expect(await inside('host')).toEqual(importedPackages(ROOT, 'web'));
    for (const folder of FOLDERS.filter((one) => one.startsWith('plugins/')))
      expect(await inside(folder), folder).toEqual([...bundledPackages(join(ROOT, folder, 'dist/plugin.wasm.map')), ...engine].sort());
  });

  it('leave nothing in the checkout that a host there would serve', () => {
    expect(['web', 'dashboard'].filter((page) => existsSync(join(ROOT, 'host/dist', page)))).toEqual([]);
  });

  it('are what the tutorial needs, from the first line to the last', { timeout: 2 * LONG }, async () => {
    await mkdir(join(folder, 'tutorial'));
    const shell = await DocShell.open({ folder: join(folder, 'tutorial'), packed: join(folder, 'packed') });
    try {
      for (const block of readBlocks(join(ROOT, 'docs/tutorial.md'))) await shell.take(block);
    } finally {
      await shell.close();
    }
  });

  it('make a plugin through npm create as well', async () => {
    const made = await run(join(folder, 'empty'), 'npx', 'create-framegate', 'created', '--lang', 'assemblyscript');
    expect(made).toContain('made created in created');
    expect(await readdir(join(folder, 'empty/created'))).toContain('asconfig.json');
  });

  describe.each([
    ['typescript', 900_000],
    ['assemblyscript', 40_960],
  ])('with a plugin in %s', (language, mostBytes) => {
    const name = `kettle-${language}`;
    let project: string;
    let host: ChildProcess | undefined;

    beforeAll(async () => {
      project = join(folder, 'empty', name);
      await run(join(folder, 'empty'), 'npx', 'framegate', 'new', name, '--lang', language);
      await run(project, 'npm', ...INSTALL);
    }, LONG);
    afterAll(async () => {
      if (host?.exitCode !== null) return;
      host.kill('SIGTERM');
      await once(host, 'exit');
    });

    it('build it, check its types, test it and measure it', async () => {
      expect(await run(project, 'npm', 'run', 'build')).toMatch(new RegExp(`built ${name} 0\\.1\\.0 → dist/plugin\\.wasm`));
      expect((await stat(join(project, 'dist/plugin.wasm'))).size).toBeLessThanOrEqual(mostBytes);
      await run(project, 'npm', 'run', 'types');
      expect(await run(project, 'npm', 'test')).toMatch(/Tests +4 passed \(4\)/);
      expect(await run(project, 'npm', 'run', 'bench', '--', '--frames', '2000')).toMatch(/2,000 frames[\s\S]*fuel a frame +\d/);
      expect(await run(project, 'npm', 'run', 'inspect')).toMatch(/ABI +framegate v1/);
    });

    it('run it in a host', async () => {
      host = spawn(join(project, 'node_modules/.bin/framegate-host'), ['--port', '0'], {
        cwd: project,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const address = await firstMatch(host, /ws:\/\/\S+/);
      const client = await WsClient.open(`${address}?room=tea`);
      for (let time = 0; time < 4; time++) client.send(JSON.stringify({ type: 'message', id: `m-${time}`, content: 'a teapot' }));
      const frames: { type?: string; name?: string; id?: string }[] = [];
      while (frames.at(-1)?.name !== 'moderator') frames.push(JSON.parse(String(await client.next())) as (typeof frames)[number]);
      expect(frames.filter(({ type }) => type === 'ack').map(({ id }) => id)).toEqual(['m-0', 'm-1', 'm-2']);
      expect(frames.at(-1)).toEqual({ name: 'moderator', content: 'please say "teapot" at most 3 times', id: 'm-3' });
      await client.close();
    });
  });
});

/** The first match in what a process prints. Rejects if it ends without one. */
async function firstMatch({ stdout }: ChildProcess, pattern: RegExp): Promise<string> {
  if (stdout === null) throw new Error('its output is not piped');
  for await (const line of createInterface({ input: stdout })) {
    const [found] = pattern.exec(line) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error(`it ended without printing ${pattern}`);
}
