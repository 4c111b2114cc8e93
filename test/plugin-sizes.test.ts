import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const MAX_BYTES = 900_000;
const MAX_BROTLI_BYTES = 310_000;

const folder = join(import.meta.dirname, '../plugins');
const plugins = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'plugin.ts')));

describe('a bundled plugin', () => {
  it.each(plugins)('%s is small enough to be fetched', (name) => {
    const wasm = readFileSync(join(folder, name, 'dist/plugin.wasm'));
    expect(wasm.length).toBeLessThanOrEqual(MAX_BYTES);
    expect(brotliCompressSync(wasm).length).toBeLessThanOrEqual(MAX_BROTLI_BYTES);
  });
});
