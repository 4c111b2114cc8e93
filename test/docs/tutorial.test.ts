import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { readBlocks } from '../support/doc-page.js';
import { DocShell } from '../support/doc-shell.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const blocks = readBlocks(join(ROOT, 'docs/tutorial.md'));

// test/packaging does the same with the packed packages, where a registry can be reached.
describe('the tutorial', () => {
  let folder: string;
  let shell: DocShell;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-tutorial-'));
    shell = await DocShell.open({ folder, modules: join(ROOT, 'node_modules') });
  });
  afterAll(async () => {
    await shell.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('does what it says, from the first line to the last', { timeout: 600_000 }, async () => {
    for (const block of blocks) await shell.take(block);
  });
});
