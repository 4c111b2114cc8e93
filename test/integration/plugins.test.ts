import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostConfigInput } from '../../host/src/index.js';
import { guarded, loopAtStart, puppet } from '../support/guests/engine-guests.js';
import { connect, type RunningHost, startHost, startUpstream, stopAfterEach } from '../support/hosts.js';
import { buildPlugin } from '../support/plugin-files.js';

stopAfterEach();

type RouteInput = NonNullable<HostConfigInput['routes']>[number];
type PluginInput = NonNullable<RouteInput['plugins']>[number];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-plugins-'));
  await writeFile(join(folder, 'puppet.wasm'), puppet('a').wasm);
  await writeFile(join(folder, 'guarded.wasm'), guarded({}).wasm);
  await writeFile(join(folder, 'loop.wasm'), loopAtStart('c').wasm);
});

afterAll(() => rm(folder, { recursive: true }));

/** A plugin that does what frames tell it; see engine-puppet.wat. It greets everybody with "hello". */
function puppetPlugin(name: string, rest: Partial<PluginInput> = {}): PluginInput {
  return { use: './puppet.wasm', name, config: { me: name }, ...rest };
}

async function startWith(plugins: PluginInput[], backend?: RouteInput['backend'], rest: HostConfigInput = {}): Promise<RunningHost> {
  const upstream = backend ?? { kind: 'upstream' as const, url: (await startUpstream()).url };
  return startHost({ ...rest, routes: [{ path: '/up', backend: upstream, plugins }] }, { folder });
}

describe('frames pass through the plugins', () => {
  it('runs on_connect before anything else reaches the client', async () => {
    const upstream = await startUpstream((socket) => socket.send('from upstream'));
    const { url } = await startWith([puppetPlugin('a')], { kind: 'upstream', url: upstream.url });
    const client = await connect(`${url}/up`);
    expect(await client.take(2)).toEqual(['hello', 'from upstream']);
  });

  it('replaces, drops, doubles and answers in order', async () => {
    const { url } = await startWith([puppetPlugin('a')]);
    const client = await connect(`${url}/up`);
    for (const message of ['plain', 'auchanged', 'adgone', 'axtwo', 'end']) client.send(message);
    expect(await client.take(6)).toEqual(['hello', 'plain', 'changed', 'two', 'two', 'end']);
    client.send('aranswer');
    expect(await client.next()).toBe('answer');
  });

  it('lets no frame that the plugin does not want overtake one that it has', async () => {
    const { url } = await startWith([
      { use: './guarded.wasm', config: { on_request_message: { smallBytes: 2 }, on_response_message: { smallBytes: 2 } } },
    ]);
    const client = await connect(`${url}/up`);
    const messages = Array.from({ length: 300 }, (_, index) => 'x'.repeat(1 + ((index * 7) % 4)) + index);
    for (const message of [...messages, 'ok']) client.send(message);
    expect((await client.take(301)).map(String)).toEqual([...messages, 'ok']);
  });

  it('closes both sides with the code of the plugin, after what it has said', async () => {
    const upstream = await startUpstream();
    const accepted = upstream.nextSocket();
    const { url } = await startWith([puppetPlugin('a')], { kind: 'upstream', url: upstream.url });
    const client = await connect(`${url}/up`);
    const socket = await accepted;
    const upstreamClosed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, reason.toString()])));
    client.send('ak');
    client.send('too late');
    expect(await client.closed).toEqual({ code: 3001, reason: 'as asked' });
    expect(await upstreamClosed).toEqual([3001, 'as asked']);
  });

  it('closes on a rejected frame only with rejectStrategy close', async () => {
    const { url } = await startWith([puppetPlugin('a'), puppetPlugin('b', { rejectStrategy: 'close' })]);
    const client = await connect(`${url}/up`);
    client.send('aj');
    client.send('kept');
    expect(await client.take(3)).toEqual(['hello', 'hello', 'kept']);
    client.send('bj');
    expect(await client.closed).toEqual({ code: 3002, reason: 'as asked' });
  });

  it('tells a chat client that its frame was dropped when a closed plugin failed, and goes on', async () => {
    const { url, log } = await startWith([puppetPlugin('a')], { kind: 'chat' });
    const client = await connect(`${url}/up`);
    client.send('at');
    client.send(JSON.stringify({ type: 'who' }));
    const heard = [];
    do heard.push(await client.next());
    while (!String(heard.at(-1)).includes('"no_room"'));
    const notices = heard.filter((message) => String(message).includes('"notice"')).map((message) => JSON.parse(String(message)));
    expect(notices).toEqual([{ type: 'notice', code: 'PLUGIN_TRAP', content: 'plugin a failed; the message was dropped' }]);
    expect(log.lines.some(({ level, fields }) => level === 'warn' && (fields as { fault?: string }).fault === 'PLUGIN_TRAP')).toBe(true);
  });

  it('tells the client of an upstream that its frame was dropped, unless the route says that it must not', async () => {
    const { url } = await startWith([puppetPlugin('a')]);
    const told = await connect(`${url}/up`);
    told.send('at');
    told.send('plain');
    const [, notice, after] = await told.take(3);
    expect(JSON.parse(String(notice))).toEqual({
      type: 'notice',
      code: 'PLUGIN_TRAP',
      content: 'plugin a failed; the message was dropped',
    });
    expect(after).toBe('plain');

    const silent = await startWith([puppetPlugin('a')], { kind: 'upstream', url: (await startUpstream()).url, notices: false });
    const client = await connect(`${silent.url}/up`);
    client.send('at');
    client.send('plain');
    expect(await client.take(2)).toEqual(['hello', 'plain']);
  });

  it('has its own notices translated by the response hooks, in their place among the other frames', async () => {
    const dialect = `{ name: 'dialect', version: '1.0.0', onResponse: (frame) => {
      if (frame.text.includes('no word')) throw new Error('lost for words');
      return sdk.replace('<' + frame.text + '>');
    } }`;
    await writeFile(join(folder, 'dialect.wasm'), await buildPlugin(dialect));
    const { url, host } = await startWith([{ use: './dialect.wasm' }, puppetPlugin('a')], {
      kind: 'chat',
    });
    const client = await connect(`${url}/up`);
    client.send('at');
    const heard: string[] = [];
    do heard.push(String(await client.next()));
    while (!heard.at(-1)?.includes('PLUGIN_TRAP'));
    expect(heard.at(-1)).toBe('<{"type":"notice","code":"PLUGIN_TRAP","content":"plugin a failed; the message was dropped"}>');
    void host.drain();
    while (!heard.at(-1)?.includes('draining')) heard.push(String(await client.next()));
    expect(heard.at(-1)).toMatch(/^<\{.*\}>$/);
  });

  it('has its own notices go out as they are where the response hooks fail on them', async () => {
    const dialect = `{ name: 'dialect', version: '1.0.0', onRequest: () => { throw new Error('lost'); }, onResponse: () => { throw new Error('for words'); } }`;
    await writeFile(join(folder, 'dialect.wasm'), await buildPlugin(dialect));
    const { url } = await startWith([{ use: './dialect.wasm' }]);
    const client = await connect(`${url}/up`);
    client.send('x');
    expect(await client.nextJson()).toMatchObject({ type: 'notice', content: 'plugin dialect failed; the message was dropped' });
  });

  it('kills a plugin that loops; the frames behind it, and of others, arrive in order', async () => {
    const backend = { kind: 'upstream' as const, url: (await startUpstream()).url, notices: false };
    const { url } = await startWith([puppetPlugin('a', { limits: { deadlineMs: 250, fuel: 0 } })], backend);
    const client = await connect(`${url}/up`);
    const other = await connect(`${url}/up`);
    const count = 50;
    client.send('one');
    client.send('al');
    for (let index = 0; index < count; index++) {
      client.send(`mine ${index}`);
      other.send(`other ${index}`);
    }
    expect(await client.take(2 + count)).toEqual(['hello', 'one', ...Array.from({ length: count }, (_, index) => `mine ${index}`)]);
    expect(await other.take(1 + count)).toEqual(['hello', ...Array.from({ length: count }, (_, index) => `other ${index}`)]);
  });

  it('settles what has come in before a graceful stop closes: what reached the upstream was answered', async () => {
    const heard: string[] = [];
    const upstream = await startUpstream((socket) => socket.on('message', (data) => heard.push(data.toString())));
    const { host, url } = await startWith([puppetPlugin('a')], { kind: 'upstream', url: upstream.url });
    const client = await connect(`${url}/up`);
    await client.next();
    const answers: string[] = [];
    const drained = new Promise<void>((resolve) => {
      client.socket.on('message', (data) => {
        if (answers.push(data.toString()) === 1) resolve(host.drain());
      });
    });
    for (let index = 0; index < 200; index++) client.send(`ar${index}`);
    expect((await client.closed).code).toBe(1001);
    await drained;
    expect(answers.length).toBeGreaterThan(0);
    expect(answers).toEqual(answers.map((_, index) => `${index}`));
    expect(heard).toEqual(answers.map((answer) => `ar${answer}`));
  });
});

describe('order', () => {
  const command = fc.constantFrom('p', 'au', 'bu', 'ad', 'bd', 'ax', 'bx');

  it.each([
    ['without plugins', []],
    ['with two plugins', ['a', 'b']],
  ])('of each client is kept, %s', async (_name, names) => {
    const { url } = await startWith(names.map((name) => puppetPlugin(name)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(command, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 8 }), async (scripts) => {
        await Promise.all(
          scripts.map(async (commands, number) => {
            const client = await connect(`${url}/up`);
            const messages = commands.map((text, index) => (text === 'p' ? `plain ${number} ${index}` : `${text}_${number} ${index}`));
            for (const message of messages) client.send(message);
            client.send('end');
            const expected = [...names.map(() => 'hello'), ...messages.flatMap((message) => model(message, names)), 'end'];
            expect(await client.take(expected.length)).toEqual(expected);
            await client.close();
            expect(client.unread).toBe(0);
          }),
        );
      }),
      { numRuns: 15 },
    );
  });

  /** What comes back of a message through the plugins, an echo, and the plugins again. */
  function model(message: string, names: readonly string[]): string[] {
    if (!names.includes(message[0] ?? '')) return [message];
    const rest = message.slice(2);
    return { u: [rest], d: [], x: [rest, rest] }[message[1] ?? ''] ?? [message];
  }
});

describe('a plugin that does not start', () => {
  const start = (plugins: PluginInput[]) => startHost({ engine: { startTimeoutMs: 400 }, routes: [{ path: '/up', plugins }] }, { folder });

  it('is named with its route, its file and what ran', async () => {
    await expect(start([{ use: './loop.wasm', name: 'slow', limits: { fuel: 0 } }])).rejects.toMatchObject({
      code: 'PLUGIN_START_FAILED',
      message: `Route "/up": plugin "slow" (${join(folder, 'loop.wasm')}) did not answer within 400 ms while it was instantiated, set up and warmed (its hooks are called with made-up frames).`,
      hint: expect.stringContaining('engine.startTimeoutMs'),
    });
  });

  it('is named among all that started together, each with its file', async () => {
    const plugins = [puppetPlugin('first'), { use: './loop.wasm', name: 'slow', limits: { fuel: 0 } }];
    await expect(start(plugins)).rejects.toMatchObject({
      code: 'PLUGIN_START_FAILED',
      message: expect.stringContaining(
        `one of the plugins "first" (${join(folder, 'puppet.wasm')}), "slow" (${join(folder, 'loop.wasm')}) did not answer`,
      ),
    });
  });

  it('tells how much memory it wants, and that limits.memoryBytes can be raised', async () => {
    await expect(start([puppetPlugin('a', { limits: { memoryBytes: 65_536 } })])).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('Route "/up": '),
      hint: expect.stringContaining('limits.memoryBytes'),
    });
  });
});
