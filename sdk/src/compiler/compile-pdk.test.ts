import createPlugin, { type ExtismPluginOptions, type Plugin } from '@extism/extism';
import { afterEach, describe, expect, it } from 'vitest';
import { compilePlugin } from './compile.js';
import { inspectModule } from './inspect.js';

const open: Plugin[] = [];

/** Compiles source text and runs it under the reference implementation of Extism. */
async function start(
  source: string,
  options: ExtismPluginOptions = {},
): Promise<(hook: string, input?: string | Uint8Array) => Promise<string>> {
  const { wasm } = await compilePlugin({ source, resolveDir: import.meta.dirname });
  const plugin = await createPlugin({ wasm: [{ data: wasm }] }, { useWasi: true, ...options });
  open.push(plugin);
  return async (hook, input = '') => (await plugin.call(hook, input))?.text() ?? '';
}

afterEach(async () => {
  for (const plugin of open.splice(0)) await plugin.close();
});

describe('a plain Extism plugin', () => {
  it('answers the Otoroshi ABI in JSON', async () => {
    const call = await start(`
      export function on_request_message() {
        const { message } = JSON.parse(Host.inputString());
        Host.outputString(JSON.stringify({ message: { kind: 'text', payload: '<' + message.payload + '>' } }));
        return 0;
      }
      export function on_response_message() {}
    `);
    const input = JSON.stringify({ message: { kind: 'text', payload: 'héllo €😀' } });
    expect(JSON.parse(await call('on_request_message', input))).toEqual({ message: { kind: 'text', payload: '<héllo €😀>' } });
    expect(await call('on_response_message', input)).toBe('');
  });

  it('is a standard module without our section and without our imports', async () => {
    const { wasm, manifest } = await compilePlugin({ source: 'export function on_request_message() {}', resolveDir: import.meta.dirname });
    const report = inspectModule(wasm);
    expect(manifest).toBeUndefined();
    expect(report.customSections).toEqual([]);
    expect(Object.keys(report.imports).sort()).toEqual(['extism:host/env', 'wasi_snapshot_preview1']);
    expect(report.imports.wasi_snapshot_preview1?.map(({ name }) => name).sort()).toEqual(['clock_time_get', 'random_get']);
    expect(report.exports.map(({ name }) => name)).toEqual(['memory', 'on_request_message']);
  });

  it('passes bytes in and out unchanged, of any length', async () => {
    const call = await start(`export function on_request_message() { Host.outputBytes(Host.inputBytes()); }`);
    for (const length of [0, 1, 7, 8, 9, 1000]) {
      const text = 'abcdefghij'.repeat(length / 10 + 1).slice(0, length);
      expect(await call('on_request_message', text)).toBe(text);
    }
  });

  it('keeps variables between calls, as text and as bytes', async () => {
    const call = await start(`export function on_request_message() {
      const n = Number(Var.getString('n') ?? 0) + 1;
      Var.set('n', String(n));
      const seen = Var.getBytes('b');
      Var.set('b', new Uint8Array([seen === null ? 0 : new Uint8Array(seen)[0]! + 1]));
      if (n === 3) Var.remove('n');
      Host.outputString(JSON.stringify([n, seen === null ? null : [...new Uint8Array(seen)], Var.getString('n'), Var.getString('none')]));
    }`);
    expect(await call('on_request_message')).toBe('[1,null,"1",null]');
    expect(await call('on_request_message')).toBe('[2,[0],"2",null]');
    expect(await call('on_request_message')).toBe('[3,[1],null,null]');
    expect(await call('on_request_message')).toBe('[1,[2],"1",null]');
  });

  it('reads its configuration', async () => {
    const call = await start(
      `export function on_request_message() { Host.outputString(JSON.stringify([Config.get('mode'), Config.get('none')])); }`,
      { config: { mode: 'strict' } },
    );
    expect(await call('on_request_message')).toBe('["strict",null]');
  });

  it('logs to the level that it names', async () => {
    const lines: string[] = [];
    const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
    const logger = {
      debug: at('debug'),
      info: at('info'),
      log: at('log'),
      warn: at('warn'),
      error: at('error'),
      trace: at('trace'),
    } as unknown as Console;
    const call = await start(
      `export function on_request_message() {
        console.log('%s is %d', 'x', 1, { a: [1, 'b'] }); console.debug('d'); console.warn(new Map([['k', 1n]])); console.error(null, undefined);
      }`,
      { logger, logLevel: 'trace' },
    );
    await call('on_request_message');
    expect(lines).toEqual(['info x is 1 { a: [ 1, "b" ] }', 'debug d', 'warn Map(1) { "k" => 1n }', 'error null undefined']);
  });

  it('reports an exception with its message and stack', async () => {
    const call = await start(`export function on_request_message() { explode(Host.inputString()); }
      function explode(text: string): never { throw new RangeError('boom ✓ ' + text); }`);
    await expect(call('on_request_message', 'now')).rejects.toThrow(/RangeError: boom ✓ now\n\s+at .*plugin\.js:\d+:\d+/);
  });

  it('reports what was thrown when it is no error', async () => {
    const call = await start(`export function on_request_message() { throw { code: 42 }; }`);
    await expect(call('on_request_message')).rejects.toThrow('{ code: 42 } was thrown');
  });

  it('reports endless recursion as an exception', async () => {
    const call = await start(`export function on_request_message() { const f = (n: number): number => 1 + f(n + 1); f(0); }`);
    await expect(call('on_request_message')).rejects.toThrow(/RangeError: Maximum call stack size exceeded/);
  });

  it('awaits a promise', async () => {
    const call = await start(`export async function on_request_message() {
      await null;
      const text = await Promise.resolve().then(() => Host.inputString());
      if (text === 'bad') throw new Error('async boom');
      Host.outputString('async ' + text);
    }`);
    expect(await call('on_request_message', 'x')).toBe('async x');
    await expect(call('on_request_message', 'bad')).rejects.toThrow('async boom');
  });

  it('says so when a promise can never settle', async () => {
    const call = await start(`export function on_request_message() { return new Promise(() => {}); }`);
    await expect(call('on_request_message')).rejects.toThrow('a promise that is never settled');
  });

  it('keeps host blocks apart: what Memory allocates can be read, found and freed', async () => {
    const call = await start(`export function on_request_message() {
      const text = Memory.fromString('hällo'); const number = Memory.allocFloat64(1.5); const json = Memory.fromJsonObject({ a: [1] });
      Host.outputString(JSON.stringify([text.readString(), Number(text.len), number.readFloat64(), json.readJsonObject(), Memory.find(text.offset).readString(), Memory.allocUInt64(2n ** 60n).readUInt64() === 2n ** 60n]));
      text.free();
    }`);
    expect(await call('on_request_message')).toBe('["hällo",6,1.5,{"a":[1]},"hällo",true]');
  });

  it('draws other random numbers in each instance, and reads the clock of now', async () => {
    const source = `const built = [Math.random(), Date.now(), performance.now()];
      export function on_request_message() { Host.outputString(JSON.stringify([Math.random(), crypto.randomUUID(), Date.now(), performance.now() < 1000])); }`;
    const before = Date.now();
    const [one, two] = [await start(source), await start(source)];
    const first = JSON.parse(await one('on_request_message')) as [number, string, number, boolean];
    const second = JSON.parse(await two('on_request_message')) as [number, string, number, boolean];
    expect(first[0]).not.toBe(second[0]);
    expect(first[1]).not.toBe(second[1]);
    expect(first[1]).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(first[2]).toBeGreaterThanOrEqual(before);
    expect([first[3], second[3]]).toEqual([true, true]);
  });
});
