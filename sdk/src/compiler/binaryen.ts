import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** By name: `Features.All` emits encodings that V8 refuses. */
export const FEATURES = [
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-nontrapping-float-to-int',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-reference-types',
  '--enable-multivalue',
  '--enable-call-indirect-overlong',
] as const;

/** binaryen's command-line tools, which run on Node. Only building the cores needs them: a plugin never does. */
export interface Binaryen {
  readonly version: string;
  run(tool: 'wasm-merge' | 'wasm-opt' | 'wasm-dis', args: readonly string[]): Promise<void>;
}

/** Throws if the package is not installed: it is a development dependency of this repository, and the published package ships the cores. */
export function findBinaryen(): Binaryen {
  const folder = dirname(resolveManifest());
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return {
    version,
    run: async (tool, args) => {
      await promisify(execFile)(process.execPath, [join(folder, 'bin', tool), ...args, ...FEATURES], { maxBuffer: 1 << 24 });
    },
  };
}

function resolveManifest(): string {
  try {
    return createRequire(import.meta.url).resolve('binaryen/package.json');
  } catch (error) {
    throw new Error(
      'the Wasm cores are missing and binaryen, which builds them, is not installed: run `npm install` in the framegate repository, or reinstall @framegate/sdk, which ships them',
      { cause: error },
    );
  }
}
