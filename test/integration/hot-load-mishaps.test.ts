import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { TestHttpServer } from '../support/http-server.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('hot-load-mishaps');
});
afterEach(() => rm(folder, { recursive: true }));

const stamp = (name: string, version: string, body = `sdk.replace('${version} ' + frame.text)`): Promise<Uint8Array> =>
  buildPlugin(`{ name: '${name}', version: '${version}', capabilities: { state: ['connection'] }, onRequest: (frame) => ${body} }`);

async function ask(client: WsClient, message: string): Promise<string> {
  client.send(message);
  return (await client.next()).toString();
}

describe('plugin files', () => {
  it('are watched on while an installed package is missing for a while', async () => {
    const installed = join(folder, 'node_modules', 'framegate-plugin-other');
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, 'package.json'), '{ "name": "framegate-plugin-other", "version": "1.0.0" }');
    await writeFile(join(installed, 'plugin.wasm'), await stamp('other', '1.0.0'));
    const file = join(folder, 'stamp.wasm');
    await writeFile(file, await stamp('stamp', '1.0.0'));
    const { url } = await startUpstream();
    const { log, url: gateway } = await startHost(
      {
        plugins: { watchMs: 10 },
        routes: [
          {
            name: 'up',
            path: '/up',
            backend: { kind: 'upstream', url },
            plugins: [{ use: 'framegate-plugin-other' }, { use: './stamp.wasm' }],
          },
        ],
      },
      { folder },
    );
    const client = await connect(`${gateway}/up`);
    await rename(installed, `${installed}-gone`);
    await replaceFile(file, await stamp('stamp', '2.0.0'));
    await log.next('plugin-swapped');
    expect(await ask(client, 'a')).toBe('2.0.0 1.0.0 a');
    await rename(`${installed}-gone`, installed);
    await replaceFile(join(installed, 'plugin.wasm'), await stamp('other', '2.0.0'));
    await log.next('plugin-swapped');
    expect(await ask(client, 'b')).toBe('2.0.0 2.0.0 b');
  });
});

describe('a version on probation', () => {
  it('is not blamed for frames that the version before it fails on', async () => {
    const file = join(folder, 'stamp.wasm');
    const server = await TestHttpServer.start();
    const { url } = await startUpstream();
    const hooks = (version: string, body: string) =>
      buildPlugin(
        `{ name: 'stamp', version: '${version}', capabilities: { state: ['connection'], http: ['${server.host}'] }, onRequest: async (frame) => { ${body} } }`,
      );
    try {
      await writeFile(file, await hooks('1.0.0', `await fetch('${server.url}'); throw new Error('broken');`));
      const plugin = { use: './stamp.wasm', onFault: 'open' as const, http: { hosts: [server.host], allowPrivate: true } };
      const {
        url: gateway,
        host,
        log,
      } = await startHost(
        {
          plugins: { watchMs: 0, probation: { faults: 2 } },
          routes: [{ name: 'up', path: '/up', backend: { kind: 'upstream', url }, plugins: [plugin] }],
        },
        { folder },
      );
      const clients = await Promise.all(Array.from({ length: 4 }, () => connect(`${gateway}/up`)));
      for (const client of clients) client.send('waits');
      await server.arrived(3);
      await replaceFile(file, await hooks('2.0.0', `return sdk.replace('2.0.0 ' + frame.text);`));
      await host.plugins.load('up', 'stamp');
      for (const { response } of server.received) response.end();
      for (const client of clients) expect(await ask(client, 'next')).toBe('waits');
      await host.plugins.close();
      expect(log.lines.filter(({ message }) => message === 'plugin-rolled-back')).toEqual([]);
      for (const client of clients) expect(await client.next()).toBe('2.0.0 next');
    } finally {
      await server.close();
    }
  });
});
