import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { HostError } from '../errors.js';
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
    this.#keys = keys.map((entry) => ({
      hash: entry.sha256 === undefined ? sha256(entry.key ?? secretFrom(env, entry.env ?? '', 16)) : Buffer.from(entry.sha256, 'hex'),
      principal: { name: entry.name, role: entry.role, via: 'key' },
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

/** The secret in that variable. Throws a HostError (CONFIG_INVALID) if it is not there, or shorter than that. */
export function secretFrom(env: NodeJS.ProcessEnv, name: string, minLength: number): string {
  const value = env[name];
  if (value !== undefined && value.length >= minLength) return value;
  const got = value === undefined ? 'it is not set' : `it has ${value.length} characters`;
  throw new HostError('CONFIG_INVALID', `Environment variable ${name} has to have a secret of at least ${minLength} characters; ${got}.`);
}

/** Reads the key in that file; makes one first, for its owner's eyes only, if there is no such file. */
export async function readKeyFile(file: string): Promise<string> {
  try {
    await writeFile(file, `fg_${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotUse(file, error);
  }
  try {
    const key = (await readFile(file, 'utf8')).trim();
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
