import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MANIFEST_SECTION, type PluginManifest } from '../abi/manifest.js';
import { parseManifest } from '../abi/manifest-section.js';
import { customSection, readExports, readSections, writeSections } from '../abi/wasm-binary.js';
import { BuildGuest, GuestError } from './build-guest.js';
import { HostCallWhileBuilding } from './build-host.js';
import { BOOT, type Bundle, bundlePlugin, type PluginSource } from './bundle.js';
import { CompileError, type CompileErrorKind } from './compile-error.js';
import { type Core, loadCore } from './core.js';
import { KEPT_EXPORTS } from './glue.js';
import { snapshot } from './snapshot.js';
import { isOwnSource } from './source-name.js';
import { BUNDLE_NAME, SourcePositions } from './source-position.js';
import { addWrappers } from './wrappers.js';

export type CompileOptions = PluginSource & {
  /** Writes the module here, and its source map to the same name with `.map`; makes the folder. */
  readonly outFile?: string;
  /** Default true. */
  readonly minify?: boolean;
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
  const evaluated = await evaluate(bundle).catch((error) => explain(error, options, minify));
  const done = performance.now();
  const wasm = emit(evaluated);
  if (options.outFile !== undefined) {
    await mkdir(dirname(options.outFile), { recursive: true });
    await Promise.all([writeFile(options.outFile, wasm), writeFile(`${options.outFile}.map`, bundle.sourceMap)]);
  }
  const ended = performance.now();
  return {
    wasm,
    sourceMap: bundle.sourceMap,
    ...(evaluated.manifest === '' ? {} : { manifest: parseManifest(evaluated.manifest) }),
    exports: evaluated.exports,
    warnings: [...bundle.warnings, ...warningsOf(evaluated.guest)],
    timings: { bundle: bundled - started, evaluate: done - bundled, emit: ended - done, total: ended - started },
  };
}

/** Throws the error again; for a minified bundle that of the plain one, where nothing is inlined and so the place is exact. */
async function explain(error: unknown, source: PluginSource, minified: boolean): Promise<never> {
  if (minified && error instanceof CompileError) await evaluate(await bundlePlugin(source, false));
  throw error;
}

interface Evaluated {
  readonly guest: BuildGuest;
  /** JSON; '' for a standard Extism module. */
  readonly manifest: string;
  readonly exports: readonly string[];
}

/** Which core a plugin needs is known once its exports are: what has no `plugin` is evaluated again, on the smaller core. */
async function evaluate(bundle: Bundle): Promise<Evaluated> {
  const [framegate, pdk] = await Promise.all([loadCore('framegate'), loadCore('pdk')]);
  const first = evaluateOn(framegate, bundle);
  return first.manifest === '' ? evaluateOn(pdk, bundle) : first;
}

function evaluateOn(core: Core, bundle: Bundle): Evaluated {
  const guest = new BuildGuest(core);
  guest.run(`globalThis.${BOOT} = {}`, '<boot>');
  guest.defineNatives(`${BOOT}_natives`);
  guest.run(core.info.prelude, '<prelude>');
  if (core.variant === 'framegate') guest.run(`${BOOT}.native = ${BOOT}.natives`, '<boot>');
  guest.host.forgetReads();
  attempt(bundle, 'top-level', () => guest.run(bundle.code, BUNDLE_NAME));
  const description = attempt(bundle, 'shape', () =>
    guest.read(
      `{ const { manifest, exports } = ${BOOT}.module(); ${BOOT}.functions = [${BOOT}.formatError, ...Object.values(exports)]; JSON.stringify({ manifest, exports: Object.keys(exports) }) }`,
      '<boot>',
    ),
  );
  const { manifest, exports } = JSON.parse(description) as { manifest: string; exports: string[] };
  guest.defineFunctions(BOOT, 'functions', exports.length + 1);
  guest.run(`${BOOT}.reset(); delete globalThis.${BOOT}`, '<boot>');
  return { guest, manifest, exports };
}

function emit({ guest, manifest, exports }: Evaluated): Uint8Array<ArrayBuffer> {
  guest.settle();
  const { core } = guest;
  const call = readExports(readSections(core.wasm)).find(({ name }) => name === 'glue_call');
  if (call === undefined) throw new Error('the core does not export glue_call: rebuild it');
  const sections = addWrappers(snapshot(core.wasm, guest.exports, new Set(KEPT_EXPORTS[core.variant])), exports, call.index, 1);
  return writeSections(manifest === '' ? sections : [...sections, customSection(MANIFEST_SECTION, new TextEncoder().encode(manifest))]);
}

function attempt<T>(bundle: Bundle, kind: CompileErrorKind, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof GuestError || error instanceof HostCallWhileBuilding)) throw error;
    const place = new SourcePositions(bundle.sourceMap).innermost(error.guestStack, isOwnSource);
    if (error instanceof HostCallWhileBuilding) throw new CompileError('host-call', error.message, place, { cause: error });
    throw new CompileError(
      kind,
      kind === 'shape' ? error.message.replace(/^\w*Error: /, '') : `the source threw while it was evaluated: ${error.message}`,
      place,
      { cause: error },
    );
  }
}

function warningsOf({ host }: BuildGuest): string[] {
  return [
    ...host.logs.map((line) => `logged while it was built: ${line}`),
    ...(host.readsClock
      ? ['the top level reads the clock: it stands still while a plugin is built, and the value is frozen into the module']
      : []),
    ...(host.readsRandom ? ['the top level asks for random numbers: they are frozen into the module, the same for every instance'] : []),
  ];
}
