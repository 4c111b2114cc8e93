import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Binaryen, FEATURES, findBinaryen } from './binaryen.js';
import { BUILD_EXPORTS, growTable, keepExports, readEngine } from './core-engine.js';
import { type CoreInfo, coreInfoPath, coreWasmPath, DIST } from './core-files.js';
import { CORE_VARIANTS, type CoreVariant } from './core-variant.js';
import { globalExports, glueWat, KEPT_EXPORTS, nativesOf } from './glue.js';
import { WASI_STUB } from './glue-engine.js';
import { assertValueLayout } from './value-layout.js';

export interface BuildCoresOptions {
  /** Gets one line for each core that is built; fresh ones say nothing. */
  readonly log?: (line: string) => void;
  /** Told before a core is built, which takes seconds. */
  readonly starting?: (variant: CoreVariant) => void;
}

const OPTIMISE = ['-O3', '--strip-debug', '--strip-producers'] as const;

/**
 * Builds the cores that are missing or made from other inputs, side by side (tens of seconds, once). Needs binaryen only then.
 * A core appears whole or not at all: two builds at once do no harm.
 */
export async function buildCores({ log = () => {}, starting = () => {} }: BuildCoresOptions = {}): Promise<void> {
  const prelude = await bundlePrelude();
  await mkdir(join(DIST, 'core'), { recursive: true });
  await Promise.all(CORE_VARIANTS.map((variant) => refreshCore(variant, prelude, { log, starting })));
}

async function refreshCore(variant: CoreVariant, prelude: string, { log, starting }: Required<BuildCoresOptions>): Promise<void> {
  const known = await readInfo(variant);
  const binaryen = known === undefined ? findBinaryen() : findBinaryenIfThere();
  // Installed without development dependencies: the cores that are there are the ones to use.
  if (binaryen === undefined) return;
  const engine = readEngine();
  const natives = nativesOf(variant);
  const { wasm, slot } = growTable(engine, natives.length);
  const glue = glueWat(variant, slot);
  const exports = [...new Set([...BUILD_EXPORTS, ...KEPT_EXPORTS[variant], ...globalExports(variant)])];
  const inputs = JSON.stringify([glue, WASI_STUB, exports, FEATURES, OPTIMISE, binaryen.version]);
  const hash = createHash('sha256').update(engine).update(inputs).digest('hex');
  const info: CoreInfo = { hash, slot, natives: natives.map(([name, { arity }]) => ({ name, arity })), prelude };
  if (known?.hash !== hash) {
    starting(variant);
    const started = performance.now();
    const core = await linkCore(binaryen, { engine: wasm, glue, exports });
    assertValueLayout({ variant, wasm: core, module: await WebAssembly.compile(core), info });
    // A core without its description is none: nobody reads a new one with an old description.
    await rm(coreInfoPath(variant), { force: true });
    await replaceFile(coreWasmPath(variant), core);
    log(`core ${variant}: ${Math.round(core.length / 1024)} KiB in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } else if (JSON.stringify(info) === JSON.stringify(known)) return;
  await replaceFile(coreInfoPath(variant), JSON.stringify(info));
}

async function linkCore(binaryen: Binaryen, parts: { engine: Uint8Array; glue: string; exports: readonly string[] }): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'framegate-core-'));
  try {
    const file = (name: string) => join(folder, name);
    await Promise.all([
      writeFile(file('engine.wasm'), parts.engine),
      writeFile(file('glue.wat'), parts.glue),
      writeFile(file('wasi.wat'), WASI_STUB),
    ]);
    await binaryen.run('wasm-merge', [
      file('engine.wasm'),
      'qjs',
      file('glue.wat'),
      'env',
      file('wasi.wat'),
      'wasi_snapshot_preview1',
      '-o',
      file('merged.wasm'),
    ]);
    await writeFile(file('trimmed.wasm'), keepExports(await readFile(file('merged.wasm')), new Set(parts.exports)));
    await binaryen.run('wasm-opt', [file('trimmed.wasm'), '-o', file('core.wasm'), ...OPTIMISE]);
    return await readFile(file('core.wasm'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundlePrelude(): Promise<string> {
  const result = await build({
    entryPoints: [join(DIST, 'guest/prelude.js')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    platform: 'neutral',
    minify: true,
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

async function readInfo(variant: CoreVariant): Promise<CoreInfo | undefined> {
  if (!existsSync(coreWasmPath(variant)) || !existsSync(coreInfoPath(variant))) return undefined;
  try {
    return JSON.parse(await readFile(coreInfoPath(variant), 'utf8')) as CoreInfo;
  } catch {
    return undefined;
  }
}

function findBinaryenIfThere(): Binaryen | undefined {
  try {
    return findBinaryen();
  } catch {
    return undefined;
  }
}

async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, content);
  await rename(draft, path);
}
