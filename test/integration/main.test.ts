import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WsClient } from '../support/ws-client.js';

const MAIN = fileURLToPath(new URL('../../host/dist/main.js', import.meta.url));
const children: ChildProcess[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-main-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

describe('framegate-host', () => {
  it('prints where it listens, serves, and drains on SIGTERM', async () => {
    const command = await run({ config: { server: { port: 0 }, routes: [{ path: '/chat' }] } });
    const url = await command.printed(/ws:\/\/localhost:\d+\/chat/);
    const client = await WsClient.open(url);
    expect(await client.nextJson()).toMatchObject({ type: 'welcome' });
    command.child.kill('SIGTERM');
    expect((await client.closed).code).toBe(1001);
    expect(await command.exited).toBe(0);
  });

  it('takes --port and --host before the file', async () => {
    const command = await run({
      config: { server: { port: 1, host: '192.0.2.1' }, routes: [{}] },
      args: ['--port', '0', '--host', '127.0.0.1'],
    });
    await command.printed(/ws:\/\/localhost:\d+\/chat/);
  });

  it('says in plain words what is wrong with the configuration', async () => {
    const command = await run({ config: { server: { prot: 1 } } });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain('CONFIG_INVALID 1 problem in ');
    expect(command.stderr()).toContain('server.prot: unknown key; did you mean "port"?');
    expect(command.stderr()).not.toContain('    at ');
  });

  it('says that a configuration does not exist', async () => {
    const command = await run({ args: ['--config', 'nowhere.json'] });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toMatch(
      /^CONFIG_NOT_FOUND Cannot read the configuration .*nowhere\.json: there is no such file\.\nName an existing file/,
    );
  });

  it('says that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const command = await run({ config: { server: { port }, routes: [{}] } });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain(`PORT_TAKEN Port ${port} on 127.0.0.1 is in use`);
    other.close();
  });

  it('explains its options when it is given an unknown one, or a port that is none', async () => {
    const unknown = await run({ args: ['--nope'] });
    expect(await unknown.exited).toBe(1);
    expect(unknown.stderr()).toContain('Usage: framegate-host');
    const port = await run({ config: { routes: [{}] }, args: ['--port', 'many'] });
    expect(await port.exited).toBe(1);
    expect(port.stderr()).toContain('--port many is not a number');
  });
});

async function run({ config, args = [] }: { config?: unknown; args?: string[] }) {
  if (config !== undefined) await writeFile(join(folder, 'framegate.config.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code as number);
  const printed = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(stdout);
      if (match !== null) return match[0];
      const ended = await Promise.race([once(child.stdout, 'data').then(() => false), exited.then(() => true)]);
      if (ended) throw new Error(`the command ended without printing ${pattern}: ${stderr}`);
    }
  };
  return { child, exited, printed, stderr: () => stderr };
}
