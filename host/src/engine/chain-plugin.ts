import type { PluginGuards } from '@framegate/sdk/abi';
import { HostError } from '../errors.js';
import type { Plugin } from '../pipeline/plugin.js';
import { type PluginRuntime, type PreparedPlugin, type StartOptions, startPlugin } from './wasm/instantiate-plugin.js';
import type { PluginServices } from './wasm/plugin-services.js';
import type { WasmPlugin } from './wasm/wasm-plugin.js';

/** A plugin in a chain that takes traffic. */
export interface ChainPlugin extends Plugin {
  readonly guards: PluginGuards;
  /** See {@link WasmPlugin.migrate}. Absent while it is recorded. */
  readonly migrate?: WasmPlugin['migrate'];
}

/** Starts a plugin for live frames: the plugin itself, or, if its calls are to be recorded, one that does that around it. */
export async function startChainPlugin(
  prepared: PreparedPlugin,
  runtime: PluginRuntime,
  services: PluginServices,
  options?: StartOptions,
): Promise<ChainPlugin> {
  const { spec } = prepared;
  if (spec.record === undefined) return startPlugin(prepared, runtime, services, options);
  if (runtime !== 'direct') {
    throw new HostError(
      'PLUGIN_START_FAILED',
      `plugin "${spec.name}" (${spec.origin}) can't be recorded with engine.runtime "${runtime}"`,
      {
        hint: 'Leave out `record`, or set engine.runtime to "direct": only there the clock and the random bytes are the host’s own.',
      },
    );
  }
  const { startRecorded } = await import('../recording/recording-plugin.js');
  return startRecorded({ spec, sha256: prepared.sha256 ?? '', record: spec.record }, services, (own, given) =>
    startPlugin({ ...prepared, spec: own }, runtime, given, options),
  );
}
