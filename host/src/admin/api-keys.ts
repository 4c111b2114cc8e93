import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { HostError } from '../errors.js';
import { readRegularFile } from '../regular-file.js';
import type { AdminOptions } from './admin-options.js';
import type { Principal } from './principal.js';

interface StoredKey {
  readonly hash: Buffer;
  readonly principal: Principal;
}

/** The configured keys, of which only hashes are kept. */
export class ApiKeys {
  readonly #keys: readonly StoredKey[];

  /** Throws a HostError (CONFIG_INVALID) for an environment variable that is not set, or too short. */
  constructor(keys: AdminOptions['apiKeys'], env: NodeJS.ProcessEnv = process.env) {
    this.#keys = keys.map(({ name, role, key, sha256: hash, env: variable = '' }, index) => ({
      hash:
        hash === undefined
          ? sha256(key ?? secretFrom(env, { variable, minLength: 16, option: `admin.apiKeys[${index}].env` }))
          : Buffer.from(hash, 'hex'),
      principal: { name, role, via: 'key' },
    }));
  }

  /** Compares with every key, in a time that says nothing of how near the guess was. */
  find(candidate: string): Principal | undefined {
    const hash = sha256(candidate);
    let found: Principal | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.hash, hash)) found ??= key.principal;
    return found;
  }
}

/** A secret that stands in the environment. */
export interface SecretVariable {
  readonly variable: string;
  /** Characters. */
  readonly minLength: number;
  /** The option of the configuration that names it. */
  readonly option: string;
}

/** The secret in that variable. Throws a HostError (CONFIG_INVALID) if it is not there, or too short. */
export function secretFrom(env: NodeJS.ProcessEnv, { variable, minLength, option }: SecretVariable): string {
  const value = env[variable];
  if (value !== undefined && value.length >= minLength) return value;
  const got = value === undefined ? 'is not set' : `has ${value.length} characters`;
  throw new HostError(
    'CONFIG_INVALID',
    `${option}: the environment variable ${variable} ${got}; it has to have a secret of at least ${minLength} characters.`,
    { hint: `Set ${variable} for the process that starts the host, or name another variable in ${option}.` },
  );
}

/** Reads the key in that file; makes one first, for its owner's eyes only, if there is no such file. */
export async function readKeyFile(file: string): Promise<string> {
  try {
    await writeFile(file, `fg_${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotUse(file, error);
  }
  try {
    const key = String(await readRegularFile(file)).trim();
    if (key.length >= 16) return key;
    throw new Error(`its key has ${key.length} characters, at least 16 are needed; delete the file to get a new one`);
  } catch (error) {
    throw cannotUse(file, error);
  }
}

function cannotUse(file: string, error: unknown): HostError {
  return new HostError('CONFIG_INVALID', `The admin key file ${file} cannot be used: ${(error as Error).message}.`, {
    cause: error,
    hint: 'Name a file that can be written in admin.keyFile, or give keys in admin.apiKeys.',
  });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
