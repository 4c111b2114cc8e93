import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framegate as runFramegate } from '../../../test/support/framegate-cli.js';

let folder: string;
const bench = (...args: string[]) => runFramegate(folder, 'bench', ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-bench-command-'));
  await writeFile(
    join(folder, 'echo.ts'),
    `import { definePlugin, replace } from '@framegate/sdk';
    export const plugin = definePlugin({
      name: 'echo', version: '2.0.1',
      config: { type: 'object', properties: { suffix: { type: 'string', default: '' } }, additionalProperties: false },
      onRequest(frame, ctx) {
        if (frame.kind === 'binary') return replace(frame.bytes);
        if (frame.text === 'hang') for (;;);
        if (frame.text === 'throw') throw new Error('as told');
        return replace(frame.text + ctx.config.suffix);
      },
    });`,
  );
  expect((await runFramegate(folder, 'build', 'echo.ts')).code).toBe(0);
  await writeFile(join(folder, 'config.json'), '{ "suffix": "123" }');
  await writeFile(join(folder, 'list.json'), '[]');
  await writeFile(join(folder, 'frame.bin'), Uint8Array.of(0xff, 0xfe, 0xfd));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('framegate bench', () => {
  it('prints what a frame takes', async () => {
    const { code, out, err } = await bench('echo.wasm', '--frames', '300', '--payload', 'hello');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^echo 2\.0\.1, on_request_message, 300 frames of 5 B$/m);
    expect(out).toMatch(/^load +[\d.]+ ms/m);
    expect(out).toMatch(/^first frame +[\d.,]+ (µs|ms) cold/m);
    expect(out).toMatch(/^a frame +[\d.,]+ µs p50, [\d.,]+ (µs|ms) p99 warm, after 30 frames$/m);
    expect(out).toMatch(/^fuel a frame +[\d,]+ units, [\d,]+ at most: less than 0\.01 % of its limit$/m);
    expect(out).toMatch(/^copied a frame +5 B in, 5 B out$/m);
    expect(out).toMatch(/^guest memory +[\d.]+ MiB, no growth over 270 frames$/m);
    expect(out).toMatch(/^state +none$/m);
    expect(out).toMatch(/^verdicts +300 replaced$/m);
  });

  it('builds a source first, takes its configuration from a file or the command line, and prints JSON', async () => {
    const fromFile = JSON.parse((await bench('echo.ts', '-n', '10', '-p', 'hello', '-c', 'config.json', '--json')).out);
    expect(fromFile).toMatchObject({ name: 'echo', frames: 10, bytesIn: 5, bytesOut: 8 });
    const inline = JSON.parse((await bench('echo.wasm', '-n', '10', '-p', 'hello', '-c', '{ "suffix": "!" }', '--json')).out);
    expect(inline).toMatchObject({ bytesOut: 6 });
  });

  it('takes a payload from a file: binary if it is not UTF-8', async () => {
    const measure = JSON.parse((await bench('echo.wasm', '-n', '10', '-p', '@frame.bin', '-c', 'config.json', '--json')).out);
    expect(measure).toMatchObject({ payloadBytes: 3, bytesOut: 3 });
  });

  it.each([
    [[], 'there is no plugin here'],
    [['nowhere.wasm'], 'nowhere.wasm: there is no such file'],
    [['.'], '.: this is a folder'],
    [['config.json'], 'config.json'],
    [['echo.wasm', '--frames', 'many'], 'It takes a whole number from 1 to 10,000,000.'],
    [['echo.wasm', '--hook', 'sideways'], 'Allowed choices are request, response.'],
    [['echo.wasm', '--hook', 'response'], 'plugin "echo" has no on_response_message\nIt has on_request_message.'],
    [['echo.wasm', '--config', '{ suffix }'], '--config: this is not JSON'],
    [['echo.wasm', '--config', 'list.json'], 'list.json: a configuration is a JSON object'],
    [['echo.wasm', '--config', '{ "sufix": "!" }'], 'sufix: unknown key; did you mean "suffix"'],
    [['echo.wasm', '--payload', '@gone.txt'], 'gone.txt: there is no such file'],
    [['echo.wasm', '--payload', 'throw'], 'echo.wasm: the plugin failed: PLUGIN_ERROR: frame 1: Error: as told'],
    [['echo.wasm', '--payload', 'hang'], 'echo.wasm: the plugin failed: PLUGIN_FUEL: frame 1: on_request_message used up its fuel'],
  ])('ends with 1 and plain words: %j', async (args, message) => {
    const { code, out, err } = await bench(...args);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).not.toMatch(/\n\s+at .*(dist|node_modules)/);
  });

  it('refuses what is called .wasm and is none', async () => {
    await writeFile(join(folder, 'fake.wasm'), 'not wasm');
    const { code, err } = await bench('fake.wasm');
    expect(code).toBe(1);
    expect(err).toMatch(/^error fake\.wasm: .*not a WebAssembly binary/);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
