import { MANIFEST_SECTION } from '../abi/manifest.js';
import { customSection, readExports, readSections, writeSections } from '../abi/wasm-binary.js';
import { adviceFor } from '../guest/advice.js';
import { MISSING_GLOBALS, missingGlobalsIn } from '../guest/missing-globals.js';
import { partsFor } from '../guest/prelude-parts.js';
import { BuildGuest, GuestError } from './build-guest.js';
import { HostCallWhileBuilding } from './build-host.js';
import { BOOT, type Bundle } from './bundle.js';
import { CompileError, type CompileErrorKind } from './compile-error.js';
import { type Core, loadCore } from './core.js';
import { exportPlace } from './export-place.js';
import { usesEval } from './globals-used.js';
import { KEPT_EXPORTS } from './glue.js';
import { rareBuiltinsWithout, removalScript } from './rare-builtins.js';
import { snapshot } from './snapshot.js';
import { isOwnSource } from './source-name.js';
import { BUNDLE_NAME, SourcePositions } from './source-position.js';
import { unusedParts } from './unused-parts.js';
import { addWrappers } from './wrappers.js';

/** A bundle as a module. Plain data: it may come from another thread. */
export interface EvaluatedModule {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** JSON; '' for a standard Extism module. */
  readonly manifest: string;
  readonly exports: readonly string[];
  readonly warnings: readonly string[];
  readonly evaluateMs: number;
}

interface Evaluated {
  readonly guest: BuildGuest;
  /** JSON; '' for a standard Extism module. */
  readonly manifest: string;
  readonly exports: readonly string[];
  /** Slots of the function table that the plugin never calls. */
  readonly unusedSlots: readonly number[];
}

/**
 * Evaluates a bundle in QuickJS and writes the engine's state down. `file`: the source file with the exports. `loaded` is called when the
 * source begins to run. Throws CompileError.
 */
export async function evaluate(bundle: Bundle, file: string, loaded = () => {}): Promise<EvaluatedModule> {
  const [framegate, pdk] = await Promise.all([loadCore('framegate'), loadCore('pdk')]);
  loaded();
  const started = performance.now();
  // Which core a plugin needs is known once its exports are: what has no `plugin` is evaluated again, on the smaller core.
  const first = evaluateOn(framegate, bundle, file);
  const evaluated = first.manifest === '' ? evaluateOn(pdk, bundle, file) : first;
  const evaluateMs = performance.now() - started;
  const { manifest, exports, guest } = evaluated;
  return { wasm: emit(evaluated, usesEval(bundle.code)), manifest, exports, warnings: warningsOf(guest), evaluateMs };
}

function evaluateOn(core: Core, bundle: Bundle, file: string): Evaluated {
  const guest = new BuildGuest(core);
  const missing = usesEval(bundle.code) ? MISSING_GLOBALS : missingGlobalsIn(bundle.code);
  guest.run(`globalThis.${BOOT} = { missing: ${JSON.stringify(missing)} }`, '<boot>');
  guest.defineNatives(`${BOOT}_natives`);
  guest.run(`${BOOT}.natives = ${BOOT}_natives; delete globalThis.${BOOT}_natives`, '<boot>');
  if (core.variant === 'framegate') guest.run(`${BOOT}.native = ${BOOT}.natives`, '<boot>');
  const { prelude, graph, compiler } = core.info;
  const scripts = [prelude.base, ...partsFor(bundle.code).map((name) => prelude.parts[name])];
  for (const script of scripts) guest.run(script, '<prelude>');
  const removed = usesEval(bundle.code) ? undefined : rareBuiltinsWithout([bundle.code, ...scripts]);
  if (removed !== undefined) guest.run(removalScript(removed), '<boot>');
  guest.host.forgetReads();
  attempt(bundle, file, 'top-level', () => guest.run(bundle.code, BUNDLE_NAME));
  const description = attempt(bundle, file, 'shape', () =>
    guest.read(
      `{ const { manifest, exports } = ${BOOT}.module(); ${BOOT}.functions = [${BOOT}.describeFailure, ...Object.values(exports)]; JSON.stringify({ manifest, exports: Object.keys(exports) }) }`,
      '<boot>',
    ),
  );
  const { manifest, exports } = JSON.parse(description) as { manifest: string; exports: string[] };
  guest.defineFunctions(BOOT, 'functions', exports.length + 1);
  guest.run(`for (const reset of ${BOOT}.resets) reset(); delete globalThis.${BOOT}`, '<boot>');
  const unusedSlots =
    removed === undefined
      ? []
      : [compiler.slot, ...graph.builtins.filter(({ names }) => names.every((name) => removed.has(name))).map(({ slot }) => slot)];
  return { guest, manifest, exports, unusedSlots };
}

function emit({ guest, manifest, exports, unusedSlots }: Evaluated, keepsEval: boolean): Uint8Array<ArrayBuffer> {
  guest.settle(keepsEval);
  const { core } = guest;
  const call = readExports(readSections(core.wasm)).find(({ name }) => name === 'glue_call');
  if (call === undefined) throw new Error('the core does not export glue_call: rebuild it');
  const state = snapshot(core.wasm, guest.exports, {
    keep: new Set(KEPT_EXPORTS[core.variant]),
    unused: unusedParts(core.info.graph, unusedSlots),
  });
  const sections = addWrappers(state, exports, call.index, 1);
  return writeSections(manifest === '' ? sections : [...sections, customSection(MANIFEST_SECTION, new TextEncoder().encode(manifest))]);
}

function attempt<T>(bundle: Bundle, file: string, kind: CompileErrorKind, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof GuestError || error instanceof HostCallWhileBuilding)) throw error;
    const positions = new SourcePositions(bundle.sourceMap);
    const place = positions.innermost(error.guestStack, isOwnSource) ?? exportPlace(file, positions.source(file), error.message);
    if (error instanceof HostCallWhileBuilding) throw new CompileError('host-call', error.message, place, { cause: error });
    throw new CompileError(
      kind,
      kind === 'shape' ? error.message.replace(/^\w*Error: /, '') : `the source threw while it was evaluated: ${withAdvice(error.message)}`,
      place,
      { cause: error },
    );
  }
}

/** `message`: as the engine writes it, `Name: message`. */
function withAdvice(message: string): string {
  const [, name = '', rest = ''] = /^(\w+): (.*)$/s.exec(message) ?? [];
  return message + adviceFor({ name, message: rest }, MISSING_GLOBALS);
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
