import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { buildCores } from './build-cores.js';
import { loadCore } from './core.js';
import { coreInfoPath, coreWasmPath } from './core-files.js';
import { CORE_VARIANTS } from './core-variant.js';
import { assertValueLayout } from './value-layout.js';

describe.each(CORE_VARIANTS)('the core %s', (variant) => {
  it('is left alone when nothing it is made of has changed', async () => {
    const files = () => Promise.all([coreWasmPath(variant), coreInfoPath(variant)].map((path) => readFile(path)));
    const before = await files();
    const lines: string[] = [];
    await buildCores({ log: (line) => lines.push(line) });
    expect(lines).toEqual([]);
    const after = await files();
    expect(before.map((file, index) => Buffer.compare(file, after[index] ?? Buffer.alloc(0)))).toEqual([0, 0]);
  });

  it('holds values as the glue reads them', async () => {
    const core = await loadCore(variant);
    expect(() => assertValueLayout(core)).not.toThrow();
  });
});
