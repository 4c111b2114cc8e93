import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePlugin } from './compile.js';
import { CompileError } from './compile-error.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function failure(source: string, timeLimitMs?: number): Promise<CompileError> {
  const entry = join(folder, 'source.ts');
  await writeFile(entry, source);
  return compilePlugin({ entry, ...(timeLimitMs === undefined ? {} : { timeLimitMs }) }).then(
    () => Promise.reject(new Error('it was compiled')),
    (error: unknown) => {
      if (error instanceof CompileError) return error;
      throw error;
    },
  );
}

const PLUGIN = (definition: string): string =>
  `import { definePlugin } from '@framegate/sdk';\nexport const plugin = definePlugin(${definition} as never);`;

describe('compilePlugin', () => {
  it('tells what a failed build has read, and what it has looked for in vain', async () => {
    await writeFile(join(folder, 'helper.ts'), `export const half = ;`);
    await writeFile(join(folder, 'entry.ts'), `import './helper.js'; import './gone.js'; import './more';`);
    const read = new Set<string>();
    await expect(compilePlugin({ entry: join(folder, 'entry.ts'), reads: (file) => read.add(file) })).rejects.toThrow(CompileError);
    const names = [...read].map((file) => relative(folder, file));
    expect(names).toEqual(expect.arrayContaining(['entry.ts', 'helper.ts', 'gone.js', 'gone.ts', 'more.ts', 'more.json', 'more/index.ts']));
    expect(names.filter((name) => name.startsWith('..'))).toEqual([]);
    const gone = join(folder, 'nothing.ts');
    read.clear();
    await expect(compilePlugin({ entry: gone, reads: (file) => read.add(file) })).rejects.toThrow('there is no file');
    expect([...read]).toEqual([gone]);
  });
});

describe('compilePlugin refuses', () => {
  it('a syntax error, with its place and the lines around it', async () => {
    const error = await failure('export function on_request_message() {\n  const é = 1; const x = ;\n}\n');
    expect(error.kind).toBe('syntax');
    expect(error.location).toEqual({ file: 'source.ts', line: 2, column: 26 });
    expect(error.message).toBe(
      [
        'source.ts:2:26: Unexpected ";"',
        '',
        '  1 | export function on_request_message() {',
        '> 2 |   const é = 1; const x = ;',
        '    |                          ^',
        '  3 | }',
        '  4 |',
      ].join('\n'),
    );
  });

  it('an import that cannot be resolved', async () => {
    const error = await failure(`import { x } from 'no-such-package';\nexport const on_request_message = () => x;`);
    expect(error).toMatchObject({ kind: 'resolve', location: { file: 'source.ts', line: 1, column: 19 } });
    expect(error.message).toContain('Could not resolve "no-such-package": install the package');
  });

  it('a source that throws while it is evaluated, with the place in the source', async () => {
    const error = await failure(
      `type Row = { a: number };\nfunction first(rows: Row[]): number {\n  return rows[0]!.a;\n}\nexport const n = first([]);\nexport function on_request_message() {}`,
    );
    expect(error).toMatchObject({ kind: 'top-level', location: { file: 'source.ts', line: 3, column: 10 } });
    expect(error.message).toContain("TypeError: cannot read property 'a' of undefined");
    expect(error.message).toContain('> 3 |   return rows[0]!.a;');
  });

  it.each([
    [`const mode = Config.get('mode');`, 'Config.get()', 'config_get'],
    [`Var.set('a', 'b');`, 'Var.set()', 'var_set'],
    ['const input = Host.inputString();', 'Host.inputString()', 'input_length'],
  ])('a call into the host at the top level: %s', async (line, called, name) => {
    const error = await failure(`${line}\nexport function on_request_message() {}`);
    expect(error).toMatchObject({ kind: 'host-call', location: { file: 'source.ts', line: 1 } });
    expect(error.message).toContain(called);
    expect(error.message).toContain(`(extism:host/env ${name})`);
    expect(error.message).toContain('move it into a hook');
  });

  it.each([
    ['export const plugin = { name: "x" };', /export "plugin" is .*object, not the value that definePlugin returned/],
    ['export const on_request_message = 5;', /export "on_request_message" is a number, not a function/],
    [
      `import { definePlugin } from '@framegate/sdk';\nexport const guard = definePlugin({ name: 'x', version: '1.0.0', onRequest() {} });`,
      /export "guard" is a definePlugin\(…\) value/,
    ],
  ])('an export of the wrong shape, by name: %s', async (source, message) => {
    const error = await failure(source);
    expect(error.kind).toBe('shape');
    expect(error.message).toMatch(message);
  });

  const DEFINED = `import { definePlugin } from '@framegate/sdk';\nconst one = { name: 'x', version: '1.0.0', onRequest() {} };\n`;

  it.each([
    [
      `${DEFINED}// export default\nexport default definePlugin(one);`,
      4,
      /export "default" is a definePlugin\(…\) value: export it under the name "plugin"/,
    ],
    [`${DEFINED}export const guard = definePlugin(one);`, 3, /export "guard" is a definePlugin/],
    [`${DEFINED}const guard = definePlugin(one);\n\nexport { one, guard as shield };`, 5, /export "shield" is a definePlugin/],
    [
      `${DEFINED}export const plugin = definePlugin(one);\nexport default definePlugin(one);`,
      4,
      /export "default" is .* beside "plugin": a module is one plugin/,
    ],
    [`${DEFINED}export const plugin = definePlugin(one);\nexport function on_connect() {}`, 4, /both "plugin" and "on_connect"/],
    [`${DEFINED}export const $a = one;\nexport const plugin = one;`, 4, /export "plugin" is an object/],
    ['const a = 1;\nexport const answer = a;', 2, /the module exports answer/],
    ['console.log("no exports");', 1, /the module exports nothing/],
  ])('an export of the wrong shape at its line: %s', async (source, line, message) => {
    for (const timeLimitMs of [undefined, 10_000]) {
      const error = await failure(source, timeLimitMs);
      expect(error).toMatchObject({ kind: 'shape', location: { file: 'source.ts', line } });
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(new RegExp(`> ${line} \\| `));
    }
  });

  it('takes one plugin under two names', async () => {
    await expect(failure(`${DEFINED}export const plugin = definePlugin(one);\nexport default plugin;`)).rejects.toThrow('it was compiled');
  });

  it.each([
    ['for (;;);\nexport function on_request_message() {}'],
    [`${DEFINED}export const plugin = definePlugin(one);\nconst again = () => Promise.resolve().then(again);\nagain();`],
  ])('a top level that does not end, once its time is over: %s', async (source) => {
    const error = await failure(source, 100);
    expect(error.kind).toBe('top-level');
    expect(error.message).toBe('source.ts: the top level ran for more than 0.1 s: look for a loop that does not end');
  });

  it.each([
    ['export const answer = 42;', /the module exports answer; it needs "plugin"/],
    ['console.log("no exports");', /the module exports nothing; it needs "plugin"/],
    [PLUGIN(`{ name: 'x', version: '1.0.0' }`), /neither onRequest nor onResponse is there/],
  ])('a source without a hook: %s', async (source, message) => {
    expect((await failure(source)).message).toMatch(message);
  });

  it('a definition with a wrong name, at the line that defines it', async () => {
    const error = await failure(PLUGIN(`{ name: 'Bad Name', version: '1.0.0', onRequest() {} }`));
    expect(error).toMatchObject({ kind: 'top-level', location: { file: 'source.ts', line: 2 } });
    expect(error.message).toContain('name is "Bad Name"');
  });

  it('a mistake in source given as text, with the lines around it', async () => {
    const error = await compilePlugin({ source: 'let a = 1;\nlet a = 2;\n', resolveDir: folder }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'syntax', location: { file: 'plugin.ts', line: 2, column: 5 } });
    expect((error as CompileError).message).toContain('  1 | let a = 1;\n> 2 | let a = 2;');
  });

  it('a folder that is not there', async () => {
    const error = await compilePlugin({ source: '', resolveDir: join(folder, 'nowhere') }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'entry', message: expect.stringContaining('nowhere') });
  });

  it('an entry file that is not there', async () => {
    const error = await compilePlugin({ entry: join(folder, 'nowhere.ts') }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'entry', message: expect.stringContaining('nowhere.ts') });
  });
});
