import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkTrust,
  type PluginTrust,
  readSignature,
  readSigningKeys,
  type SignedModule,
  sha256,
  type TrustSubject,
} from './plugin-trust.js';

const WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();

const SUBJECT: TrustSubject = {
  module: 'plugin.wasm',
  signature: 'plugin.wasm.sig',
  unsigned: 'is not signed (there is no plugin.wasm.sig)',
  hint: 'Sign it.',
};

describe('trust in a plugin file', () => {
  const author = generateKeyPairSync('ed25519');
  const stranger = generateKeyPairSync('ed25519');
  const keys = readSigningKeys([pem(author.publicKey)]);

  const signedWith = (key: KeyObject, wasm = WASM) => ({ wasm, signature: sign(null, WASM, key).toString('base64') });
  const unsigned = { wasm: WASM };
  const check = (module: SignedModule, trust: PluginTrust, pin?: string) => checkTrust(module, pin, trust, SUBJECT);

  it('asks nobody where neither pins nor keys are configured', () => {
    expect(check(unsigned, { requireSigned: false, keys: [] })).toEqual({ kind: 'nobody' });
  });

  it('takes a signature by a known key', () => {
    expect(check(signedWith(author.privateKey), { requireSigned: true, keys })).toEqual({ kind: 'signature', key: keys[0]?.id });
  });

  it('reads a key as the base64 of its PEM as well', () => {
    const bare = author.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    expect(readSigningKeys([bare])[0]?.id).toBe(keys[0]?.id);
  });

  it('refuses a signature by somebody else, required or not', () => {
    for (const requireSigned of [true, false]) {
      expect(() => check(signedWith(stranger.privateKey), { requireSigned, keys })).toThrow(/fits none of plugins\.publicKeys/);
    }
  });

  it('refuses a file that changed after it was signed', () => {
    const changed = signedWith(author.privateKey, Uint8Array.of(...WASM, 0));
    expect(() => check(changed, { requireSigned: true, keys })).toThrow(/changed after/);
  });

  it('refuses a missing signature only where one is required', () => {
    expect(() => check(unsigned, { requireSigned: true, keys })).toThrow(/is not signed/);
    expect(check(unsigned, { requireSigned: false, keys })).toEqual({ kind: 'nobody' });
  });

  it('refuses a signature with something else in it', () => {
    expect(() => check({ wasm: WASM, signature: 'hello' }, { requireSigned: true, keys })).toThrow(/3 bytes instead of 64/);
  });

  it('takes a pinned file without a signature, in either case of letters', () => {
    expect(check(unsigned, { requireSigned: true, keys }, sha256(WASM).toUpperCase())).toEqual({ kind: 'pin' });
  });

  it('refuses a file that is not the pinned one, however well it is signed', () => {
    const refused = () => check(signedWith(author.privateKey), { requireSigned: true, keys }, '0'.repeat(64));
    expect(refused).toThrow(expect.objectContaining({ code: 'PLUGIN_UNTRUSTED' }));
  });

  it('names the place of a key that is none', () => {
    expect(() => readSigningKeys([pem(author.publicKey), 'hello'])).toThrow(/plugins\.publicKeys\[1\]: not a public key/);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => readSigningKeys([pem(rsa.publicKey)])).toThrow(/a key of type rsa; plugins are signed with Ed25519/);
  });

  it('reads the signature that lies beside a file, if there is one, and no more of it than one can have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'framegate-trust-'));
    const file = join(folder, 'plugin.wasm');
    try {
      expect(await readSignature(file)).toBeUndefined();
      await writeFile(`${file}.sig`, 'abcd\n');
      expect(await readSignature(file)).toBe('abcd');
      await writeFile(`${file}.sig`, 'a'.repeat(1e6));
      expect((await readSignature(file))?.length).toBeLessThan(2_000);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
