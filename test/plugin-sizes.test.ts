import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const LIMIT = { bytes: 900_000, brotli: 310_000 };
/** Above the bar: json-p3 brings a parser of I-Regexp that cannot be left out, jq its evaluator and the definitions of its builtins, link-guard the web's URL. */
const LIMITS: Readonly<Record<string, typeof LIMIT>> = {
  'json-path': { bytes: 960_000, brotli: 335_000 },
  'link-guard': { bytes: 900_000, brotli: 320_000 },
  jq: { bytes: 960_000, brotli: 340_000 },
};

const folder = join(import.meta.dirname, '../plugins');
const plugins = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'plugin.ts')));

describe('a bundled plugin', () => {
  it.each(plugins)('%s is small enough to be fetched', (name) => {
    const wasm = readFileSync(join(folder, name, 'dist/plugin.wasm'));
    const limit = LIMITS[name] ?? LIMIT;
    expect(wasm.length).toBeLessThanOrEqual(limit.bytes);
    expect(brotliCompressSync(wasm).length).toBeLessThanOrEqual(limit.brotli);
  });
});
