import { instantiatePlugin, SeededSource } from '@framegate/host';
import type { JsonObject, PluginGuards } from '@framegate/sdk/abi';
import { readPluginSpec } from './plugin-spec.js';

/** Which frames a host need not call the plugin for under this configuration. Rejects with a HostError if it does not start with it. */
export async function pluginGuards(file: string, config: JsonObject): Promise<PluginGuards> {
  const { now, random } = new SeededSource('guards', Date.UTC(2026, 0, 1));
  const services = { log: () => undefined, now, random };
  const plugin = await instantiatePlugin(await readPluginSpec(file, { config }), 'direct', services, { warm: false });
  try {
    return plugin.guards;
  } finally {
    await plugin.dispose();
  }
}
