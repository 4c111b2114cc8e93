import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { connect, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin, replaceFile, temporaryFolder } from '../support/plugin-files.js';
import type { WsClient } from '../support/ws-client.js';

stopAfterEach();

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('reload-storm');
});
afterEach(() => rm(folder, { recursive: true }));

const CLIENTS = 12;
const IN_FLIGHT = 8;
const ROUNDS = 6;

/** Counts each connection's frames, and hangs on those that tell it to. */
const counts = (version: number): Promise<Uint8Array> =>
  buildPlugin(`{
    name: 'counts', version: '${version}.0.0', capabilities: { state: ['connection'] },
    onRequest(frame, ctx) {
      const count = ctx.state.connection.add('n');
      if (frame.text.startsWith('hang')) for (;;);
      return sdk.replace(frame.text + ' ' + count);
    },
  }`);
const passes = `{ name: 'passes', version: '1.0.0', capabilities: { state: ['room'] }, onRequest: () => sdk.pass() }`;

/** Numbered messages, several in flight; now and then, where it is told to, one that hangs. */
class Conversation {
  readonly received: string[] = [];
  readonly sent: string[] = [];
  hangs = 0;
  readonly #client: WsClient;

  constructor(client: WsClient) {
    this.#client = client;
  }

  async run(done: () => boolean): Promise<void> {
    for (let index = 0; index < IN_FLIGHT; index++) this.#send();
    while (this.received.length < this.sent.length) {
      this.received.push((await this.#client.next()).toString());
      if (!done()) this.#send();
    }
  }

  #send(): void {
    const hang = this.hangs > 0;
    if (hang) this.hangs -= 1;
    const message = `${hang ? 'hang' : 'm'}${this.sent.length}`;
    this.sent.push(message);
    this.#client.send(message);
  }
}

it('kills, reloads of the configuration and new versions at the same time cost a frame that hangs its count, and nothing else', async () => {
  const file = join(folder, 'counts.wasm');
  await writeFile(file, await counts(1));
  await writeFile(join(folder, 'passes.wasm'), await buildPlugin(passes));
  const { url: upstream } = await startUpstream();
  const configOf = (round: number): HostConfigInput => {
    const backend = { kind: 'upstream' as const, url: upstream };
    const limits = { deadlineMs: 1_000 + round, fuel: 0 };
    const plugins = [{ use: './counts.wasm', onFault: 'open' as const, limits }, ...(round % 2 === 0 ? [] : [{ use: './passes.wasm' }])];
    const more = round % 3 === 0 ? [] : [{ name: 'more', path: '/more', backend, plugins: [{ use: './passes.wasm' }] }];
    return {
      server: { port: 0 },
      plugins: { watchMs: 0, probation: { ms: 0 } },
      engine: { workers: 2, standbys: 2, breaker: { kills: 1_000_000 } },
      routes: [{ name: 'up', path: '/up', backend, plugins }, ...more],
    };
  };
  const { url, host, log } = await startHost(configOf(0), { folder });
  const conversations = await Promise.all(Array.from({ length: CLIENTS }, async () => new Conversation(await connect(`${url}/up`))));
  let done = false;
  const talking = Promise.all(conversations.map((conversation) => conversation.run(() => done)));
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [index, conversation] of conversations.entries()) if (index % 6 === round % 6) conversation.hangs += 1;
      await replaceFile(file, await counts(round + 1));
      // both at once, in the middle of a kill
      await Promise.all([log.next('worker-killed'), host.reload(configOf(round)), host.plugins.load('up', 'counts')]);
    }
  } finally {
    done = true;
  }
  await talking;
  for (const { sent, received } of conversations) {
    let count = 0;
    const expected = sent.map((message) => (message.startsWith('hang') ? message : `${message} ${++count}`));
    expect(received).toEqual(expected);
    expect(sent.length).toBeGreaterThan(IN_FLIGHT);
  }
  const hung = conversations.flatMap(({ sent }) => sent.filter((message) => message.startsWith('hang')));
  expect(hung.length).toBe((CLIENTS / 6) * ROUNDS);
  expect(log.lines.filter(({ message }) => message === 'worker-died')).toEqual([]);
  expect(host.plugins.list().get('up')?.[0]?.version).toBe(`${ROUNDS + 1}.0.0`);
}, 120_000);
