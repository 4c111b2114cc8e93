import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '@framegate/sdk/abi';
import { concatBytes, encodeName, MANIFEST_SECTION, readSections, SECTION, writeSections } from '@framegate/sdk/abi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validatePluginConfig } from '../../host/src/config/plugin-config.js';
import { HostError } from '../../host/src/errors.js';
import { createLogger } from '../../host/src/logger.js';
import { framegate } from '../support/framegate-cli.js';
import { assemble as guest } from '../support/guests/engine-guests.js';
import { killAfterEach, startHostProcess } from '../support/host-process.js';
import { startHost, stopAfterEach } from '../support/hosts.js';
import { replaceFile, temporaryFolder } from '../support/plugin-files.js';
import { assemble, manifestOf } from '../support/wat-guest.js';
import { WsClient } from '../support/ws-client.js';

stopAfterEach();
killAfterEach();

const RED = '\x1b[31mowned\x1b[0m\x9b31m\u202e';
/** What a terminal would obey, line breaks and tabs apart. */
const OBEYED = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const MANIFEST = manifestOf(['on_connect', 'on_request_message', 'on_response_message', 'on_disconnect'], {
  name: 'puppet',
  capabilities: { state: ['plugin', 'connection'], http: [] },
});

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('hostile-manifest');
});
afterEach(() => rm(folder, { recursive: true }));

/** A module that runs, with this text as its manifest. */
function pluginOf(manifest: string): Uint8Array {
  const data = concatBytes([Uint8Array.from(encodeName(MANIFEST_SECTION)), new TextEncoder().encode(manifest)]);
  return writeSections([...readSections(guest('engine-puppet.wat')), { id: SECTION.custom, data }]);
}

const withMembers = (members: object): string => JSON.stringify({ ...MANIFEST, ...members });
const plugins = [{ use: './plugin.wasm' }];

async function refusal(manifest: string): Promise<HostError> {
  await writeFile(join(folder, 'plugin.wasm'), pluginOf(manifest));
  const error = await startHost({ routes: [{ plugins }] }, { folder }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
}

/** A schema that takes for ever: exponential in the default that it is applied to. */
const ENDLESS: JsonObject = { properties: { a: { type: 'string', pattern: '^(a+)+$', default: `${'a'.repeat(60)}!` } } };

describe('a manifest that is meant to harm', () => {
  it.each([
    ['of many megabytes', withMembers({ description: 'a'.repeat(20_000_000) }), 'has 20000'],
    ['nested without end', `{"name":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'nests its JSON deeper than 64 levels'],
    ['with a hundred thousand hooks', withMembers({ hooks: Array(20_000).fill('on_request_message') }), 'hooks is ["on_request_message"'],
    ['whose prototype says it all', `{"__proto__":${withMembers({})}}`, 'abi is missing'],
    ['with a schema that takes for ever', withMembers({ config: ENDLESS }), 'schema that takes more than 2000 ms'],
    ['with a schema that leads back to itself', withMembers({ config: { $ref: '#' } }), "schema that can't be applied: Maximum call stack"],
    [
      'with a schema of ten thousand parts',
      withMembers({
        config: {
          properties: Object.fromEntries(
            Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { type: 'string', minLength: 1, default: 'x' }]),
          ),
        },
      }),
      'schema that takes more than 2000 ms',
    ],
  ])('%s is refused with a short message', async (_what, manifest, wanted) => {
    const { code, message } = await refusal(manifest);
    expect(code).toBe('PLUGIN_INVALID');
    expect(message).toContain(wanted);
    expect(message.length).toBeLessThan(2_000);
  });

  it('gets nothing into the prototype of all objects', () => {
    const config = JSON.parse(
      '{"properties":{"__proto__":{"properties":{"polluted":{"default":1}}},"constructor":{"properties":{"prototype":{"properties":{"polluted":{"default":1}}}}},"toString":{"default":2}}}',
    ) as JsonObject;
    const manifest = { ...MANIFEST, config };
    validatePluginConfig('puppet', manifest, {});
    validatePluginConfig('puppet', manifest, JSON.parse('{"__proto__":{},"constructor":{"prototype":{}}}') as JsonObject);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect({}.toString()).toBe('[object Object]');
  });

  it('is refused when it is put in the place of one that runs, and frames go on', async () => {
    const file = join(folder, 'plugin.wasm');
    await writeFile(file, pluginOf(withMembers({})));
    const { url, log } = await startHost(
      { routes: [{ path: '/chat', plugins: [{ use: './plugin.wasm', config: { me: 'a' } }] }] },
      { folder },
    );
    const client = await WsClient.open(`${url}/chat`);
    for (const manifest of [withMembers({ version: '2.0.0', config: ENDLESS }), `{"name":${'['.repeat(200_000)}${']'.repeat(200_000)}}`]) {
      const refused = log.next('plugin-refused');
      await replaceFile(file, pluginOf(manifest));
      expect((await refused).fields).toMatchObject({ code: 'PLUGIN_INVALID' });
      client.send('arstill here');
      for (let message = await client.next(); message !== 'still here'; message = await client.next());
    }
    client.socket.terminate();
  });
});

it('shows which hosts a plugin calls only if they are granted', async () => {
  const capabilities = { state: [], http: ['api.example.com'], httpOptional: ['*.example.org', '*:*'] };
  await writeFile(join(folder, 'plugin.wasm'), pluginOf(withMembers({ capabilities })));
  const { out } = await framegate(folder, 'inspect', 'plugin.wasm');
  expect(out).toMatch(/^ {2}network +api\.example\.com, \*\.example\.org \(if granted\), \*:\* \(if granted\)$/m);
  const json = await framegate(folder, 'inspect', 'plugin.wasm', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ manifest: { capabilities } });
});

describe('what a plugin says of itself', () => {
  it('is obeyed by no terminal when it is inspected', async () => {
    const config = { properties: { [RED]: { type: RED, default: RED, description: `${RED}\nname  another` } } };
    await writeFile(join(folder, 'plugin.wasm'), pluginOf(withMembers({ description: `${RED}\nABI  another`, config })));
    const exported = assemble(`(module (memory (export "memory") 1) (func (export "${'\\1b[31mowned\\c2\\9b31m'}")))`);
    await writeFile(join(folder, 'exports.wasm'), exported);
    for (const args of [['plugin.wasm'], ['plugin.wasm', '--json'], ['exports.wasm'], ['exports.wasm', '--json']]) {
      const { code, out } = await framegate(folder, 'inspect', ...args);
      expect(code).toBe(0);
      expect(out).toContain('owned');
      expect(out).not.toMatch(OBEYED);
      expect(out.match(/^ABI /gm)?.length ?? 1).toBe(1);
    }
  });

  it('is obeyed by none when it is refused, and does not fill the screen', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `(func (export "\\1b[31mowned${index}${'x'.repeat(200)}"))`).join('');
    await writeFile(join(folder, 'plugin.wasm'), assemble(`(module (memory (export "memory") 1) ${names})`));
    const host = await startHostProcess(folder, { config: { server: { port: 0 }, routes: [{ plugins }] } });
    expect(await host.exited).toBe(1);
    expect(host.stderr()).toMatch(/PLUGIN_INVALID.*exported functions: \\u001b\[31mowned0x.* and 2980 more/);
    expect(host.stderr()).not.toMatch(OBEYED);
    expect(host.stderr().length).toBeLessThan(10_000);
  });

  it('forges no line of the log and colours nothing there', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => lines.push(line) });
    const message = `${RED}"}\n{"level":"error","msg":"forged"}\r\n\u2028`;
    logger.info({ plugin: 'a', message }, 'plugin log');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028]/u);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message });
  });
});
