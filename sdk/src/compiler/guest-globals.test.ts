import { describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from './compile.js';

/** Evaluates an expression inside a hook and returns it as JSON does. */
async function evaluate(expression: string): Promise<unknown> {
  const { wasm } = await compilePlugin({
    source: `import { definePlugin, replace } from '@framegate/sdk';
      export const plugin = definePlugin({ name: 'globals', version: '1.0.0', onRequest: () => replace(JSON.stringify(${expression}) ?? 'undefined') });`,
    resolveDir: import.meta.dirname,
  });
  const { records, failure } = new AbiV1Host(new WebAssembly.Module(wasm)).run('on_request_message');
  if (failure !== undefined) throw new Error(failure);
  return JSON.parse(records[0]?.text ?? 'null');
}

describe('the globals of a plugin', () => {
  it('encode and decode UTF-8', async () => {
    expect(
      await evaluate(`(() => {
        const bytes = new TextEncoder().encode('aé€😀');
        const small = new Uint8Array(6);
        const decoder = new TextDecoder();
        return {
          bytes: [...bytes],
          into: new TextEncoder().encodeInto('aé€😀', small),
          text: new TextDecoder().decode(bytes),
          cut: new TextDecoder().decode(bytes.subarray(0, 2)),
          stream: decoder.decode(bytes.subarray(0, 8), { stream: true }) + decoder.decode(bytes.subarray(8)),
          lone: [...new TextEncoder().encode('a' + '😀'.slice(0, 1))],
          mark: new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])),
          real: new TextDecoder('utf-8', { fatal: true }).decode(new TextEncoder().encode('\\ufffd')),
        };
      })()`),
    ).toEqual({
      bytes: [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80],
      into: { read: 3, written: 6 },
      text: 'aé€😀',
      cut: 'a\ufffd',
      stream: 'aé€😀',
      lone: [0x61, 0xef, 0xbf, 0xbd],
      mark: 'a',
      real: '\ufffd',
    });
  });

  it('refuse bytes that are not UTF-8 when told to', async () => {
    await expect(evaluate(`new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0x61, 0xff]))`)).rejects.toThrow(
      'TypeError: the encoded data is not valid UTF-8',
    );
    await expect(evaluate(`new TextDecoder('latin1')`)).rejects.toThrow('RangeError: TextDecoder: inside a plugin there is UTF-8 only');
  });

  it('fill typed arrays with random bytes', async () => {
    expect(await evaluate(`crypto.getRandomValues(new Uint8Array(64)).some((byte) => byte !== 0)`)).toBe(true);
    await expect(evaluate(`crypto.getRandomValues(new Uint8Array(65537))`)).rejects.toThrow('at most 65536 bytes');
  });

  it('clone structures with their cycles', async () => {
    expect(
      await evaluate(`(() => {
        const value: any = { date: new Date(5), map: new Map([[1, { a: [1] }]]), bytes: new Uint8Array([1, 2]), error: new RangeError('x') };
        value.self = value;
        const copy = structuredClone(value);
        return [copy !== value, copy.self === copy, copy.date.getTime(), copy.map.get(1), copy.map.get(1) !== value.map.get(1), [...copy.bytes], copy.error instanceof RangeError, copy.error.message];
      })()`),
    ).toEqual([true, true, 5, { a: [1] }, true, [1, 2], true, 'x']);
  });

  it('have base64, microtasks and the usual names', async () => {
    expect(
      await evaluate(
        `[atob(btoa('hi')), typeof queueMicrotask, self === globalThis, typeof console.groupCollapsed, Object.keys(globalThis).filter((key) => key.includes('framegate'))]`,
      ),
    ).toEqual(['hi', 'function', true, 'function', []]);
  });
});
