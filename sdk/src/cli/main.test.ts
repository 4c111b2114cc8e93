import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framegate as runFramegate } from '../../../test/support/framegate-cli.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-cli-'));
  await writeFile(
    join(folder, 'guard.ts'),
    `import { definePlugin } from '@framegate/sdk';
    export const plugin = definePlugin({
      name: 'guard', version: '2.0.1', description: 'Guards.', capabilities: { state: ['room'] },
      config: { type: 'object', required: ['mode'], properties: { max: { type: 'integer', default: 140, description: 'Characters.' }, mode: { enum: ['a', 'b'] }, words: { type: 'array', items: { type: 'string' } } } },
      onRequest() {},
    });`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const framegate = (...args: string[]) => runFramegate(folder, ...args);

describe('framegate', () => {
  it('builds a plugin and then shows what it is', async () => {
    const built = await framegate('build', 'guard.ts', '-o', 'out/guard.wasm');
    expect(built.err).toBe('');
    expect(built.out).toMatch(/^built guard 2\.0\.1 → out\/guard\.wasm {2}\d+\.\d KiB \(brotli \d+\.\d KiB\) in \d+ ms\n$/);
    expect((await stat(join(folder, 'out/guard.wasm.map'))).isFile()).toBe(true);

    const shown = await framegate('inspect', 'out/guard.wasm');
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^guard 2\.0\.1$/m);
    expect(shown.out).toMatch(/^ABI +framegate v1$/m);
    expect(shown.out).toMatch(/^ {2}state +a memory for each room$/m);
    expect(shown.out).toMatch(/^size +\d+\.\d KiB \(code \d+\.\d KiB, data \d+\.\d KiB, manifest \d+ B, other \d+\.\d KiB\)$/m);
    expect(shown.out).toMatch(/^signature +none/m);
    expect(shown.out).toMatch(/^ {2}max {2}integer · default 140\n {4}Characters\.$/m);
    expect(shown.out).toMatch(/^ {2}mode {2}"a" \| "b" · required$/m);
    expect(shown.out).toMatch(/^ {2}words {2}string\[\]$/m);

    const json = await framegate('inspect', 'out/guard.wasm', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ abi: 'framegate', signature: 'none', manifest: { name: 'guard' } });
  });

  it('puts the module beside the entry when no file is named', async () => {
    expect((await framegate('build', 'guard.ts', '--no-minify')).code).toBe(0);
    expect((await stat(join(folder, 'guard.wasm'))).isFile()).toBe(true);
  });

  it.each([
    [['build', 'nowhere.ts'], 'there is no file "nowhere.ts"'],
    [['inspect', 'nowhere.wasm'], 'nowhere.wasm: there is no such file'],
    [['inspect', '.'], '.: this is a folder'],
    [['inspect', 'guard.ts'], 'guard.ts: this is not a WebAssembly module'],
    [['inspect'], "missing required argument 'file'"],
    [['build', 'guard.ts', '--time-limit', 'soon'], 'It takes a number of seconds up to 86400.'],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('ends with 1 and plain words: %j', async (args, message) => {
    const { code, err } = await framegate(...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it.each(['guard.ts', 'package.json'])('never overwrites %s with a module', async (out) => {
    await writeFile(join(folder, 'package.json'), '{}');
    const before = await readFile(join(folder, out), 'utf8');
    const { code, err } = await framegate('build', 'guard.ts', '-o', out);
    expect({ code, err }).toEqual({
      code: 1,
      err: `error ${out} is there already and is no Wasm module: name another file with -o, or remove this one\n`,
    });
    expect(await readFile(join(folder, out), 'utf8')).toBe(before);
  });

  it('says in plain words that a module cannot be written', async () => {
    await mkdir(join(folder, 'taken.wasm.map/inside'), { recursive: true });
    for (const [out, says] of [
      ['taken.wasm.map', 'taken.wasm.map is a folder: name a file to write'],
      ['/dev/full', '/dev/full is a device: name a file to write'],
      ['guard.ts/x.wasm', 'guard.ts/x.wasm: part of this path is a file, not a folder'],
      ['taken.wasm', 'taken.wasm.map: this is a folder, not a file'],
    ] as const) {
      const { code, err } = await framegate('build', 'guard.ts', '-o', out);
      expect({ code, err }).toEqual({ code: 1, err: `error ${says}\n` });
    }
  });

  it.each([
    ['new', 'the folder has no name'],
    ['keys', 'the keys have no name'],
  ])('takes no empty name: %s', async (command, message) => {
    for (const name of ['', ' ']) {
      const { code, err } = await framegate(command, name);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) });
    }
  });

  it('ends a top level that does not end by itself', async () => {
    await writeFile(join(folder, 'loop.ts'), 'for (;;);\nexport function on_request_message() {}');
    const { code, err } = await framegate('build', 'loop.ts', '--time-limit', '0.2');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error loop.ts: the top level ran for more than 0.2 s: look for a loop that does not end\n',
    });
  });

  it('says that it does not check types', async () => {
    expect((await framegate('build', '--help')).out).toMatch(/TypeScript types are stripped, not checked/);
  });

  it('shows the place of a syntax error', async () => {
    await writeFile(join(folder, 'bad.ts'), 'export function on_request_message( {');
    const { code, err } = await framegate('build', 'bad.ts');
    expect(code).toBe(1);
    expect(err).toContain('error bad.ts:1:');
    expect(err).toContain('> 1 | export function on_request_message( {');
  });
});
