import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { PluginManifest } from '../abi/manifest.js';
import { parseManifest } from '../abi/manifest-section.js';
import { type Bundle, bundlePlugin, INLINE_FILE, type PluginSource } from './bundle.js';
import { CompileError } from './compile-error.js';
import { evaluate } from './evaluate.js';
import { evaluateWithin } from './evaluate-within.js';

export type CompileOptions = PluginSource & {
  /** Writes the module here, and its source map to the same name with `.map`; makes the folder. */
  readonly outFile?: string;
  /** Default true. */
  readonly minify?: boolean;
  /**
   * Milliseconds for which the source's top level may run; then the build fails. With it the source is evaluated in a thread of its own,
   * which takes some 50 ms more. Default: no limit, in this thread.
   */
  readonly timeLimitMs?: number;
};

export interface CompiledPlugin {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** JSON; maps positions in the `plugin.js` of stack traces to the source. */
  readonly sourceMap: string;
  /** Undefined: a standard Extism module, called through the Otoroshi ABI. */
  readonly manifest?: PluginManifest;
  readonly exports: readonly string[];
  readonly warnings: readonly string[];
  /** Milliseconds. */
  readonly timings: { readonly bundle: number; readonly evaluate: number; readonly emit: number; readonly total: number };
}

/**
 * Compiles a plugin's source to one Wasm module: bundles it, evaluates it in QuickJS, and writes the engine's state down as the module's
 * initial state. The same source gives the same bytes. A source that exports `plugin` becomes a framegate ABI v1 module, any other one a
 * standard Extism module of its functions. Throws CompileError.
 */
export async function compilePlugin(options: CompileOptions): Promise<CompiledPlugin> {
  const started = performance.now();
  const minify = options.minify ?? true;
  const bundle = await bundlePlugin(options, minify);
  const bundled = performance.now();
  const file = 'entry' in options ? basename(options.entry) : INLINE_FILE;
  const run = (one: Bundle) => (options.timeLimitMs === undefined ? evaluate(one, file) : evaluateWithin(one, file, options.timeLimitMs));
  const { wasm, manifest, exports, warnings, evaluateMs } = await run(bundle).catch(async (error: unknown) => {
    // The plain bundle's error: nothing is inlined there, and so the place is exact.
    if (minify && error instanceof CompileError && error.location !== undefined) await run(await bundlePlugin(options, false));
    throw error;
  });
  if (options.outFile !== undefined) {
    await mkdir(dirname(options.outFile), { recursive: true });
    await Promise.all([writeFile(options.outFile, wasm), writeFile(`${options.outFile}.map`, bundle.sourceMap)]);
  }
  const ended = performance.now();
  return {
    wasm,
    sourceMap: bundle.sourceMap,
    ...(manifest === '' ? {} : { manifest: parseManifest(manifest) }),
    exports,
    warnings: [...bundle.warnings, ...warnings],
    timings: { bundle: bundled - started, evaluate: evaluateMs, emit: ended - bundled - evaluateMs, total: ended - started },
  };
}
