import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { framegate as runFramegate } from '../../../test/support/framegate-cli.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
const framegate = (...args: string[]) => runFramegate(folder, ...args);

const source = (version: string, word: string): string => `import { definePlugin, drop, replace } from '@framegate/sdk';
  export const plugin = definePlugin({
    name: 'shouter', version: '${version}',
    onRequest(frame) { return frame.text.includes('${word}') ? drop('unwanted') : replace(frame.text.toUpperCase()); },
  });`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-replay-command-'));
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  await writeFile(join(folder, 'shouter.ts'), source('1.0.0', 'bad'));
  await writeFile(join(folder, 'plugin.ts'), source('1.1.0', 'worse'));
  expect((await framegate('build', 'shouter.ts')).code).toBe(0);
  const routes = [{ path: '/chat', plugins: [{ use: './shouter.wasm' }] }];
  await writeFile(join(folder, 'framegate.config.json'), JSON.stringify({ server: { port: 0 }, log: { level: 'warn' }, routes }));
  await record();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `framegate record`, sends frames through its host, and ends it as Ctrl-C does. */
async function record(): Promise<void> {
  const child = spawn(process.execPath, [MAIN, 'record', '--route', '/chat', '--plugin', './shouter.wasm', '-o', 'incident.jsonl'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const said: string[] = [];
  for await (const line of lines) {
    said.push(line);
    const address = /connect to (ws:\S+chat)/.exec(line)?.[1];
    if (address === undefined) continue;
    const socket = new WebSocket(address);
    await once(socket, 'open');
    for (const word of ['hello', 'bad day', 'bye']) socket.send(word);
    socket.close();
    await once(socket, 'close');
    child.kill('SIGINT');
  }
  expect((await ended)[0]).toBe(0);
  expect(said.at(-1)).toBe('incident.jsonl: 3 calls. Replay it with: framegate replay incident.jsonl');
}

describe('framegate record and framegate replay', () => {
  it('finds no difference in the version that was recorded', async () => {
    const { code, out, err } = await framegate('replay', 'incident.jsonl');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^incident\.jsonl: 3 calls, replayed with shouter 1\.0\.0 [0-9a-f]{12} \(the same module\)$/m);
    expect(out).toMatch(/^no difference in 3 answers$/m);
  });

  it('shows which frame another version answers otherwise, what was and what is, and ends with 1', async () => {
    const { code, out, err } = await framegate('replay', 'incident.jsonl', '--plugin', 'plugin.ts');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^call 2 {2}on_request_message {2}\S+\n {2}frame {2}bad day\n {2}was {4}forward \[\], reason "unwanted"\n/m);
    expect(out).toMatch(/^ {2}is {5}forward \[\{"kind":"text","text":"BAD DAY"\}\]$/m);
    expect(out).toMatch(/^1 difference in 3 answers$/m);
    const json = await framegate('replay', 'incident.jsonl', '--plugin', 'plugin.ts', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ calls: 3, compared: 3, differences: [{ call: 2 }] });
  });

  it('says of a masked recording that it has no answers yet, until they are filled in', async () => {
    const lines = (await readFile(join(folder, 'incident.jsonl'), 'utf8')).split('\n').filter((line) => !line.includes('"kind":"answer"'));
    await writeFile(join(folder, 'masked.jsonl'), lines.join('\n').replace('"masked":[]', '"masked":["token"]'));
    const { code, out } = await framegate('replay', 'masked.jsonl');
    expect(code).toBe(1);
    expect(out).toMatch(/^hint a masked recording has no answers: .*--fill NEW\.jsonl$/m);
    const filled = await framegate('replay', 'masked.jsonl', '--fill', 'filled.jsonl');
    expect(filled).toMatchObject({ code: 0, out: expect.stringMatching(/^wrote filled\.jsonl$/m) });
    expect((await framegate('replay', 'filled.jsonl', '--fill', 'filled.jsonl')).code).toBe(0);
    expect((await framegate('replay', 'filled.jsonl')).out).toMatch(/^no difference in 3 answers$/m);
  });

  it('writes a test that holds the version that is right to what it answers', { timeout: 60_000 }, async () => {
    const { code, err } = await framegate('replay', 'incident.jsonl', '--plugin', 'plugin.ts', '--test', 'tests/incident-42.test.ts');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await readFile(join(folder, 'tests/incident-42.test.ts'), 'utf8')).toContain("new URL('../plugin.ts', import.meta.url)");
    const passes = await framegate('test', 'tests/incident-42.test.ts');
    expect({ code: passes.code, err: passes.err }).toEqual({ code: 0, err: passes.err });
    await writeFile(join(folder, 'plugin.ts'), source('1.1.1', 'day'));
    expect((await framegate('test', 'tests/incident-42.test.ts')).code).not.toBe(0);
    await writeFile(join(folder, 'plugin.ts'), source('1.1.0', 'worse'));
  });

  it.each([
    [['replay', 'gone.jsonl'], 'gone.jsonl: there is no such file'],
    [['replay', 'incident.jsonl', '--fill', 'shouter.ts'], 'shouter.ts is there already and is no recording'],
    [['replay', 'incident.jsonl', '--fill', 'nodir/x.jsonl'], 'nodir/x.jsonl: there is no such file or folder'],
    [['replay', 'shouter.ts'], 'this is not a recording'],
    [['replay', 'incident.jsonl', '--plugin', 'gone.wasm'], 'gone.wasm: there is no such file'],
    [['replay', 'incident.jsonl', '--test', 'shouter.ts'], 'shouter.ts is there already'],
    [['replay', 'incident.jsonl', '--test', 'a.test.ts', '--fill', 'b.jsonl'], 'give one of them'],
    [['record', '-o', 'incident.jsonl'], 'incident.jsonl is there already'],
    [['record', '-o', 'x.jsonl', '--route', '/other'], 'there is no route "/other": /chat'],
    [['record', '-o', 'x.jsonl', '--plugin', 'other'], 'there is no plugin "other": ./shouter.wasm'],
    [['record', '-o', 'x.jsonl', '--max-frames', 'many'], 'It takes a whole number from 1 to 10,000,000.'],
  ])('ends with 1 and plain words: %j', async (args, message) => {
    const { code, out, err } = await framegate(...args);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).not.toMatch(/\n\s+at .*(dist|node_modules)/);
  });
});
