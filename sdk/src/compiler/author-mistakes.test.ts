import { describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from './compile.js';
import { SourcePositions } from './source-position.js';

const plugin = (hook: string, before = ''): string =>
  `import { definePlugin, replace } from '@framegate/sdk';\n${before}\nexport const plugin = definePlugin({ name: 'm', version: '1.0.0',\n  onRequest(frame, ctx) {\n${hook}\n  } });`;

const configured = (properties: string): string =>
  `import { definePlugin } from '@framegate/sdk';\nexport const plugin = definePlugin({ name: 'm', version: '1.0.0', config: { type: 'object', properties: ${properties} as never }, onRequest() {} });`;

/** What a mistake in a hook says, with the positions of the source. */
async function failureOf(source: string, payload: string | Uint8Array = 'x'): Promise<string> {
  const { wasm, sourceMap } = await compilePlugin({ source, resolveDir: import.meta.dirname });
  const { failure } = new AbiV1Host(new WebAssembly.Module(wasm)).run('on_request_message', payload);
  return new SourcePositions(sourceMap).mapStack(failure ?? 'no failure');
}

/** `where`: the line of the source in which it happens; undefined where the engine knows none. */
interface Mistake {
  readonly what: string;
  readonly source: string;
  readonly says: RegExp;
  readonly where?: string;
}

const HOOK_LINE = 'plugin.ts:5:';

const AT_RUN: readonly Mistake[] = [
  {
    what: 'a hook that returns a string',
    source: plugin(`return 'text' as never;`),
    says: /on_request_message returned a string; return a verdict/,
  },
  {
    what: 'setTimeout',
    source: plugin(`setTimeout(() => {}, 5);`),
    says: /setTimeout is not defined: there are no timers inside a plugin\. Keep the time in ctx\.state/,
    where: HOOK_LINE,
  },
  {
    what: 'a promise that nothing settles',
    source: plugin(`return new Promise<never>(() => {});`),
    says: /a promise that is never settled: inside a plugin only microtasks run/,
  },
  {
    what: 'a state value without a JSON form',
    source: plugin(`ctx.state.set('k', (() => 1) as never);`),
    says: /state\.set\("k"\): a function has no JSON form/,
    where: HOOK_LINE,
  },
  {
    what: 'a state value with a cycle',
    source: plugin(`const a: any = {}; a.a = a; ctx.state.set('k', a);`),
    says: /circular/i,
    where: HOOK_LINE,
  },
  {
    what: 'something thrown that is no Error',
    source: plugin(`throw { code: 42 };`),
    says: /\{ code: 42 \} was thrown, which has no stack trace: throw an Error/,
  },
  {
    what: 'undefined, thrown',
    source: plugin(`throw undefined;`),
    says: /^Error: undefined was thrown, which has no stack trace: throw an Error/,
  },
  {
    what: 'a symbol, thrown',
    source: plugin(`throw Symbol('odd');`),
    says: /^Error: Symbol\(odd\) was thrown/,
  },
  {
    what: 'a proxy that answers nothing, thrown',
    source: plugin(
      `throw new Proxy({}, { get() { throw new Error('no'); }, getPrototypeOf() { throw new Error('no'); }, ownKeys() { throw 1; } });`,
    ),
    says: /^Error: something was thrown that cannot be shown, for reading it throws/,
  },
  {
    what: 'a proxy that was revoked, thrown',
    source: plugin(`const { proxy, revoke } = Proxy.revocable(new Error('gone'), {}); revoke(); throw proxy;`),
    says: /^Error: something was thrown that cannot be shown, for reading it throws/,
  },
  {
    what: 'an error whose stack cannot be read',
    source: plugin(`const e = new Error('told'); Object.defineProperty(e, 'stack', { get() { throw new Error('no'); } }); throw e;`),
    says: /^Error: told$/,
  },
  {
    what: 'an error whose message cannot be read',
    source: plugin(`const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw new Error('no'); } }); throw e;`),
    says: /^Error: \(its message cannot be read\)/,
    where: HOOK_LINE,
  },
  {
    what: 'an error whose name and message are no texts',
    source: plugin(`const e: any = new Error('x'); e.name = Symbol('n'); e.message = { why: 1 }; throw e;`),
    says: /^Symbol\(n\): \{ why: 1 \}/,
    where: HOOK_LINE,
  },
  {
    what: 'an object that cannot be made a text',
    source: plugin(`throw { get a() { throw new Error('no'); } };`),
    says: /^Error: something was thrown that cannot be shown/,
  },
  {
    what: 'an error whose message has megabytes',
    source: plugin(`throw new TypeError('not a function '.repeat(350_000));`),
    says: /^TypeError: (not a function ){100}.*… \(5240000 more characters\)\n.*plugin\.ts:5:/s,
  },
  {
    what: 'a recursion without end',
    source: plugin(`const f = (n: number): number => 1 + f(n + 1);\nf(0);`),
    says: /Maximum call stack size exceeded: look for a function that calls itself/,
    where: HOOK_LINE,
  },
  { what: 'JSON.parse of junk', source: plugin(`JSON.parse('{junk');`), says: /SyntaxError: .*JSON at position 1/, where: HOOK_LINE },
  {
    what: 'process.env',
    source: plugin(`return replace(process.env.HOME!);`),
    says: /process is not defined: Node's own objects do not exist.*config/,
    where: HOOK_LINE,
  },
  { what: 'Buffer', source: plugin(`return replace(Buffer.from('a'));`), says: /Buffer is not defined: .*Uint8Array/, where: HOOK_LINE },
  {
    what: 'a frame that is a number',
    source: plugin(`return replace(7 as never);`),
    says: /a frame is a string \(text\) or a Uint8Array \(binary\), not a number/,
  },
  {
    what: 'an error with a cause',
    source: plugin(`try { JSON.parse('!'); } catch (cause) { throw new Error('no rules', { cause }); }`),
    says: /Error: no rules\n[\s\S]*Caused by: SyntaxError: [\s\S]*plugin\.ts:5:/,
    where: HOOK_LINE,
  },
  {
    what: 'an error after an await',
    source: `${plugin(`return later();`)}\nasync function later(): Promise<undefined> {\n  await null;\n  throw new Error('later');\n}`,
    says: /Error: later/,
    where: 'plugin.ts:9:',
  },
];

const AT_BUILD: readonly Mistake[] = [
  {
    what: 'no export',
    source: `import { definePlugin } from '@framegate/sdk';\ndefinePlugin({ name: 'm', version: '1.0.0', onRequest() {} });`,
    says: /the module exports nothing; it needs "plugin"/,
  },
  {
    what: "Node's fs",
    source: `import { readFileSync } from 'node:fs';\n${plugin(`return replace(readFileSync('x'));`)}`,
    says: /Could not resolve "node:fs".*Node's own modules do not exist inside a plugin/,
    where: 'plugin.ts:1:',
  },
  {
    what: 'require of a builtin',
    source: plugin(`return replace(fs.readFileSync('x'));`, `const fs = require('fs');`),
    says: /Could not resolve "fs".*Node's own modules/,
    where: 'plugin.ts:2:',
  },
  {
    what: 'ctx at the top level',
    source: plugin('', `ctx.state.get('k');`),
    says: /ctx is not defined: the context is the second parameter/,
    where: 'plugin.ts:2:',
  },
  {
    what: 'a configuration that is no schema',
    source: `import { definePlugin } from '@framegate/sdk';\nexport const plugin = definePlugin({ name: 'm', version: '1.0.0', config: { max: 5 } as never, onRequest() {} });`,
    says: /config is a JSON Schema of an object/,
    where: 'plugin.ts:2:',
  },
  {
    what: 'several files that are not there',
    source: `import './nope.js';\nimport './neither.js';\n${plugin('')}`,
    says: /^plugin\.ts:1:8: Could not resolve "\.\/nope\.js": there is no such file: correct the path\nalso plugin\.ts:2:8: Could not resolve "\.\/neither\.js"\n/,
  },
  {
    what: 'an await at the top level',
    source: plugin('', 'await Promise.resolve();'),
    says: /the top level cannot await, .*: await inside a hook/,
    where: 'plugin.ts:2:',
  },
  {
    what: 'a type that JSON Schema has not',
    source: configured(`{ a: { type: 'integr' } }`),
    says: /^config\.properties\.a\.type is "integr", and must be one of .*"integer"/,
  },
  {
    what: 'a default that the schema refuses',
    source: configured(`{ a: { type: 'object', properties: { 'b/c d': { type: 'integer', default: 'x' } } } }`),
    says: /^config\.properties\.a\.properties\.b\/c d\.default is "x", which the schema beside it refuses: it must be integer/,
  },
  {
    what: 'a reference that leads nowhere',
    source: configured(`{ a: { $ref: '#/$defs/none' } }`),
    says: /^config is not a JSON Schema: can't resolve reference #\/\$defs\/none/,
  },
  {
    what: 'module.exports beside export',
    source: `${plugin('')}\nmodule.exports = { more: 1 };`,
    says: /module is not defined: a source has either/,
    where: 'plugin.ts:7:',
  },
];

describe('a mistake of an author says what, where and what to do', () => {
  it.each(AT_RUN)('in a hook: $what', async ({ source, says, where }) => {
    const failure = await failureOf(source);
    expect(failure).toMatch(says);
    if (where !== undefined) expect(failure).toContain(where);
  });

  it.each(AT_BUILD)('while it is built: $what', async ({ source, says, where }) => {
    const error = await compilePlugin({ source, resolveDir: import.meta.dirname }).catch((caught: unknown) => caught as Error);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(says);
    if (where !== undefined) expect((error as Error).message).toContain(where);
  });
});
