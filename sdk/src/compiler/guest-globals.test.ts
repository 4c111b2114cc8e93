import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from './compile.js';

/** A module that answers with an expression's value, as JSON; in the expression, `frame` is the payload. */
async function start(expression: string): Promise<AbiV1Host> {
  const { wasm } = await compilePlugin({
    source: `import { definePlugin, replace } from '@framegate/sdk';
      export const plugin = definePlugin({
        name: 'globals',
        version: '1.0.0',
        onRequest: async (frame) => replace(JSON.stringify(await (${expression})) ?? 'undefined'),
      });`,
    resolveDir: import.meta.dirname,
  });
  return new AbiV1Host(new WebAssembly.Module(wasm));
}

function answer(host: AbiV1Host, payload: string | Uint8Array = ''): unknown {
  const { records, failure } = host.run('on_request_message', payload);
  if (failure !== undefined) throw new Error(failure);
  const { text = 'undefined' } = records[0] ?? {};
  return text === 'undefined' ? undefined : JSON.parse(text);
}

const evaluate = async (expression: string): Promise<unknown> => answer(await start(expression));

describe('TextEncoder and TextDecoder of a plugin', () => {
  it('encode into what is there, whole characters only', async () => {
    expect(
      await evaluate(`[
        new TextEncoder().encodeInto('aé€😀', new Uint8Array(6)),
        [...new TextEncoder().encode('a' + '😀'.slice(0, 1))],
        new TextEncoder().encode().length,
      ]`),
    ).toEqual([{ read: 3, written: 6 }, [0x61, 0xef, 0xbf, 0xbd], 0]);
  });

  it.each(['utf-8', 'utf-16le', 'utf-16be'])("decode any bytes as Node's do, in pieces too: %s", async (label) => {
    const host = await start(`(() => {
      const { bytes } = frame;
      const decoders = [{}, { fatal: true }, { ignoreBOM: true }].map((options) => new TextDecoder('${label}', options));
      const whole = decoders.map((decoder) => { try { return decoder.decode(bytes); } catch (error) { return error.name; } });
      const [pieces] = decoders;
      let text = '';
      for (let at = 0; at < bytes.length; at += 3) text += pieces.decode(bytes.subarray(at, at + 3), { stream: true });
      return [whole, text + pieces.decode()];
    })()`);
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xef, 0xbb, 0xbf, 0xfe, 0xff, 0xf0, 0x9f, 0x98, 0x80, 0xd8, 0x3d, 0xde, 0xe0, 0xed, 0xf4, 0xc2, 0x61),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 24 }).chain((base) => fc.tuple(fc.constant(base), fc.array(byte, { maxLength: 24 }))),
        ([base, more]) => {
          const bytes = Uint8Array.from([...more, ...base]);
          const expected = [{}, { fatal: true }, { ignoreBOM: true }].map((options) => {
            try {
              return new TextDecoder(label, options).decode(bytes);
            } catch (error) {
              return (error as Error).name;
            }
          });
          expect(answer(host, bytes)).toEqual([expected, expected[0]]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('decode latin1 as the web does, which is windows-1252', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const text = answer(await start(`new TextDecoder('latin1').decode(frame.bytes)`), bytes) as string;
    expect(text.slice(0x80, 0xa0)).toBe('€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ');
    expect(text.slice(0, 0x80) + text.slice(0xa0)).toBe(Buffer.from([...bytes.slice(0, 0x80), ...bytes.slice(0xa0)]).toString('latin1'));
  });

  it('say what cannot be decoded', async () => {
    await expect(evaluate(`new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0x61, 0xff]))`)).rejects.toThrow(
      'TypeError: the encoded data is not valid UTF-8',
    );
    await expect(evaluate(`new TextDecoder('shift_jis')`)).rejects.toThrow(
      'RangeError: TextDecoder: inside a plugin there is utf-8, utf-16le, utf-16be, windows-1252, not "shift_jis"',
    );
    expect(await evaluate(`[new TextDecoder(' ASCII ').encoding, new TextDecoder('UTF-16').encoding]`)).toEqual([
      'windows-1252',
      'utf-16le',
    ]);
  });
});

describe('crypto of a plugin', () => {
  it('fills typed arrays with random bytes', async () => {
    expect(await evaluate(`crypto.getRandomValues(new Uint8Array(64)).some((byte) => byte !== 0)`)).toBe(true);
    await expect(evaluate(`crypto.getRandomValues(new Uint8Array(65537))`)).rejects.toThrow('at most 65536 bytes');
    await expect(evaluate(`crypto.getRandomValues(new Float64Array(1))`)).rejects.toThrow('a typed array of integers');
  });

  it.each(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'])('digests any bytes as Node does: %s', async (name) => {
    const host = await start(`crypto.subtle.digest('${name.toLowerCase()}', frame.bytes).then((hash) => [...new Uint8Array(hash)])`);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(answer(host, bytes)).toEqual([...createHash(name.replace('-', '')).update(bytes).digest()]);
      }),
      { numRuns: 60 },
    );
  });

  it('names the digests that there are', async () => {
    await expect(evaluate(`crypto.subtle.digest('MD5', frame.bytes)`)).rejects.toThrow(
      'NotSupportedError: crypto.subtle.digest: there is SHA-1, SHA-256, SHA-384, SHA-512, not "MD5"',
    );
  });
});

describe('structuredClone of a plugin', () => {
  it('keeps structures with their cycles', async () => {
    expect(
      await evaluate(`(() => {
        const value: any = { date: new Date(5), map: new Map([[1, { a: [1] }]]), bytes: new Uint8Array([1, 2]), error: new RangeError('x') };
        value.self = value;
        const copy = structuredClone(value);
        return [copy !== value, copy.self === copy, copy.date.getTime(), copy.map.get(1), copy.map.get(1) !== value.map.get(1), [...copy.bytes], copy.error instanceof RangeError, copy.error.message];
      })()`),
    ).toEqual([true, true, 5, { a: [1] }, true, [1, 2], true, 'x']);
  });

  it('refuses what has no copy', async () => {
    await expect(evaluate(`structuredClone({ f() {} })`)).rejects.toThrow('DataCloneError: structuredClone: a function cannot be cloned');
  });
});

describe('events of a plugin', () => {
  it('reach their listeners, in order, once if so wished, and on after one that throws', async () => {
    const host = await start(`(() => {
      const seen: unknown[] = [];
      const target = new EventTarget();
      const controller = new AbortController();
      target.addEventListener('a', (event) => { seen.push(['one', event.type, event.target === target]); event.preventDefault(); }, { once: true });
      target.addEventListener('a', () => { throw new Error('not mine'); });
      target.addEventListener('a', { handleEvent: () => { seen.push('object'); } }, { signal: controller.signal });
      const first = target.dispatchEvent(new Event('a', { cancelable: true }));
      controller.abort();
      const second = target.dispatchEvent(new Event('a'));
      return [first, second, seen];
    })()`);
    expect(answer(host)).toEqual([false, true, [['one', 'a', true], 'object']]);
    expect(host.logs[0]).toMatch(/^error: a listener threw: Error: not mine\n\s+at /);
  });

  it('tell of an abort, with its reason', async () => {
    expect(
      await evaluate(`(() => {
        const seen: unknown[] = [];
        const controller = new AbortController();
        const any = AbortSignal.any([new AbortController().signal, controller.signal]);
        controller.signal.onabort = () => seen.push('property');
        any.addEventListener('abort', () => seen.push('any ' + any.reason.name));
        controller.abort();
        controller.abort('again');
        try { any.throwIfAborted(); } catch (error) { seen.push(error.code); }
        return [seen, AbortSignal.abort('why').reason, controller.signal.aborted];
      })()`),
    ).toEqual([['property', 'any AbortError', 20], 'why', true]);
    await expect(evaluate(`AbortSignal.timeout(5)`)).rejects.toThrow('there are no timers inside a plugin');
  });
});

describe('Headers of a plugin', () => {
  it.each([
    `[['B', ' 2 '], ['a', '1'], ['b', '3'], ['Set-Cookie', 'x'], ['set-cookie', 'y']]`,
    `{ 'Content-Type': 'text/plain', 'x-a': 'é' }`,
    `[]`,
  ])("are read as Node's are: %s", async (init) => {
    const read = `(() => { const headers = new Headers(${init}); headers.append('X-B', 'z'); headers.set('A', 'new'); headers.delete('nothing');
      return [[...headers], headers.get('b'), headers.has('x-a'), headers.getSetCookie(), [...new Headers(headers).keys()]]; })()`;
    expect(await evaluate(read)).toEqual(new Function(`return ${read}`)());
  });

  it('refuse what is no header', async () => {
    await expect(evaluate(`new Headers({ 'a b': 'c' })`)).rejects.toThrow('TypeError: Headers: "a b" is no header name');
    await expect(evaluate(`new Headers({ a: 'x\\r\\ny: z' })`)).rejects.toThrow('TypeError: Headers: the value of a has a line break');
  });
});

describe('URL of a plugin', () => {
  it('is there', async () => {
    expect(
      await evaluate(
        `(() => { const url = new URL('/a?b=1', 'https://EXAMPLE.com:443'); url.searchParams.set('c', 'ü'); return [url, url.host]; })()`,
      ),
    ).toEqual(['https://example.com/a?b=1&c=%C3%BC', 'example.com']);
  });
});

describe('console of a plugin', () => {
  it('writes groups, tables, counts, times and assertions', async () => {
    const host = await start(`(() => {
      console.group('outer'); console.log('line\\nline'); console.groupEnd(); console.groupEnd();
      console.table([{ a: 1, b: 'x' }, { a: 22 }, 7]); console.table('none'); console.table({ r: { a: 1, b: 2 } }, ['b']);
      console.count(); console.count('k'); console.count(); console.countReset(); console.count();
      console.time('t'); console.timeLog('t', { now: true }); console.timeEnd('t'); console.timeEnd('t');
      console.assert(true, 'no'); console.assert(false, '%s!', 'yes'); console.dir({ deep: { er: { and: { so: { on: 1 } } } } });
    })()`);
    answer(host);
    expect(host.logs.map((line) => line.replace(/\d+ ms/, '# ms'))).toEqual([
      'info: outer',
      'info:   line\n  line',
      'info: (index) │ a  │ b │ Values\n────────┼────┼───┼───────\n0       │ 1  │ x │\n1       │ 22 │   │\n2       │    │   │ 7',
      'info: none',
      'info: (index) │ b\n────────┼──\nr       │ 2',
      'info: default: 1',
      'info: k: 1',
      'info: default: 2',
      'info: default: 1',
      'info: t: # ms { now: true }',
      'info: t: # ms',
      'info: there is no timer "t"',
      'error: Assertion failed: yes!',
      'info: { deep: { er: { and: { so: [Object] } } } }',
    ]);
  });

  it('tells where a trace was asked for', async () => {
    const host = await start(`(() => { const here = () => { console.trace('why'); }; here(); here(); })()`);
    answer(host);
    expect(host.logs[0]).toMatch(/^debug: Trace: why\n\s+at here \(plugin\.js:\d+:\d+\)/);
  });

  it('bounds what one entry says', async () => {
    const host = await start(`(() => {
      const wide: any = Array.from({ length: 500 }, (_, n) => ({ n, all: Array.from({ length: 500 }, (_, m) => ({ m })) }));
      console.log(wide); console.log('x'.repeat(100_000)); console.error(new Error('y'.repeat(100_000))); console.log(new Map(wide.entries()));
      console.table(wide); for (let n = 0; n < 1000; n++) console.group(); console.log('deep');
    })()`);
    answer(host);
    for (const line of host.logs) expect(line.length).toBeLessThan(17_000);
    expect(host.logs[0]).toContain('… 400 more');
    expect(host.logs[1]).toMatch(/^info: x+… \(90000 more characters\)$/);
    expect(host.logs.at(-1)).toBe(`info: ${' '.repeat(40)}deep`);
  });
});

describe('the other globals of a plugin', () => {
  let missing: AbiV1Host;
  beforeAll(async () => {
    missing = await start(`typeof globalThis[frame.text]`);
  });

  it('are base64 with the errors of the web, microtasks and the usual names', async () => {
    expect(
      await evaluate(
        `[atob(btoa('hi')), atob(' aG k= '), self === globalThis, Object.keys(globalThis).filter((key) => key.includes('framegate')),
          [() => btoa('€'), () => atob('*')].map((call) => { try { return call(); } catch (error) { return [error.name, error.code, error instanceof DOMException]; } }),
          new Promise((resolve) => queueMicrotask(() => resolve('later'))), performance.now() >= 0]`.replace(/new Promise\(.*\)\),/, ''),
      ),
    ).toEqual([
      'hi',
      'hi',
      true,
      [],
      [
        ['InvalidCharacterError', 5, true],
        ['InvalidCharacterError', 5, true],
      ],
      true,
    ]);
    expect(await evaluate(`new Promise((resolve) => queueMicrotask(() => resolve('later')))`)).toBe('later');
  });

  it.each(['setTimeout', 'setInterval', 'process', 'require', 'Buffer', 'Intl', 'WebAssembly'])('are without %s', (name) => {
    expect(answer(missing, name)).toBe('undefined');
  });
});
