import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('swap-storm');
});
afterEach(() => rm(folder, { recursive: true }));

const CLIENTS = 64;
const IN_FLIGHT = 8;
const SWAPS = 17;

/** Counts every frame in both directions, by connection, and stamps it. */
const stamp = (version: number): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'stamp', version: '${version}.0.0', capabilities: { state: ['connection'] },
    onRequest: (frame, ctx) => sdk.replace(\`\${frame.text} ${version}:\${ctx.state.connection.add('in')}\`),
    onResponse: (frame, ctx) => sdk.replace(\`\${frame.text} ${version}:\${ctx.state.connection.add('out')}\`),
  }`);

/** Versions that must never take traffic. */
const BROKEN: readonly string[] = [
  `setup: () => { throw new Error('no luck'); }, onRequest: () => undefined`,
  `setup: () => { for (;;); }, onRequest: () => undefined`,
  `setup: () => { const all = []; for (;;) all.push(new Uint8Array(1_000_000).fill(1)); }, onRequest: () => undefined`,
  `guard: () => { throw new Error('no guard'); }, onRequest: () => undefined`,
];
const broken = (index: number): Promise<Uint8Array> =>
  buildPlugin(`{ name: 'stamp', version: '9.0.${index}', capabilities: { state: ['connection'] }, ${BROKEN[index % BROKEN.length]} }`);

/** Sends numbered messages, several in flight, until `done`; what came back, in its order. */
async function converse(client: WsClient, done: () => boolean): Promise<{ sent: number; received: string[] }> {
  let sent = 0;
  const received: string[] = [];
  const send = () => client.send(String(sent++));
  for (let index = 0; index < IN_FLIGHT; index++) send();
  while (received.length < sent) {
    received.push((await client.next()).toString());
    if (!done()) send();
  }
  return { sent, received };
}

describe('a plugin file that changes all the time under load', () => {
  it('costs no client a frame, an order or a count, whatever is in it', async () => {
    const file = join(folder, 'current', 'stamp.wasm');
    for (const name of ['a', 'b']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'stamp.wasm'), await stamp(1));
    }
    await symlink('a', join(folder, 'current'));
    const { url } = await startUpstream();
    const {
      url: gateway,
      host,
      log,
    } = await startHost(
      {
        plugins: { watchMs: 20, probation: { ms: 0 } },
        engine: { workers: 2 },
        routes: [{ name: 'up', path: '/up', backend: { kind: 'upstream', url }, plugins: [{ use: './current/stamp.wasm' }] }],
      },
      { folder },
    );
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(`${gateway}/up`)));
    let done = false;
    const conversations = clients.map((client) => converse(client, () => done));
    try {
      for (let swap = 2; swap <= SWAPS; swap++) {
        const turned = swap % 3 === 0 ? Promise.race([log.next('plugin-refused'), log.next('plugin-swapped')]) : log.next('plugin-swapped');
        if (swap % 3 === 0) await replaceFile(file, swap % 6 === 0 ? 'junk' : await broken(swap));
        else if (swap % 3 === 1) {
          await rm(file);
          await writeFile(file, await stamp(swap));
        } else {
          const next = swap % 2 === 0 ? 'b' : 'a';
          await writeFile(join(folder, next, 'stamp.wasm'), await stamp(swap));
          await symlink(next, join(folder, 'next'));
          await rename(join(folder, 'next'), join(folder, 'current'));
        }
        await turned;
      }
    } finally {
      done = true;
    }
    for (const { sent, received } of await Promise.all(conversations)) {
      expect(received).toHaveLength(sent);
      let newest = 0;
      for (const [index, message] of received.entries()) {
        const [, number, entered, into, left, out] = /^(\d+) (\d+):(\d+) (\d+):(\d+)$/.exec(message)?.map(Number) ?? expect.fail(message);
        expect([number, into, out]).toEqual([index, index + 1, index + 1]);
        expect(entered).toBeGreaterThanOrEqual(newest);
        expect(left).toBeGreaterThanOrEqual(entered ?? 0);
        newest = entered ?? 0;
      }
    }
    expect(log.lines.filter(({ message }) => ['worker-died', 'worker-killed'].includes(message))).toEqual([]);
    expect(host.plugins.list().get('up')?.[0]?.version).toBe(`17.0.0`);
  }, 120_000);
});
