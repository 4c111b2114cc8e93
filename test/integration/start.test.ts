import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WsClient } from '../support/ws-client.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let started: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-start-'));
});
afterEach(async () => {
  if (started?.pid !== undefined) {
    try {
      process.kill(-started.pid, 'SIGKILL');
    } catch {
      // all of it has ended
    }
  }
  await rm(folder, { recursive: true });
});

interface Started {
  readonly process: ChildProcess;
  readonly client: WsClient;
  /** Resolves with its exit code once whoever writes to its output has ended, and that is the host. */
  readonly ended: Promise<readonly unknown[]>;
}

/** The command in a process group of its own, and a client of the host that it runs. */
async function start(command: string, args: readonly string[]): Promise<Started> {
  const config = join(folder, 'framegate.config.json');
  await writeFile(config, JSON.stringify({ server: { port: 0 }, routes: [{ path: '/chat' }] }));
  const child = spawn(command, [...args, '--config', config], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  started = child;
  const ended = once(child, 'close');
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  let url: string | undefined;
  while (url === undefined) {
    await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(`it has ended: ${printed}`)))]);
    url = /ws:\/\/localhost:\d+\/chat/.exec(printed)?.[0];
  }
  const client = await WsClient.open(url);
  await client.next();
  return { process: child, client, ended };
}

describe('npm start', () => {
  // A SIGINT to npm alone does nothing: the shell in between waits for its child, as it does when a terminal sends one to all.
  it('ends the host gracefully when npm alone gets a SIGTERM', { timeout: 120_000 }, async () => {
    const { process: npm, client, ended } = await start('npm', ['start', '--']);
    npm.kill('SIGTERM');
    expect((await client.closed).code).toBe(1001);
    await ended;
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends the host gracefully when all of its processes get a %s',
    { timeout: 120_000 },
    async (signal) => {
      const { process: npm, client, ended } = await start('npm', ['start', '--']);
      process.kill(-(npm.pid ?? 0), signal);
      expect((await client.closed).code).toBe(1001);
      await ended;
    },
  );

  it.each(['SIGTERM', 'SIGINT'] as const)('is a script that ends gracefully on a %s', { timeout: 120_000 }, async (signal) => {
    const { process: script, client, ended } = await start(process.execPath, ['scripts/start.mjs']);
    script.kill(signal);
    expect((await client.closed).code).toBe(1001);
    expect((await ended)[0]).toBe(0);
  });
});
