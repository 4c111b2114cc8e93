import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import binaryen from 'binaryen';
import { ROOT } from './paths.js';

const OUTPUT = join(ROOT, 'bench', 'dist', 'guests');

/** Assembles a WebAssembly text and returns where the module lies. `path` is relative to the repository's root. */
export async function assembleGuest(name: string, path: string): Promise<string> {
  const module = binaryen.parseText(await readFile(join(ROOT, path), 'utf8'));
  const file = join(OUTPUT, `${name}.wasm`);
  await mkdir(OUTPUT, { recursive: true });
  await writeFile(file, module.emitBinary());
  module.dispose();
  return file;
}
