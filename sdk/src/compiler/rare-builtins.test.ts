import { describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from './compile.js';
import { loadCore } from './core.js';
import { CORE_VARIANTS } from './core-variant.js';
import { RARE_BUILTINS } from './rare-builtins.js';

/** What a plugin answers whose hook evaluates `expression`; a comment in front may name what is not to be left out. */
async function answer(expression: string, payload = '', names = ''): Promise<string | undefined> {
  const { wasm } = await compilePlugin({
    source: `import { definePlugin, replace } from '@framegate/sdk';
      const named = ${JSON.stringify(names)};
      export const plugin = definePlugin({ name: 'rare', version: '1.0.0', onRequest: (frame) => replace(String(${expression}) + (frame.text === 'name them' ? named : '')) });`,
    resolveDir: import.meta.dirname,
  });
  const { failure, records } = new AbiV1Host(new WebAssembly.Module(wasm)).run('on_request_message', payload);
  return failure ?? records[0]?.text;
}

/** Many answers as one number. */
const DIGEST = `((answers) => { let hash = 0; for (const text of answers) for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0; return hash; })`;
const EVERY = `Array.from({ length: 0x20000 }, (_, point) => String.fromCodePoint(point))`;

describe('a rare built-in', () => {
  it('is there as soon as the source names it', async () => {
    expect(await answer(`'e\\u0301'.normalize('NFC') === '\\u00e9' && 'a'.localeCompare('b')`)).toBe('-1');
    expect(await answer(`[Math.sin(0), Math.hypot(3, 4), Math.atan2(0, 1)].join()`)).toBe('0,5,0');
    expect(await answer(`[3, 1].toSorted().concat(...new Set([1]).union(new Set([2])))`)).toBe('1,3,1,2');
    expect(await answer(`Object.keys(Object.groupBy(['x', 'y'], (one) => one))`)).toBe('x,y');
    expect(await answer(`new DataView(new ArrayBuffer(8)).getFloat64(0) + Reflect.ownKeys({ a: 1 }).length`)).toBe('1');
    expect(await answer(`Uint8Array.fromBase64('AQI=').toHex() + BigInt.asIntN(8, 255n)`)).toBe('0102-1');
    expect(await answer(`new Proxy({}, { get: (_, key) => key }).hello`)).toBe('hello');
  });

  it('is missing altogether if nothing names it, and nothing but that', async () => {
    const gone = `[typeof ''[frame.text.slice(0, 9)], typeof Math[frame.text.slice(9, 12)], typeof globalThis[frame.text.slice(12)]]`;
    expect(await answer(gone, 'normalizesinReflect')).toBe('undefined,undefined,undefined');
    expect(await answer(gone, 'normalizesinReflect', 'normalize Reflect')).toBe('function,undefined,object');
    expect(await answer(gone, 'toUpperCamaxObject')).toBe('undefined,function,function');
  });

  it('stays where source is compiled at run time', async () => {
    expect(await answer(`new Function('return typeof Reflect + typeof "".normalize')()`)).toBe('objectfunction');
  });

  it.each(CORE_VARIANTS)('has its function known in the core %s', async (variant) => {
    const { builtins } = (await loadCore(variant)).info.graph;
    const known = new Set(builtins.flatMap(({ names }) => names));
    expect([...known].filter((name) => !RARE_BUILTINS.includes(name))).toEqual([]);
    expect([...known]).toEqual(expect.arrayContaining(['normalize', 'localeCompare', 'sin', 'union', 'toBase64', 'setFloat64']));
  });
});

describe('what stays of the engine', () => {
  const ALL = RARE_BUILTINS.join(' ');
  it.each([
    ['upper case', `${DIGEST}(${EVERY}.map((char) => char.toUpperCase()))`],
    ['lower case', `${DIGEST}(${EVERY}.map((char) => char.toLowerCase()))`],
    ['words, any case', `${DIGEST}(${EVERY}.map((char) => (/[\\wà-þ]/iu.test(char) ? char : '')))`],
    ['properties', `${DIGEST}(${EVERY}.map((char) => (/\\p{Script=Greek}|\\p{Lu}|\\p{Emoji}|\\p{ID_Start}/u.test(char) ? char : '')))`],
    [
      'properties of a pattern that is made at run time',
      `${DIGEST}(${EVERY}.filter((char, point) => point % 61 === 0 && new RegExp('\\\\p{Ll}', 'u').test(char)))`,
    ],
    ['blanks', `${DIGEST}(${EVERY}.map((char) => char.trim()))`],
    [
      'numbers as text',
      `${DIGEST}(Array.from({ length: 4000 }, (_, at) => String(1.1 ** (at - 2000)) + (at / 7).toFixed(3) + (at * 9973).toString(36)))`,
    ],
    ['text as numbers', `${DIGEST}(Array.from({ length: 4000 }, (_, at) => String(Number(at + 'e' + ((at % 600) - 300)))))`],
    [
      'logarithms and powers',
      `${DIGEST}(Array.from({ length: 2000 }, (_, at) => String(Math.log(at) + Math.log2(at + 1) + Math.log10(at + 1) + Math.exp(-at / 99) + at ** 0.3)))`,
    ],
    [
      'dates',
      `${DIGEST}(Array.from({ length: 2000 }, (_, at) => new Date(at * 86_399_999_111).toISOString() + Date.parse('2024-01-0' + ((at % 9) + 1))))`,
    ],
    [
      'messages of errors',
      `[() => JSON.parse('{'), () => null.x, () => missing, () => new RegExp('(')].map((run) => { try { run(); } catch (error) { return String(error); } })`,
    ],
  ])('gives the same %s without the rest', { timeout: 60_000 }, async (_what, expression) => {
    const [trimmed, whole] = [await answer(expression), await answer(expression, '', ALL)];
    expect(trimmed).toBe(whole);
    expect(trimmed).not.toMatch(/Error: .*\n/);
  });
});
