import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PRELUDE_PARTS } from '../guest/prelude-parts.js';
import { type Binaryen, FEATURES, findBinaryen } from './binaryen.js';
import { BUILD_EXPORTS, growTable, keepExports, readEngine } from './core-engine.js';
import { type CoreInfo, coreInfoPath, coreWasmPath, DIST, type Prelude } from './core-files.js';
import { GRAPH_VERSION, readCoreText, unusedFunctions } from './core-graph.js';
import { CORE_VARIANTS, type CoreVariant } from './core-variant.js';
import { bootEngine, findCompiler } from './find-compiler.js';
import { globalExports, glueWat, KEPT_EXPORTS, keptFunctions, nativesOf } from './glue.js';
import { WASI_STUB } from './glue-engine.js';
import { findBuiltinSlots, RARE_BUILTINS } from './rare-builtins.js';
import { silenceAssertions } from './silence-assertions.js';
import { findStaticData, staticRange } from './static-data.js';
import { assertValueLayout } from './value-layout.js';

/** Who is told of a build that takes seconds. */
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

async function refreshCore(variant: CoreVariant, prelude: Prelude, { log, starting }: Required<BuildCoresOptions>): Promise<void> {
  const known = await readInfo(variant);
  const binaryen = known === undefined ? findBinaryen() : findBinaryenIfThere();
  // Installed without development dependencies: the cores that are there are the ones to use.
  if (binaryen === undefined) return;
  const engine = silenceAssertions(readEngine());
  const natives = nativesOf(variant);
  const { wasm, slot } = growTable(engine, natives.length);
  const glue = glueWat(variant, slot);
  const exports = [...new Set([...BUILD_EXPORTS, ...KEPT_EXPORTS[variant], ...globalExports(variant)])];
  const inputs = JSON.stringify([glue, WASI_STUB, exports, FEATURES, OPTIMISE, binaryen.version, GRAPH_VERSION, RARE_BUILTINS]);
  const hash = createHash('sha256').update(engine).update(inputs).digest('hex');
  const common = { hash, slot, natives: natives.map(([name, { arity }]) => ({ name, arity })), prelude };
  if (known?.hash === hash) {
    const info: CoreInfo = { ...known, ...common };
    if (JSON.stringify(info) !== JSON.stringify(known)) await replaceFile(coreInfoPath(variant), JSON.stringify(info));
  } else {
    starting(variant);
    const started = performance.now();
    const { core, wat } = await linkCore(binaryen, { engine: wasm, glue, exports });
    const module = await WebAssembly.compile(core);
    const info: CoreInfo = { ...common, ...describeCore(variant, { core, module, wat }) };
    assertValueLayout({ variant, wasm: core, module, info });
    // A core without its description is none: nobody reads a new one with an old description.
    await rm(coreInfoPath(variant), { force: true });
    await replaceFile(coreWasmPath(variant), core);
    await replaceFile(coreInfoPath(variant), JSON.stringify(info));
    log(`core ${variant}: ${Math.round(core.length / 1024)} KiB in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

function describeCore(
  variant: CoreVariant,
  { core, module, wat }: { readonly core: Uint8Array; readonly module: WebAssembly.Module; readonly wat: string },
): Pick<CoreInfo, 'compiler' | 'graph'> {
  const engine = bootEngine(module);
  const text = readCoreText(wat, keptFunctions(variant));
  const memory = new Uint8Array(engine.memory.buffer);
  const range = staticRange(core);
  const compiler = findCompiler(engine);
  const unused = new Set(unusedFunctions(text, [compiler.slot]));
  const called = (position: number): boolean => !unused.has(position);
  const { roots, table, calls } = text;
  const data = findStaticData(text, { memory, range, called });
  return { graph: { roots, table, calls, data, builtins: findBuiltinSlots(text, memory, range) }, compiler };
}

/** The core and its text, which tells what calls what. */
async function linkCore(
  binaryen: Binaryen,
  parts: { engine: Uint8Array; glue: string; exports: readonly string[] },
): Promise<{ core: Uint8Array<ArrayBuffer>; wat: string }> {
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
    await binaryen.run('wasm-dis', [file('core.wasm'), '-o', file('core.wat')]);
    const [core, wat] = await Promise.all([readFile(file('core.wasm')), readFile(file('core.wat'), 'utf8')]);
    return { core: new Uint8Array(core), wat };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundlePrelude(): Promise<Prelude> {
  const parts = Object.keys(PRELUDE_PARTS).map(async (name) => [name, await bundleScript(`part-${name}.js`)] as const);
  return { base: await bundleScript('prelude.js'), parts: Object.fromEntries(await Promise.all(parts)) as Prelude['parts'] };
}

async function bundleScript(file: string): Promise<string> {
  const result = await build({
    entryPoints: [join(DIST, 'guest', file)],
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
