import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { HostError } from '../errors.js';
import { IrregularFileError, readRegularFile } from '../regular-file.js';

/** What a plugin file has to show before anything else is done with it. */
export interface PluginTrust {
  /** Bytes of a file; a larger one is not read. Absent: any. */
  readonly maxFileBytes?: number;
  /** Every file needs a signature by one of `keys`, or a pin in its route. */
  readonly requireSigned: boolean;
  readonly keys: readonly SigningKey[];
}

export interface SigningKey {
  /** The first 16 hexadecimal digits of the SHA-256 of its SubjectPublicKeyInfo (DER): what messages call it. */
  readonly id: string;
  readonly key: KeyObject;
}

/** How a file was found to be what somebody meant: by its pin, by a key, or not at all because nobody asked. */
export type TrustedBy = { readonly kind: 'pin' } | { readonly kind: 'signature'; readonly key: string } | { readonly kind: 'nobody' };

const ED25519_BYTES = 64;
/** Of a signature file; a signature has 88. What is longer is none, and not worth keeping whole. */
const MAX_SIGNATURE_CHARS = 1_024;

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads public keys: PEM, or the base64 of SubjectPublicKeyInfo (the PEM's middle). Throws CONFIG_INVALID for what is no Ed25519 key. */
export function readSigningKeys(texts: readonly string[]): SigningKey[] {
  return texts.map((text, index) => {
    const at = `plugins.publicKeys[${index}]`;
    let key: KeyObject;
    try {
      key = text.includes('-----BEGIN')
        ? createPublicKey(text)
        : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    } catch (error) {
      throw new HostError('CONFIG_INVALID', `${at}: not a public key: ${(error as Error).message}.`, {
        cause: error,
        hint: 'Use the text that `framegate keys` wrote to the .pub file: PEM, or only the base64 between its first and last line.',
      });
    }
    if (key.asymmetricKeyType !== 'ed25519') {
      throw new HostError('CONFIG_INVALID', `${at}: a key of type ${key.asymmetricKeyType ?? key.type}; plugins are signed with Ed25519.`);
    }
    return { id: sha256(key.export({ format: 'der', type: 'spki' })).slice(0, 16), key };
  });
}

/** A plugin's bytes, with what vouches for them. */
export interface SignedModule {
  readonly wasm: Uint8Array;
  /** The base64 of a detached signature: the 64 bytes of Ed25519 over the file (RFC 8032). Absent: there is none. */
  readonly signature?: string;
}

/** What messages call a module and its signature. */
export interface TrustSubject {
  readonly module: string;
  readonly signature: string;
  /** In a sentence about the module: why it has no signature. */
  readonly unsigned: string;
  /** What to do about a signature that is missing, or fits no key. */
  readonly hint: string;
}

/** The text of `FILE.sig`; `undefined`: there is none that can be read. Rejects with PLUGIN_UNTRUSTED for what is no regular file. */
export async function readSignature(file: string): Promise<string | undefined> {
  try {
    return String(await readRegularFile(`${file}.sig`))
      .trim()
      .slice(0, MAX_SIGNATURE_CHARS);
  } catch (error) {
    if (!(error instanceof IrregularFileError)) return undefined;
    throw new HostError('PLUGIN_UNTRUSTED', `Cannot read ${file}.sig: ${error.message}.`, {
      cause: error,
      hint: 'Put the signature there that `framegate sign` has written, or take it away.',
    });
  }
}

/**
 * Checks a plugin's bytes against its pin, and against their signature where there is one and keys are known.
 * Throws PLUGIN_UNTRUSTED.
 */
export function checkTrust(module: SignedModule, pin: string | undefined, trust: PluginTrust, subject: TrustSubject): TrustedBy {
  if (pin !== undefined) {
    const got = sha256(module.wasm);
    if (got === pin.toLowerCase()) return { kind: 'pin' };
    throw new HostError('PLUGIN_UNTRUSTED', `${subject.module} has the SHA-256 ${got}, but \`sha256\` in its route says ${pin}.`, {
      hint: 'If the new file is the one you want, write its SHA-256 into the configuration; otherwise restore the old file.',
    });
  }
  if (trust.keys.length === 0 && !trust.requireSigned) return { kind: 'nobody' };
  const { signature } = module;
  if (signature !== undefined) return { kind: 'signature', key: signer(module.wasm, signature, trust.keys, subject) };
  if (!trust.requireSigned) return { kind: 'nobody' };
  throw new HostError('PLUGIN_UNTRUSTED', `${subject.module} ${subject.unsigned}, and plugins.requireSigned is on.`, {
    hint: subject.hint,
  });
}

function signer(wasm: Uint8Array, text: string, keys: readonly SigningKey[], { module, signature: name, hint }: TrustSubject): string {
  const signature = Buffer.from(text, 'base64');
  if (signature.length !== ED25519_BYTES) {
    throw new HostError('PLUGIN_UNTRUSTED', `${name} is not an Ed25519 signature: ${signature.length} bytes instead of ${ED25519_BYTES}.`);
  }
  const found = keys.find(({ key }) => verify(null, wasm, key, signature));
  if (found !== undefined) return found.id;
  const known = keys.map(({ id }) => id).join(', ') || 'none';
  throw new HostError(
    'PLUGIN_UNTRUSTED',
    `${name} fits none of plugins.publicKeys (known: ${known}): ${module} was changed after it was signed, or signed with a key that is not on the list.`,
    { hint },
  );
}
