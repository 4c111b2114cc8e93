import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const LIMIT = { bytes: 900_000, brotli: 310_000 };
const folder = join(import.meta.dirname, '../plugins');
const plugins = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'plugin.ts')));

describe('a bundled plugin', () => {
  // Brotli at its best quality takes seconds for each; zlib's own threads share the work.
  it('is small enough to be fetched', { timeout: 180_000 }, async () => {
    const sizes = await Promise.all(
      plugins.map(async (name) => {
        const wasm = await readFile(join(folder, name, 'dist/plugin.wasm'));
        return { name, bytes: wasm.length, brotli: (await promisify(brotliCompress)(wasm)).length };
      }),
    );
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.filter(({ bytes, brotli }) => bytes > LIMIT.bytes || brotli > LIMIT.brotli)).toEqual([]);
  });
});
