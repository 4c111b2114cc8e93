import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseManifest } from '../abi/manifest-section.js';
import { type Bundle, bundlePlugin, INLINE_FILE, type PluginSource } from './bundle.js';
import { compileAssemblyScript } from './compile-assemblyscript.js';
import { CompileError } from './compile-error.js';
import type { CompiledPlugin } from './compiled-plugin.js';
import { evaluateWithin } from './evaluate-within.js';
import { type Language, languageOf } from './language.js';

const TIME_LIMIT_MS = 10_000;

/** What is compiled, a file or a source text, and how. */
export type CompileOptions = PluginSource & {
  /** Writes the module here, and its source map to the same name with `.map`; makes the folder. */
  readonly outFile?: string;
  /** Folds constants and inlines small functions. Default true. */
  readonly minify?: boolean;
  /** Milliseconds for which the source's top level may run, in a thread of its own; then the build fails. Default: 10,000. */
  readonly timeLimitMs?: number;
  /** Ends an evaluation that is under way; the build rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Default: AssemblyScript if an asconfig.json stands beside the entry or above it, else TypeScript. */
  readonly language?: Language;
  /** Told the full path of each file that the build reads, and of each that it looks for in vain, also where it fails; some more than once. */
  readonly reads?: (file: string) => void;
};

/** Compiles a plugin's source to one Wasm module. The same source gives the same bytes. Throws CompileError. */
export async function compilePlugin(options: CompileOptions): Promise<CompiledPlugin> {
  const language = options.language ?? ('entry' in options ? languageOf(options.entry) : 'typescript');
  const compiled =
    language === 'assemblyscript' && 'entry' in options
      ? await compileAssemblyScript(options.entry, options.reads)
      : await compileTypeScript(options);
  if (compiled.manifest?.config !== undefined) {
    const { checkConfigSchema } = await import('./config-schema-check.js');
    checkConfigSchema(compiled.manifest.config);
  }
  if (options.outFile !== undefined) {
    await mkdir(dirname(options.outFile), { recursive: true });
    await Promise.all([
      writeFile(options.outFile, compiled.wasm),
      compiled.sourceMap === '' ? rm(`${options.outFile}.map`, { force: true }) : writeFile(`${options.outFile}.map`, compiled.sourceMap),
    ]);
  }
  return compiled;
}

/**
 * Bundles the source, evaluates it in QuickJS, and writes the engine's state down as the module's initial state. A source that exports
 * `plugin` becomes a framegate ABI v1 module, any other one a standard Extism module of its functions.
 */
async function compileTypeScript(options: CompileOptions): Promise<CompiledPlugin> {
  const started = performance.now();
  const minify = options.minify ?? true;
  const bundle = await bundlePlugin(options, minify, options.reads);
  const bundled = performance.now();
  const file = 'entry' in options ? basename(options.entry) : INLINE_FILE;
  const bounds = { limitMs: options.timeLimitMs ?? TIME_LIMIT_MS, signal: options.signal };
  const run = (one: Bundle) => evaluateWithin(one, file, bounds);
  const { wasm, manifest, exports, warnings, evaluateMs } = await run(bundle).catch(async (error: unknown) => {
    // The plain bundle's error: nothing is inlined there, and so the place is exact.
    if (minify && error instanceof CompileError && error.location !== undefined) await run(await bundlePlugin(options, false));
    throw error;
  });
  const ended = performance.now();
  return {
    wasm,
    sourceMap: bundle.sourceMap,
    ...(manifest === '' ? {} : { manifest: parseManifest(manifest) }),
    exports,
    warnings: [...bundle.warnings, ...warnings],
    sources: bundle.sources,
    timings: { bundle: bundled - started, evaluate: evaluateMs, emit: ended - bundled - evaluateMs, total: ended - started },
  };
}
