import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const here = import.meta.dirname;

/** What TypeScript says of a plugin's source, with the settings of the template's own tsconfig.json. */
function errorsIn(source: string): string[] {
  const file = join(here, 'plugin.ts');
  const template = join(here, '../../sdk/templates/typescript');
  const { config } = ts.readConfigFile(join(template, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['plugin.ts'] }, ts.sys, here);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => (path === file ? source : readFile(path));
  host.fileExists = (path) => path === file || fileExists(path);
  const { getSourceFile } = host;
  host.getSourceFile = (path, target) => (path === file ? ts.createSourceFile(path, source, target) : getSourceFile(path, target));
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const plugin = (hook: string): string => `import { definePlugin, replace } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'typed',
  version: '1.0.0',
  capabilities: { http: ['api.example.com'] },
  async onRequest(frame, ctx) {
    if (frame.kind === 'binary') return;
    ${hook}
    return replace(frame.text);
  },
});`;

/** Every global of docs/guest.md, used as one would. */
const EVERYTHING = `
    console.table([{ a: 1 }], ['a']);
    console.log('%s', frame.text);
    const bytes: Uint8Array = new TextEncoder().encode(frame.text);
    const text: string = new TextDecoder('utf-16le', { fatal: true }).decode(bytes, { stream: true });
    const url = new URL('/x?y=1', 'https://api.example.com');
    url.searchParams.append('z', text);
    const pairs: [string, string][] = [...url.searchParams, ...new Headers({ accept: '*/*' })];
    const response: Response = await fetch(url, { method: 'POST', headers: pairs, body: JSON.stringify(pairs) });
    if (response.ok) ctx.log.info(await response.text());
    const hash: ArrayBuffer = await crypto.subtle.digest('SHA-256', bytes);
    const id: string = crypto.randomUUID() + btoa(atob('aGk=')) + crypto.getRandomValues(new Uint8Array(4)).length;
    const copy: { readonly a: Date } = structuredClone({ a: new Date(0) });
    const controller = new AbortController();
    controller.signal.addEventListener('abort', (event) => ctx.log.info(event.type), { once: true });
    controller.abort(new DOMException('late', 'AbortError'));
    new EventTarget().dispatchEvent(new Event('x'));
    queueMicrotask(() => ctx.log.info([hash.byteLength, id, copy.a, performance.now()].join()));`;

describe("a plugin's types", { timeout: 120_000 }, () => {
  it('know every global that a guest has', () => {
    expect(errorsIn(plugin(EVERYTHING))).toEqual([]);
  });

  it('know none that it has not', () => {
    const missing = [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'WebSocket',
      'XMLHttpRequest',
      'process',
      'Buffer',
      'require',
      'window',
      'document',
      'localStorage',
      'Request',
      'ReadableStream',
      'Blob',
      '__dirname',
    ];
    const errors = errorsIn(plugin(missing.map((name) => `void ${name};`).join('\n')));
    expect(errors.map((error) => /^Cannot find name '(\w+)'/.exec(error)?.[1] ?? error)).toEqual(missing);
  });

  it.each([
    [`crypto.subtle.digest('MD5', new Uint8Array());`, /'"MD5"'/],
    [`crypto.subtle.encrypt('AES', key, data);`, /Property 'encrypt' does not exist/],
    [`fetch('https://a.example', { signal: new AbortController().signal });`, /'signal' does not exist/],
    [`fetch('https://a.example', { body: { a: 1 } });`, /'a' does not exist|not assignable/],
    [`AbortSignal.timeout(5);`, /Property 'timeout' does not exist/],
    ['(await fetch("https://a.example")).body;', /Property 'body' does not exist/],
  ])('refuse %s', (hook, message) => {
    expect(errorsIn(plugin(hook)).join('\n')).toMatch(message);
  });
});
