import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { stdout } from 'node:process';
import type { Command } from 'commander';
import pc from 'picocolors';
import { UserError } from './output.js';
import { readInput } from './read-input.js';

/** `framegate keys NAME` and `framegate sign FILE --key KEY`: who vouches for a plugin file. */
export function addSigningCommands(program: Command): void {
  program
    .command('keys')
    .description('Make a key pair (Ed25519) to sign plugins with: NAME.key stays with you, NAME.pub goes into plugins.publicKeys.')
    .argument('<name>', 'path and name of the two files')
    .action(makeKeys);
  program
    .command('sign')
    .description('Sign a plugin: writes FILE.sig beside it.')
    .argument('<file>', 'the compiled plugin, .wasm')
    .requiredOption('--key <file>', 'the private key that `framegate keys` wrote')
    .action(signFile);
}

async function makeKeys(name: string): Promise<void> {
  if (basename(name).trim() === '') throw new UserError('the keys have no name: framegate keys my-name');
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeNew(`${name}.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  await writeNew(`${name}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  const line = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  stdout.write(
    `${pc.green('✓')} ${pc.bold(`${name}.key`)} signs plugins: keep it to yourself\n` +
      `${pc.green('✓')} ${pc.bold(`${name}.pub`)} is for everybody; for the host's configuration:\n\n` +
      `  "plugins": { "requireSigned": true, "publicKeys": ["${line}"] }\n`,
  );
}

async function signFile(file: string, { key: keyFile }: { readonly key: string }): Promise<void> {
  const wasm = await readInput(file);
  if (Buffer.from(wasm.subarray(0, 4)).toString('latin1') !== '\0asm')
    throw new UserError(`${file} is not a Wasm module: sign what \`framegate build\` has written`);
  const key = await readPrivateKey(keyFile);
  await writeFile(`${file}.sig`, `${sign(null, wasm, key).toString('base64')}\n`);
  const der = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' }))
    .export({ type: 'spki', format: 'der' })
    .toString('base64');
  stdout.write(`${pc.green('✓')} ${file}.sig  ${pc.dim(`for hosts with ${der} in plugins.publicKeys`)}\n`);
}

async function readPrivateKey(file: string): Promise<KeyObject> {
  const pem = await readInput(file);
  let key: KeyObject;
  try {
    key = createPrivateKey(Buffer.from(pem));
  } catch (error) {
    throw new UserError(`${file} is not a private key: it takes the .key file that \`framegate keys\` wrote`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new UserError(`${file} is a key of type ${key.asymmetricKeyType ?? 'unknown'}; plugins are signed with Ed25519`);
  return key;
}

/** A key that is overwritten is gone, and everything it has signed with it. */
async function writeNew(file: string, content: string | Buffer, mode: number): Promise<void> {
  try {
    await writeFile(file, content, { mode, flag: 'wx' });
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new UserError(taken ? `${file} is there already; choose another name` : `cannot write ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
