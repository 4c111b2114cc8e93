import { describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { type CompiledPlugin, compilePlugin } from './index.js';

const compile = (expression: string): Promise<CompiledPlugin> =>
  compilePlugin({
    source: `import { definePlugin, replace } from '@framegate/sdk';
      export const plugin = definePlugin({ name: 'size', version: '1.0.0', onRequest: (frame) => replace(String(${expression})) });`,
    resolveDir: import.meta.dirname,
  });

const run = ({ wasm }: CompiledPlugin, payload = '') => new AbiV1Host(new WebAssembly.Module(wasm)).run('on_request_message', payload);

describe('what a module carries', () => {
  it('is no source: a function does not tell its text', async () => {
    const plugin = await compile(`((secretly: number) => secretly + 40404)(1)`);
    expect(Buffer.from(plugin.wasm).includes('secretly + 40404')).toBe(false);
    expect(run(plugin).records[0]?.text).toBe('40405');
    expect(run(await compile(`(() => 40404).toString()`)).records[0]?.text).toContain('[native code]');
  });

  it("is the engine's compiler only if the source names eval or Function", async () => {
    const [plain, evaluating] = await Promise.all([compile(`frame.text`), compile(`new Function('a', 'return a * 2')(frame.text)`)]);
    expect(run(evaluating, '21').records[0]?.text).toBe('42');
    expect(evaluating.wasm.length - plain.wasm.length).toBeGreaterThan(80_000);
  });

  it('refuses to compile without it in plain words, and goes on', async () => {
    const plugin = await compile(`frame.text === 'go' ? (() => 1).constructor('return 7')() : frame.text`);
    const host = new AbiV1Host(new WebAssembly.Module(plugin.wasm));
    expect(host.run('on_request_message', 'go').failure).toMatch(/^TypeError: eval is not supported.* name `Function` or `eval`/);
    expect(host.run('on_request_message', 'stay').records[0]?.text).toBe('stay');
  });

  it.each(['TextDecoder', 'console', 'crypto', 'structuredClone', 'Host'])('is %s only if the source names it', async (name) => {
    const [before = '', after = ''] = [name.slice(0, 2), name.slice(2)];
    expect(run(await compile(`typeof globalThis['${before}' + frame.text]`), after).records[0]?.text).toBe('undefined');
    expect(run(await compile(`typeof ${name}`)).records[0]?.text).toMatch(/^(?:function|object)$/);
  });
});
