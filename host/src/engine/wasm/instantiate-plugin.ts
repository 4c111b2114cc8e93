import { createHash } from 'node:crypto';
import { HostError } from '../../errors.js';
import { TimeLimitError, withinTime } from '../../time-limit.js';
import type { PluginSpec } from '../engine.js';
import { counterTypeOf, fuelOf, startFuelOf } from './fuel/fuel-gauge.js';
import { injectFuel } from './fuel/inject-fuel.js';
import { type CheckedModule, checkModule } from './load-checks.js';
import { meterLog } from './log-meter.js';
import { clampMemory } from './memory-clamp.js';
import type { PluginServices } from './plugin-services.js';
import { describeUnfinished, warmUp } from './warm-up.js';
import { WasmInstance } from './wasm-instance.js';
import { type StartGuest, WasmPlugin } from './wasm-plugin.js';

/** `direct`: this host's own runtime. `extism`: `@extism/extism`, slower, for comparison. */
export type PluginRuntime = 'direct' | 'extism';

/** Milliseconds. A module of 2 MB takes a tenth of a second; meanwhile no socket is served. */
const REWRITE_LIMIT_MS = 5_000;

/** How a plugin's hooks are called with made-up frames before it starts. May be posted to other threads. */
export interface RehearsalOptions {
  /** false: no calls beforehand, so that the first one is as cold as it can be. Default true. */
  readonly warm?: boolean;
  /** Whether a plugin is refused that traps, runs out of memory or runs away in those calls. Default false: as with one that is only slow, `unfinished` is told. */
  readonly strict?: boolean;
}

export interface StartOptions extends RehearsalOptions {
  /** Told if a hook did not finish its calls beforehand, or not in time: live frames may fare the same. */
  readonly unfinished?: (message: string) => void;
}

/** A plugin that passed the checks and is compiled: may be posted to other threads, which then need not compile it again. */
export interface PreparedPlugin {
  readonly spec: PluginSpec;
  readonly checked: CheckedModule;
  readonly module: WebAssembly.Module;
  /** Of the file, where its calls are recorded: the file itself does not travel to other threads. */
  readonly sha256?: string;
}

/** Checks, clamps, meters and compiles a plugin. Rejects with a HostError (PLUGIN_NOT_WASM or PLUGIN_INVALID) if it could never run. */
export async function preparePlugin(spec: PluginSpec): Promise<PreparedPlugin> {
  const { checked, bytes } = rewritten(spec);
  const sha256 = spec.record && createHash('sha256').update(spec.wasm).digest('hex');
  return { spec, checked, module: await compile(spec, bytes), ...(sha256 && { sha256 }) };
}

/** Checked, clamped and metered; what is slow about it is that a module may be all loops. */
function rewritten(spec: PluginSpec): { readonly checked: CheckedModule; readonly bytes: Uint8Array } {
  try {
    return withinTime(REWRITE_LIMIT_MS, () => {
      const checked = checkModule(spec);
      return { checked, bytes: meter(spec, clampMemory(spec)) };
    });
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    throw new HostError('PLUGIN_INVALID', `${spec.origin}: to check and meter this module of ${spec.wasm.length} bytes ${error.message}`, {
      cause: error,
      hint: 'Build a smaller module; set limits.fuel to 0 if it has to be that large: then only limits.deadlineMs stops it.',
    });
  }
}

/** Warms and instantiates a plugin in this thread. Rejects with a HostError (PLUGIN_START_FAILED, PLUGIN_REHEARSAL_FAILED) if it fails while it starts. */
export async function startPlugin(
  { spec, checked, module }: PreparedPlugin,
  runtime: PluginRuntime,
  services: PluginServices,
  { warm = true, strict = false, unfinished }: StartOptions = {},
): Promise<WasmPlugin> {
  // loaded on demand: it doubles the time a worker thread takes to start
  const startExtism = runtime === 'extism' ? (await import('./extism-plugin.js')).startExtism : undefined;
  const starter = (log: PluginServices): StartGuest =>
    startExtism ? () => startExtism(module, spec, checked, log) : () => new WasmInstance(module, spec, checked, log);

  if (warm) {
    const quiet: PluginServices = { log() {} };
    const rehearsal = await start(spec, new WasmPlugin({ ...spec, guards: false }, checked, starter(quiet), quiet));
    const problem = await warmUp(rehearsal, spec.limits, strict);
    await rehearsal.dispose();
    const why = problem && describeUnfinished(problem, spec.limits);
    if (why !== undefined && strict && problem?.why === 'fault') {
      throw new HostError('PLUGIN_REHEARSAL_FAILED', `plugin "${spec.name}" (${spec.origin}): ${why}`);
    }
    if (why !== undefined) unfinished?.(why);
  }
  const metered = meterLog(services, spec.limits);
  return start(spec, new WasmPlugin(spec, checked, starter(metered), metered));
}

/** Both, in this thread. */
export async function instantiatePlugin(
  spec: PluginSpec,
  runtime: PluginRuntime,
  services: PluginServices,
  options?: StartOptions,
): Promise<WasmPlugin> {
  return startPlugin(await preparePlugin(spec), runtime, services, options);
}

function meter(spec: PluginSpec, bytes: Uint8Array): Uint8Array {
  if (fuelOf(spec.limits) === 0) return bytes;
  try {
    return injectFuel(bytes, startFuelOf(spec.limits), counterTypeOf(spec.limits));
  } catch (error) {
    throw new HostError(
      'PLUGIN_INVALID',
      `${spec.origin}: the module can't be metered: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, hint: 'Build it for WebAssembly 2.0, or set limits.fuel to 0: then only limits.deadlineMs stops it.' },
    );
  }
}

async function compile(spec: PluginSpec, bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new HostError(
      'PLUGIN_INVALID',
      `${spec.origin}: the module does not validate: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function start(spec: PluginSpec, plugin: WasmPlugin): Promise<WasmPlugin> {
  const fault = await plugin.start();
  if (fault) throw new HostError('PLUGIN_START_FAILED', `plugin "${spec.name}" (${spec.origin}) failed while it started: ${fault.message}`);
  return plugin;
}
