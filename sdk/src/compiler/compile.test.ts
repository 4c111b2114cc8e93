import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from './compile.js';

const MAIN = `import { definePlugin, replace } from '@framegate/sdk';
import { shout } from './shout.js';
export const plugin = definePlugin({ name: 'shout', version: '1.0.0', onRequest: (frame) => replace(shout(frame.text)) });
`;
const SHOUT = `export function shout(text: string): string {
  if (text === '') throw new Error('nothing to shout');
  return text.toUpperCase();
}
`;

describe('compilePlugin', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-test-'));
    await mkdir(join(folder, 'one'));
    await writeFile(join(folder, 'one/main.ts'), MAIN);
    await writeFile(join(folder, 'one/shout.ts'), SHOUT);
    await cp(join(folder, 'one'), join(folder, 'another/place'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([true, false])('gives the same bytes wherever the same source lies (minify: %s)', async (minify) => {
    const one = await compilePlugin({ entry: join(folder, 'one/main.ts'), minify });
    const other = await compilePlugin({ entry: join(folder, 'another/place/main.ts'), minify });
    expect(Buffer.compare(one.wasm, other.wasm)).toBe(0);
    expect(one.sourceMap).toBe(other.sourceMap);
  });

  it('gives the same bytes through a link to the folder', async () => {
    await symlink(join(folder, 'one'), join(folder, 'link'));
    const direct = await compilePlugin({ entry: join(folder, 'one/main.ts') });
    const linked = await compilePlugin({ entry: join(folder, 'link/main.ts') });
    expect(Buffer.compare(direct.wasm, linked.wasm)).toBe(0);
    expect(linked.sourceMap).toBe(direct.sourceMap);
  });

  it('writes the module and its source map side by side', async () => {
    const outFile = join(folder, 'shout.wasm');
    const { wasm, sourceMap } = await compilePlugin({ entry: join(folder, 'one/main.ts'), outFile });
    expect(Buffer.compare(await readFile(outFile), wasm)).toBe(0);
    expect(await readFile(`${outFile}.map`, 'utf8')).toBe(sourceMap);
    expect((JSON.parse(sourceMap) as SourceMapPayload).sources).toEqual(
      expect.arrayContaining(['main.ts', 'shout.ts', '@framegate/sdk/guest/module.js']),
    );
  });

  it.each([true, false])('maps the stack of a fault to the line that threw (minify: %s)', async (minify) => {
    const { wasm, sourceMap } = await compilePlugin({ entry: join(folder, 'one/main.ts'), minify });
    const { failure } = new AbiV1Host(new WebAssembly.Module(wasm)).run('on_request_message', '');
    const [, line, column] = /plugin\.js:(\d+):(\d+)/.exec(failure ?? '') ?? [];
    const entry = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload).findEntry(Number(line) - 1, Number(column) - 1);
    expect(entry).toMatchObject({ originalSource: 'shout.ts', originalLine: 1 });
  });

  it('lets an instance start where the build ended: the top level has run', async () => {
    const { wasm, warnings } = await compilePlugin({
      source: `import { definePlugin, replace } from '@framegate/sdk';
        const words = new Map([['a', 1]]); let calls = 0;
        console.info('table built', words.size);
        export const plugin = definePlugin({ name: 'warm', version: '1.0.0', onRequest: () => replace(String(words.get('a')! + calls++)) });`,
      resolveDir: folder,
    });
    const host = new AbiV1Host(new WebAssembly.Module(wasm));
    expect([host.run('on_request_message').records[0]?.text, host.run('on_request_message').records[0]?.text]).toEqual(['1', '2']);
    expect(host.logs).toEqual([]);
    expect(warnings).toEqual(['logged while it was built: info: table built 1']);
  });

  it('warns when the top level reads the clock or random numbers', async () => {
    const { warnings } = await compilePlugin({
      source: 'export const at = Date.now() + Math.random(); export function on_request_message() {}',
      resolveDir: folder,
    });
    expect(warnings).toEqual([expect.stringContaining('reads the clock'), expect.stringContaining('random numbers')]);
  });

  it('ends a top level that does not end, while whoever builds goes on', async () => {
    const looping = { source: 'let i = 0; for (;;) i++;\nexport function on_request_message() {}', resolveDir: folder };
    const good = compilePlugin({ source: 'export function on_request_message() {}', resolveDir: folder, timeLimitMs: 60_000 });
    await expect(compilePlugin({ ...looping, timeLimitMs: 100 })).rejects.toThrow(
      'plugin.ts: the top level ran for more than 0.1 s: look for a loop that does not end',
    );
    const closing = new AbortController();
    const ended = compilePlugin({ ...looping, timeLimitMs: 60_000, signal: closing.signal });
    const behind = compilePlugin({ source: 'export function on_request_message() {}', resolveDir: folder });
    setTimeout(() => closing.abort(new Error('no longer wanted')), 50);
    await expect(ended).rejects.toThrow('no longer wanted');
    expect((await behind).wasm).toEqual((await good).wasm);
  });

  it('compiles a CommonJS source', async () => {
    const entry = join(folder, 'old.cjs');
    await writeFile(entry, `module.exports = { on_request_message() { Host.outputString('old'); } };`);
    expect((await compilePlugin({ entry })).exports).toContain('on_request_message');
  });

  it('compiles a warm plugin fast', async () => {
    const entry = join(folder, 'one/main.ts');
    await compilePlugin({ entry });
    const { timings, wasm } = await compilePlugin({ entry });
    console.log(
      `warm build ${timings.total.toFixed(1)} ms (bundle ${timings.bundle.toFixed(1)}, evaluate ${timings.evaluate.toFixed(1)}, emit ${timings.emit.toFixed(1)}), ${wasm.length} bytes`,
    );
    expect(timings.total).toBeCloseTo(timings.bundle + timings.evaluate + timings.emit, 3);
  });
});
