import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTrust, readSigningKeys, sha256 } from './plugin-trust.js';

const WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();

describe('trust in a plugin file', () => {
  const author = generateKeyPairSync('ed25519');
  const stranger = generateKeyPairSync('ed25519');
  const keys = readSigningKeys([pem(author.publicKey)]);
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framegate-trust-'));
    file = join(folder, 'plugin.wasm');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const signWith = (key: KeyObject): Promise<void> => writeFile(`${file}.sig`, `${sign(null, WASM, key).toString('base64')}\n`);

  it('asks nobody where neither pins nor keys are configured', async () => {
    await expect(checkTrust(file, WASM, undefined, { requireSigned: false, keys: [] })).resolves.toEqual({ kind: 'nobody' });
  });

  it('takes a signature by a known key', async () => {
    await signWith(author.privateKey);
    await expect(checkTrust(file, WASM, undefined, { requireSigned: true, keys })).resolves.toEqual({
      kind: 'signature',
      key: keys[0]?.id,
    });
  });

  it('reads a key as the base64 of its PEM as well', () => {
    const bare = author.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    expect(readSigningKeys([bare])[0]?.id).toBe(keys[0]?.id);
  });

  it('refuses a signature by somebody else, required or not', async () => {
    await signWith(stranger.privateKey);
    for (const requireSigned of [true, false]) {
      await expect(checkTrust(file, WASM, undefined, { requireSigned, keys })).rejects.toThrow(/fits none of plugins\.publicKeys/);
    }
  });

  it('refuses a file that changed after it was signed', async () => {
    await signWith(author.privateKey);
    await expect(checkTrust(file, Uint8Array.of(...WASM, 0), undefined, { requireSigned: true, keys })).rejects.toThrow(/changed after/);
  });

  it('refuses a missing signature only where one is required', async () => {
    await expect(checkTrust(file, WASM, undefined, { requireSigned: true, keys })).rejects.toThrow(/is not signed/);
    await expect(checkTrust(file, WASM, undefined, { requireSigned: false, keys })).resolves.toEqual({ kind: 'nobody' });
  });

  it('refuses a signature file with something else in it', async () => {
    await writeFile(`${file}.sig`, 'hello');
    await expect(checkTrust(file, WASM, undefined, { requireSigned: true, keys })).rejects.toThrow(/3 bytes instead of 64/);
  });

  it('takes a pinned file without a signature, in either case of letters', async () => {
    await expect(checkTrust(file, WASM, sha256(WASM).toUpperCase(), { requireSigned: true, keys })).resolves.toEqual({ kind: 'pin' });
  });

  it('refuses a file that is not the pinned one, however well it is signed', async () => {
    await signWith(author.privateKey);
    await expect(checkTrust(file, WASM, '0'.repeat(64), { requireSigned: true, keys })).rejects.toMatchObject({ code: 'PLUGIN_UNTRUSTED' });
  });

  it('names the place of a key that is none', () => {
    expect(() => readSigningKeys([pem(author.publicKey), 'hello'])).toThrow(/plugins\.publicKeys\[1\]: not a public key/);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => readSigningKeys([pem(rsa.publicKey)])).toThrow(/a key of type rsa; plugins are signed with Ed25519/);
  });
});
