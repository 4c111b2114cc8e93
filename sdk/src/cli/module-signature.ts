import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from './output.js';

/** What is beside a module. `present`: a signature that no key was given for. `by`: the key, as a host's messages call it. */
export type ModuleSignature =
  | { readonly signature: 'none' | 'present' }
  | { readonly signature: 'valid'; readonly by: string }
  | { readonly signature: 'invalid'; readonly why: string };

const ED25519_BYTES = 64;

/**
 * Checks `FILE.sig` as a host does. `keys`: files that `framegate keys` wrote (.pub), or their base64 as plugins.publicKeys has it; without any it can't be said
 * whether a signature holds. Throws UserError for what is no key.
 */
export async function checkSignature(file: string, wasm: Uint8Array, keys: readonly string[]): Promise<ModuleSignature> {
  const known = await Promise.all(keys.map(readPublicKey));
  const text = await readFile(`${file}.sig`, 'utf8').catch(() => undefined);
  if (text === undefined) return { signature: 'none' };
  const signature = Buffer.from(text.trim(), 'base64');
  if (signature.length !== ED25519_BYTES) {
    return { signature: 'invalid', why: `it is no Ed25519 signature: ${signature.length} bytes instead of ${ED25519_BYTES}` };
  }
  if (known.length === 0) return { signature: 'present' };
  const found = known.find((key) => verify(null, wasm, key, signature));
  if (found !== undefined) return { signature: 'valid', by: idOf(found) };
  const why = `the file was changed after it was signed, or signed with another key than ${known.map(idOf).join(', ')}`;
  return { signature: 'invalid', why };
}

async function readPublicKey(named: string): Promise<KeyObject> {
  const text = existsSync(named) ? await readFile(named, 'utf8') : named;
  let key: KeyObject | undefined;
  try {
    if (text.includes('PRIVATE KEY')) throw new Error('it is a private key');
    key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  } catch (error) {
    const wanted = 'it takes a .pub file that `framegate keys` wrote, or the base64 of plugins.publicKeys';
    throw new UserError(`${named} is not a public key: ${wanted}`, { cause: error });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new UserError(`${named} is a key of type ${key.asymmetricKeyType ?? 'unknown'}; plugins are signed with Ed25519`);
}

function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16);
}
