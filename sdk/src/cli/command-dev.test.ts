import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WsClient } from '../../../test/support/ws-client.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'sdk/dist/cli/main.js');
const LIVE = /live in \d+ ms .*http:\/\/localhost:(\d+)\//;

const source = (word: string, hook = `ctx.log.info('seen'); return drop('said ${word}').reply('${word}!');`): string =>
  `import { definePlugin, drop } from '@framegate/sdk';
  import { known } from './known.js';
  export const plugin = definePlugin({ name: 'dev', version: '1.0.0', onRequest(frame, ctx) { if (frame.kind === 'text' && known(frame.text)) { ${hook} } } });`;

describe('framegate dev', { timeout: 120_000 }, () => {
  let folder: string;
  let child: ChildProcess;
  let lines: Interface;
  /** Lines that nobody has waited for yet. */
  let unread: string[];
  let arrived = (): void => {};

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-dev-'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'known.ts'), `export const known = (text: string): boolean => text.includes('hey');`);
  });
  afterEach(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    expect(child.exitCode).toBe(0);
    await rm(folder, { recursive: true });
  });

  function start(...args: string[]): void {
    child = spawn(process.execPath, [MAIN, 'dev', ...(args.length === 0 ? ['--port', '0'] : args)], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    unread = [];
    lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
    lines.on('line', (line) => {
      unread.push(line);
      arrived();
    });
  }

  /** The next line that matches; what comes before it is skipped. */
  async function see(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const line = unread.shift();
      if (line === undefined) await new Promise<void>((resolve) => (arrived = resolve));
      else {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
    }
  }

  async function answerTo(port: string | undefined, text: string): Promise<string> {
    const client = await WsClient.open(`ws://localhost:${port}/chat`);
    await client.next();
    client.send(text);
    const answer = String(await client.next());
    await client.close();
    return answer;
  }

  /** Resolves when a version is live that answers so. One save may be seen as two, so that the one before may be said to be live again first. */
  async function answers(port: string | undefined, text: string, wanted: string): Promise<void> {
    do expect((await see(LIVE))[1]).toBe(port);
    while ((await answerTo(port, text)) !== wanted);
  }

  it('shows each verdict, and has a saved version live for whoever asks next', async () => {
    await writeFile(join(folder, 'plugin.ts'), source('one'));
    start();
    const [, port] = await see(LIVE);
    expect(await answerTo(port, 'hey')).toBe('one!');
    await see(/^\d\d:\d\d:\d\d {2}dev {2}info {2}seen {2}client [0-9a-f]{8}$/);
    await see(/^\d\d:\d\d:\d\d {2}dev {2}dropped from client in [\d.,]+ (?:µs|ms) {2}said one {2}client [0-9a-f]{8}$/);

    await writeFile(join(folder, 'plugin.ts'), source('two'));
    await answers(port, 'hey', 'two!');
    await see(/dropped from client in [\d.,]+ (?:µs|ms) {2}said two/);

    await writeFile(join(folder, 'known.ts'), `export const known = (text: string): boolean => text.includes('you');`);
    await answers(port, 'you there', 'two!');
  });

  it('tells how long the plugin takes for what it lets pass, one frame or many', async () => {
    await writeFile(join(folder, 'plugin.ts'), source('one'));
    start();
    const [, port] = await see(LIVE);
    const client = await WsClient.open(`ws://localhost:${port}/chat`);
    await client.next();
    client.send('lo');
    await see(/^\d\d:\d\d:\d\d {2}dev {2}passed from client in [\d.,]+ (?:µs|ms)$/);
    for (let frame = 0; frame < 20; frame++) client.send(frame % 2 === 0 ? 'lo' : 'hey');
    const [, frames, passed] = await see(
      /dev {2}(\d+) frames from client, (\d+) of them passed: half took at most [\d.,]+ (?:µs|ms), the slowest [\d.,]+ (?:µs|ms)$/,
    );
    expect(Number(passed)).toBeLessThan(Number(frames));
    await client.close();
  });

  it('shows what is wrong with a version and keeps the one before, until it is put right', async () => {
    await writeFile(join(folder, 'plugin.ts'), source('one'));
    start();
    const [, port] = await see(LIVE);
    await writeFile(join(folder, 'plugin.ts'), `${source('two')}\nconst broken = ;`);
    await see(/error plugin\.ts:4:16: Unexpected ";"/);
    await see(/> 4 \| const broken = ;/);
    await see(/the version before goes on running/);
    expect(await answerTo(port, 'hey')).toBe('one!');

    await writeFile(
      join(folder, 'plugin.ts'),
      source('two').replace('onRequest(', `setup() { throw new Error('no set-up'); }, onRequest(`),
    );
    await see(/failed while it started: Error: no set-up/);
    expect(await answerTo(port, 'hey')).toBe('one!');

    await writeFile(join(folder, 'plugin.ts'), source('three', `throw new Error('as told');`));
    await see(LIVE);
    expect(JSON.parse(await answerTo(port, 'hey'))).toMatchObject({ type: 'notice', code: 'PLUGIN_ERROR' });
    await see(/dev {2}failed from client in [\d.,]+ (?:µs|ms) {2}PLUGIN_ERROR: Error: as told/);
  });

  it('warns of a first version that loops on every frame, before one comes, and refuses a later one', async () => {
    const looping = source('one').replace('if (', 'while (true) if (');
    await writeFile(join(folder, 'plugin.ts'), looping);
    start();
    await see(/dev {2}warn {2}on_request_message had not finished a made-up frame after .*Look for a loop that does not end/);
    await see(LIVE);
    await writeFile(join(folder, 'plugin.ts'), source('two'));
    await see(LIVE);
    await writeFile(join(folder, 'plugin.ts'), looping);
    await see(/error .*on_request_message ran out of fuel in its rehearsal/);
    await see(/the version before goes on running/);
  });

  it('goes on with the version before where a top level does not end', async () => {
    await writeFile(join(folder, 'plugin.ts'), source('one'));
    start();
    const [, port] = await see(LIVE);
    await writeFile(join(folder, 'plugin.ts'), `${source('two')}\nlet i = 0; for (;;) i++;`);
    await see(/error plugin\.ts: the top level ran for more than 10 s: look for a loop that does not end/);
    expect(await answerTo(port, 'hey')).toBe('one!');
    await writeFile(join(folder, 'plugin.ts'), source('three'));
    await see(LIVE);
    expect(await answerTo(port, 'hey')).toBe('three!');
  });

  it('tries a failed build again for what it has read or missed, never for another file', async () => {
    await writeFile(join(folder, 'plugin.ts'), `${source('one')}\nimport './late.js';`);
    /** In one step, so that the loop sees one change. */
    const put = async (name: string, content: string): Promise<void> => {
      const elsewhere = await mkdtemp(join(tmpdir(), 'framegate-put-'));
      await writeFile(join(elsewhere, name), content);
      await rename(join(elsewhere, name), join(folder, name));
      await rm(elsewhere, { recursive: true });
    };
    start();
    const errors: string[] = [];
    lines.on('line', (line) => line.includes('error') && errors.push(line.replace(/^\S+ +/, '')));
    await see(/error plugin\.ts:\d+:\d+: Could not resolve "\.\/late\.js"/);
    await put('app.log', 'a line');
    await put('bans.json', '{}');
    await put('late.ts', 'export const late = ;');
    await see(/error late\.ts:1:21: Unexpected ";"/);
    await put('app.log', 'another line');
    await put('late.ts', 'export const late = 1;');
    await see(LIVE);
    expect(errors).toEqual([expect.stringContaining('Could not resolve'), expect.stringContaining('late.ts')]);
  });

  it('keeps clients connected and state in place over saves, good and bad', async () => {
    const counting = (word: string): string => `import { definePlugin, drop } from '@framegate/sdk';
      export const plugin = definePlugin({ name: 'dev', version: '1.0.0', capabilities: { state: ['room', 'user'] }, onRequest(frame, ctx) {
        if (frame.kind === 'text') return drop('counted').reply('${word} ' + ctx.state.room.add('count'));
      } });`;
    await writeFile(join(folder, 'plugin.ts'), counting('one').replace(", 'user'", ''));
    start();
    const [, port] = await see(LIVE);
    const client = await WsClient.open(`ws://localhost:${port}/chat`);
    await client.next();
    const ask = async (): Promise<string> => {
      client.send('hey');
      return String(await client.next());
    };
    expect(await ask()).toBe('one 1');
    await writeFile(join(folder, 'plugin.ts'), counting('two'));
    await see(LIVE);
    expect(await ask()).toBe('two 2');
    await writeFile(join(folder, 'plugin.ts'), counting('three').replace(`name: 'dev'`, `name: 'other'`));
    await see(/error .*is now the plugin "other"; the one that runs is "dev"/);
    await see(/State belongs to the name/);
    await see(/the version before goes on running/);
    expect(await ask()).toBe('two 3');
    await writeFile(join(folder, 'plugin.ts'), counting('three'));
    await see(LIVE);
    expect(await ask()).toBe('three 4');
    await client.close();
  });

  it('says that a changed port takes a restart', async () => {
    const config = (port: number): string =>
      JSON.stringify({
        server: { port },
        routes: [{ path: '/chat', backend: { kind: 'chat' }, plugins: [{ use: './dist/plugin.wasm' }] }],
      });
    await writeFile(join(folder, 'plugin.ts'), source('one'));
    await writeFile(join(folder, 'own.config.json'), config(0));
    start('--config', 'own.config.json');
    const [, port] = await see(LIVE);
    await writeFile(join(folder, 'own.config.json'), config(1));
    await see(new RegExp(`server\\.port is 1 now, which takes a restart of framegate dev: it stays on ${port}`));
    expect((await see(LIVE))[1]).toBe(port);
  });

  it('runs the configuration of the folder, and takes changes of it', async () => {
    const config = (path: string, use: string): string =>
      JSON.stringify({ routes: [{ path, backend: { kind: 'chat' }, plugins: [{ use }] }] });
    await writeFile(join(folder, 'plugin.ts'), source('one'));
    await writeFile(join(folder, 'framegate.config.json'), config('/chat', 'size-limit'));
    start();
    await see(/error framegate\.config\.json has no route with this plugin: add \{ "use": "\.\/dist\/plugin\.wasm" \}/);
    await see(/nothing runs yet: correct it and save/);
    await writeFile(join(folder, 'framegate.config.json'), config('/chat', './dist/plugin.wasm'));
    const [, port] = await see(LIVE);
    expect(await answerTo(port, 'hey')).toBe('one!');
    expect((await readFile(join(folder, 'dist/plugin.wasm'))).subarray(1, 4).toString()).toBe('asm');
  });
});
