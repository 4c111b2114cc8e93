import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiPages } from '../../scripts/docs.mjs';

const FOLDER = join(import.meta.dirname, '../../docs/api');

describe('docs/api', () => {
  it('is what `npm run docs` makes of the source, and every export says what it is', { timeout: 300_000 }, () => {
    const silent: string[] = [];
    const pages = apiPages((name: string) => silent.push(name));
    expect(silent).toEqual([]);
    expect(readdirSync(FOLDER).sort(), 'run `npm run docs`').toEqual([...pages.keys()].sort());
    for (const [file, text] of pages) expect(readFileSync(join(FOLDER, file), 'utf8'), `run \`npm run docs\`: ${file} is old`).toBe(text);
  });
});
