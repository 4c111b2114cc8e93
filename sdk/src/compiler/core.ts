import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CompileError } from './compile-error.js';
import { type CoreInfo, coreInfoPath, coreWasmPath } from './core-files.js';
import type { CoreVariant } from './core-variant.js';

/** A core ready to build plugins from: its bytes, its compiled module and how to drive it. */
export interface Core {
  readonly variant: CoreVariant;
  readonly wasm: Uint8Array;
  readonly module: WebAssembly.Module;
  readonly info: CoreInfo;
}

const loaded = new Map<CoreVariant, Promise<Core>>();

/** Reads and compiles a core once a process; what takes time stays warm for later plugins. */
export function loadCore(variant: CoreVariant): Promise<Core> {
  const known = loaded.get(variant);
  if (known !== undefined) return known;
  const core = readCore(variant);
  loaded.set(variant, core);
  core.catch(() => loaded.delete(variant));
  return core;
}

async function readCore(variant: CoreVariant): Promise<Core> {
  if (!existsSync(coreWasmPath(variant)) || !existsSync(coreInfoPath(variant))) {
    throw new CompileError(
      'core',
      `the Wasm core "${variant}" is missing: run \`npm run build\` in the framegate repository, or reinstall @framegate/sdk, which ships it`,
    );
  }
  const [wasm, info] = await Promise.all([readFile(coreWasmPath(variant)), readFile(coreInfoPath(variant), 'utf8')]);
  return { variant, wasm, module: await WebAssembly.compile(wasm), info: JSON.parse(info) as CoreInfo };
}
