import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { puppet } from '../support/guests/engine-guests.js';
import { type HostProcess, killAfterEach, startHostProcess } from '../support/host-process.js';
import { makeNamedPipes } from '../support/named-pipe.js';
import { WsClient } from '../support/ws-client.js';

killAfterEach();

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-main-'));
});

afterEach(async () => {
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

  it('reads its configuration again on SIGHUP, and keeps the one it has if that is wrong', async () => {
    const config = { server: { port: 0 }, plugins: { watchMs: 0 }, routes: [{ path: '/chat' }] };
    const command = await run({ config });
    const url = await command.printed(/ws:\/\/localhost:\d+\/chat/);
    const client = await WsClient.open(url);
    await writeFile(join(folder, 'framegate.config.json'), JSON.stringify({ ...config, server: { port: 1 } }));
    command.child.kill('SIGHUP');
    await command.logged(/"code":"CONFIG_NEEDS_RESTART".*server\.port/);
    await writeFile(join(folder, 'framegate.config.json'), JSON.stringify({ ...config, routes: [{ path: '/chat' }, { path: '/more' }] }));
    command.child.kill('SIGHUP');
    await command.logged(/"changes":\["route \\"\/more\\": added"\].*config-reloaded/);
    const more = await WsClient.open(url.replace('/chat', '/more'));
    expect(await more.nextJson()).toMatchObject({ type: 'welcome' });
    expect(client.socket.readyState).toBe(client.socket.OPEN);
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

  it.each([
    ['port', (port: number) => ({ server: { port } }), ''],
    ['admin port', (port: number) => ({ server: { port: 0 }, admin: { port } }), ' (admin)'],
  ])('says that the %s is taken before it starts any plugin', async (_which, config, part) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const command = await run({ config: { ...config(port), routes: [{ plugins: [{ use: './nowhere.wasm' }] }] } });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain(`PORT_TAKEN Port ${port} on 127.0.0.1${part} is in use`);
    other.close();
  });

  it('says in one go that --port is the admin port', async () => {
    const command = await run({ config: { admin: { port: 4999 }, routes: [{}] }, args: ['--port', '4999'] });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain('admin.port: is 4999 on 127.0.0.1, as server.port is');
  });

  it.each([
    [
      {
        apiKeys: [
          { name: 'a', role: 'admin', key: '0123456789abcdef' },
          { name: 'b', role: 'viewer', env: 'NO_SUCH_KEY' },
        ],
      },
      'admin.apiKeys[1].env',
      16,
    ],
    [{ jwt: { issuer: 'i', secretEnv: 'NO_SUCH_KEY' } }, 'admin.jwt.secretEnv', 32],
  ])('names the option whose variable is not set: %j', async (admin, option, length) => {
    const command = await run({ config: { server: { port: 0 }, admin: { port: 0, ...admin }, routes: [{}] } });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain(
      `CONFIG_INVALID ${option}: the environment variable NO_SUCH_KEY is not set; it has to have a secret of at least ${length} characters.`,
    );
  });

  it('takes two signals at once for one: npm passes on what a terminal has sent to all', async () => {
    const command = await run({ config: { server: { port: 0 }, routes: [{ path: '/chat' }] } });
    const client = await WsClient.open(await command.printed(/ws:\/\/localhost:\d+\/chat/));
    command.child.kill('SIGINT');
    command.child.kill('SIGTERM');
    expect((await client.closed).code).toBe(1001);
    expect(await command.exited).toBe(0);
  });

  it.each<[string, boolean]>([
    ['ends with the drain', false],
    ['ends at once with a second signal', true],
  ])('%s though a thread waits for a file for ever', async (_, again) => {
    makeNamedPipes(join(folder, 'pipe'));
    await writeFile(
      join(folder, 'config.mjs'),
      `import { open } from 'node:fs/promises';
       void open(new URL('pipe', import.meta.url));
       export default ${JSON.stringify({ server: { port: 0 }, drain: { delayMs: again ? 600_000 : 0 }, routes: [{ path: '/chat' }] })};`,
    );
    const command = await run({ args: ['--config', 'config.mjs'] });
    await command.printed(/ws:\/\/localhost:\d+\/chat/);
    command.child.kill('SIGTERM');
    await command.logged(/draining/);
    // One that comes so soon that it could be the same one is taken for it.
    const repeated = setInterval(() => again && command.child.kill('SIGINT'), 50);
    await command.exited.finally(() => clearInterval(repeated));
    expect(command.child.signalCode).toBe(again ? 'SIGINT' : 'SIGTERM');
  });

  it('explains its options when it is given an unknown one, or a port that is none', async () => {
    const unknown = await run({ args: ['--nope'] });
    expect(await unknown.exited).toBe(1);
    expect(unknown.stderr()).toContain('Usage: framegate-host');
    const port = await run({ config: { routes: [{}] }, args: ['--port', 'many'] });
    expect(await port.exited).toBe(1);
    expect(port.stderr()).toMatch(/^ARGUMENT_INVALID --port many: expected a whole number from 0 to 65535\.\n/);
  });

  it.each([
    [['--port='], '--port is empty: expected a whole number from 0 to 65535.'],
    [['--port', '70000'], '--port 70000: expected'],
    [['--port', '1e3'], '--port 1e3: expected'],
    [['--host='], '--host is empty: expected an address'],
    [['--config='], '--config is empty: expected a file'],
    [['--nope'], "Unknown option '--nope'"],
    [['chat.json'], "Unexpected argument 'chat.json'"],
    [['--port'], "Option '--port <value>' argument missing"],
  ])('refuses %j, and never blames the configuration', async (args, message) => {
    const command = await run({ config: { routes: [{}] }, args });
    expect(await command.exited).toBe(1);
    expect(command.stderr()).toContain(`ARGUMENT_INVALID ${message}`);
    expect(command.stderr()).toContain('--help');
    expect(command.stderr()).not.toContain('CONFIG_');
  });

  it("writes a plugin's log line with one level", async () => {
    const { wasm } = puppet('a');
    await writeFile(join(folder, 'puppet.wasm'), wasm);
    const plugins = [{ use: './puppet.wasm', name: 'talker', config: { me: 'a' } }];
    const command = await run({ config: { server: { port: 0 }, routes: [{ plugins }] } });
    const client = await WsClient.open(await command.printed(/ws:\/\/localhost:\d+\/chat/));
    client.send('aohello');
    const line = await command.logged(/^.*"plugin log".*$/m);
    expect(line.match(/"level":/g)).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({ level: 'info', plugin: 'talker', message: 'hello' });
  });
});

function run(options: Parameters<typeof startHostProcess>[1]): Promise<HostProcess> {
  return startHostProcess(folder, options);
}
