import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compilePlugin } from '../../sdk/src/compiler/index.js';

const resolveDir = fileURLToPath(new URL('../..', import.meta.url));
const built = new Map<string, Promise<Uint8Array>>();

/** The Wasm of a plugin whose definition (the object given to `definePlugin`) is this text; `sdk` has the SDK's functions. */
export function buildPlugin(definition: string): Promise<Uint8Array> {
  let wasm = built.get(definition);
  if (wasm === undefined) {
    const source = `import * as sdk from '@framegate/sdk';\nexport const plugin = sdk.definePlugin(${definition});\n`;
    wasm = compilePlugin({ source, resolveDir }).then((compiled) => compiled.wasm);
    built.set(definition, wasm);
  }
  return wasm;
}

export function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `framegate-${name}-`));
}

/** Replaces a file in one step, as a careful deployment does. */
export async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${file}.next`, content);
  await rename(`${file}.next`, file);
}
