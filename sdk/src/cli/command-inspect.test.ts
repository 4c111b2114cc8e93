import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framegate as runFramegate } from '../../../test/support/framegate-cli.js';
import { guestSpec, manifestOf } from '../../../test/support/wat-guest.js';

describe('framegate inspect, of a signature', () => {
  let folder: string;
  const framegate = (...args: string[]) => runFramegate(folder, ...args);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-inspect-'));
    const { wasm } = guestSpec('echo', { manifest: manifestOf(['on_request_message', 'on_response_message']) });
    for (const name of ['signed', 'changed', 'odd']) await writeFile(join(folder, `${name}.wasm`), wasm);
    for (const name of ['ours', 'theirs']) await framegate('keys', name);
    for (const name of ['signed', 'changed']) await framegate('sign', `${name}.wasm`, '--key', 'ours.key');
    await appendFile(join(folder, 'changed.wasm'), '\0\u0002\u0001x');
    await writeFile(join(folder, 'odd.wasm.sig'), 'c2hvcnQ=');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('says by which of the keys it is, from a file or as the configuration has it', async () => {
    const shown = await framegate('inspect', 'signed.wasm', '--keys', 'theirs.pub', 'ours.pub');
    expect(shown).toMatchObject({ code: 0, err: '' });
    const [, id] = /^signature +valid, by the key ([\da-f]{16})$/m.exec(shown.out) ?? [];
    const base64 = (await readFile(join(folder, 'ours.pub'), 'utf8')).split('\n')[1] ?? '';
    const json = await framegate('inspect', 'signed.wasm', '--keys', base64, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ signature: 'valid', by: id });
  });

  it.each([
    ['signed.wasm', 'theirs.pub', 'the file was changed after it was signed, or signed with another key than '],
    ['changed.wasm', 'ours.pub', 'the file was changed after it was signed, or signed with another key than '],
    ['odd.wasm', 'ours.pub', 'it is no Ed25519 signature: 5 bytes instead of 64'],
  ])('says that it is not valid, and ends with 1: %s with %s', async (file, key, why) => {
    const { code, out } = await framegate('inspect', file, '--keys', key);
    expect(out).toMatch(new RegExp(`^signature +not valid: ${why}`, 'm'));
    expect(code).toBe(1);
    const json = await framegate('inspect', file, '--keys', key, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ signature: 'invalid', why: expect.stringContaining(why) });
  });

  it('says without keys that there is one, and takes no other file for a key', async () => {
    expect(await framegate('inspect', 'signed.wasm')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^signature +there is one beside the file; --keys says whether it holds$/m),
    });
    for (const key of ['ours.key', 'signed.wasm', 'bm8ga2V5']) {
      const { code, out, err } = await framegate('inspect', 'signed.wasm', '--keys', key);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(`${key} is not a public key: it takes a .pub file that \`framegate keys\` wrote`);
    }
  });
});

describe('framegate inspect, of guards', () => {
  const bundled = (name: string): string => fileURLToPath(new URL(`../../../plugins/${name}/dist/plugin.wasm`, import.meta.url));
  const inspect = (...args: string[]) => runFramegate(tmpdir(), 'inspect', ...args);

  it.each([
    [
      'size-limit',
      '{"max":500}',
      /from clients: text frames without a text, and those whose text has at most 500 bytes; the text is "content" of a JSON object, or the whole frame if it is no JSON$/m,
    ],
  ])('says in words which frames %s is not called for', { timeout: 60_000 }, async (name, config, wanted) => {
    const { code, out, err } = await inspect(bundled(name), '--config', config);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(wanted);
    expect(JSON.parse((await inspect(bundled(name), '--config', config, '--json')).out)).toHaveProperty('guards.on_request_message');
  });

  it('starts nothing without a configuration, and says how to see more', async () => {
    expect((await inspect(bundled('size-limit'))).out).toMatch(
      /^ {2}skipped +for frames that its guards rule out: .*; --config shows which$/m,
    );
  });
});
