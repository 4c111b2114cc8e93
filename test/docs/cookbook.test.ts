import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { JsonObject } from '@framegate/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playFrames } from '../support/doc-frames.js';
import { readBlocks } from '../support/doc-page.js';
import { DocShell } from '../support/doc-shell.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const MAX_LINES = 40;
const blocks = readBlocks(join(ROOT, 'docs/cookbook.md'));
const PLUGINS = blocks.filter(({ lang }) => lang === 'ts');
const headings = [...new Set(blocks.map(({ heading }) => heading))];

describe('the cookbook', () => {
  let folder: string;
  let shell: DocShell;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-cookbook-'));
    await symlink(MODULES, join(folder, 'node_modules'));
    shell = await DocShell.open({ folder, modules: MODULES });
  });
  afterAll(async () => {
    await shell.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(headings)('%s', { timeout: 180_000 }, async (heading) => {
    for (const block of blocks.filter((one) => one.heading === heading)) {
      await shell.take(block);
      if (block.lang === 'frames')
        expect(await playFrames(block.text, join(folder, block.name), JSON.parse(block.rest || '{}') as JsonObject)).toBe(block.text);
    }
  });

  it.each(PLUGINS)('has a whole plugin of at most 40 lines in $name, with its frames', ({ name, text }) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES);
    expect(blocks.some((block) => block.lang === 'frames' && block.name === name)).toBe(true);
  });

  it('has no plugin with a mistake in its types', { timeout: 180_000 }, async () => {
    const tsconfig = {
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        composite: false,
        types: [],
        paths: { '@framegate/sdk': [join(ROOT, 'sdk/src/index.ts')], '@framegate/sdk/*': [join(ROOT, 'sdk/src/*/index.ts')] },
      },
      include: PLUGINS.map(({ name }) => name),
    };
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const { stdout } = await promisify(execFile)(process.execPath, [join(MODULES, 'typescript/bin/tsc')], { cwd: folder });
    expect(stdout).toBe('');
  });
});
