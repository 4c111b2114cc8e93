import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framegate as runFramegate } from '../../../test/support/framegate-cli.js';
import { guestSpec, manifestOf } from '../../../test/support/wat-guest.js';
import { verifyPlugin } from './verify-plugin.js';

const bundled = (name: string): string => fileURLToPath(new URL(`../../../plugins/${name}/dist/plugin.wasm`, import.meta.url));
const manifest = manifestOf(['on_request_message']);
const both = manifestOf(['on_request_message', 'on_response_message']);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A WAT guest as a file. */
async function guest(name: string, rest: Parameters<typeof guestSpec>[1] = { manifest }): Promise<string> {
  const file = join(folder, `${name}.wasm`);
  await writeFile(file, guestSpec(name, rest).wasm);
  return file;
}

describe('verifyPlugin', () => {
  it.each(['copypasta', 'word-filter', 'size-limit', 'frame-type'])(
    'finds nothing wrong with the bundled %s',
    { timeout: 60_000 },
    async (name) => {
      const { checks, ok } = await verifyPlugin(bundled(name), { calls: 400 });
      expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
      expect(ok).toBe(true);
    },
  );

  it('takes modules of both ABIs', async () => {
    expect(await verifyPlugin(await guest('echo', { manifest: both }), { calls: 200 })).toMatchObject({
      abi: 'framegate',
      name: 'guest',
      ok: true,
    });
    expect(await verifyPlugin(await guest('otoroshi-pass', {}), { calls: 200 })).toMatchObject({ abi: 'otoroshi', ok: true });
  });

  it.each<[string, Parameters<typeof guestSpec>[1], string, string]>([
    ['start-trap', { manifest }, 'loads and starts', 'PLUGIN_'],
    [
      'pass',
      { manifest: manifestOf(['on_request_message', 'on_connect']) },
      'loads and starts',
      'names hooks that it does not export: on_connect',
    ],
    ['pass', { manifest: { ...manifest, version: 'one' } }, 'loads and starts', 'version is "one"'],
    ['trap-on-empty', { manifest }, 'on_request_message takes an empty text frame', 'PLUGIN_TRAP'],
    ['leak', { manifest }, 'does not grow with its calls (400 of them)', 'pages of 64 KiB'],
  ])('finds what is wrong with a bad guest: %s', async (name, rest, check, detail) => {
    const { checks, ok } = await verifyPlugin(await guest(name, rest), { calls: 400 });
    expect(ok).toBe(false);
    expect(checks.filter(({ status }) => status === 'fail')).toContainEqual(
      expect.objectContaining({ name: check, detail: expect.stringContaining(detail) }),
    );
  });

  it.each(['copypasta', 'rate-limit'])('fills the state of the bundled %s, which goes on without', { timeout: 60_000 }, async (name) => {
    const config = name === 'rate-limit' ? { windows: [{ max: 1000, windowMs: 1000 }] } : {};
    const { checks } = await verifyPlugin(bundled(name), { calls: 10, config });
    expect(checks.find((check) => check.name === 'goes on when its state is full')).toMatchObject({ status: 'pass' });
  });

  it('warns of a plugin that does not catch what a full state throws', async () => {
    const source = join(folder, 'keeper.ts');
    await writeFile(
      source,
      `import { definePlugin } from '@framegate/sdk';
      export const plugin = definePlugin({ name: 'keeper', version: '1.0.0', onRequest: (_, { state }) => state.set('seen', true) });`,
    );
    const { checks, ok } = await verifyPlugin(source, { calls: 10 });
    expect(ok).toBe(true);
    expect(checks.find(({ name }) => name === 'goes on when its state is full')).toEqual({
      group: 'limits',
      name: 'goes on when its state is full',
      status: 'warn',
      detail: expect.stringContaining(
        'PLUGIN_ERROR: StateFullError: state key "seen" in scope plugin: limits.stateBytes of this plugin is used up',
      ),
    });
  });

  it('warns of a guest that keeps something in its own memory', async () => {
    const { checks, ok } = await verifyPlugin(await guest('drops-every-second'), { calls: 200 });
    expect(ok).toBe(true);
    expect(checks.filter(({ status }) => status === 'warn').map(({ name }) => name)).toEqual([
      'a fresh instance answers as a used one does',
    ]);
  });
});

describe('framegate verify', () => {
  it('prints a report and ends with 0 for a good guest, with 1 for a bad one', async () => {
    await guest('echo', { manifest: both });
    const good = await runFramegate(folder, 'verify', 'echo.wasm', '--calls', '200');
    expect({ code: good.code, err: good.err }).toEqual({ code: 0, err: '' });
    expect(good.out).toMatch(/^guest 1\.0\.0, framegate ABI v1, on_request_message, on_response_message$/m);
    expect(good.out).toMatch(/^✓ does not grow with its calls \(200 of them\)$/m);
    await guest('trap-on-empty');
    const bad = await runFramegate(folder, 'verify', 'trap-on-empty.wasm', '--calls', '200');
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(/^✗ on_request_message takes an empty text frame\n {2}PLUGIN_TRAP: /m);
    const json = await runFramegate(folder, 'verify', 'trap-on-empty.wasm', '--calls', '200', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, abi: 'framegate' });
  });

  it.each([
    [['gone.wasm'], 'gone.wasm: there is no such file'],
    [[], 'there is no plugin here'],
    [['echo.wasm', '--calls', '1'], 'It takes a whole number from 2 to 10,000,000.'],
    [['echo.wasm', '--config', '[]'], '[]: there is no such file'],
  ])('ends with 1 and plain words: %j', async (args, message) => {
    const { code, out, err } = await runFramegate(folder, 'verify', ...args);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });
});
