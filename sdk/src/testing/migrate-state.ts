import { type instantiatePlugin, MigrationState, type PluginSpec, type StateMemoryStore } from '@framegate/host';
import { PluginFaultError } from './test-verdict.js';

interface MigratedPlugin {
  readonly plugin: Awaited<ReturnType<typeof instantiatePlugin>>;
  readonly spec: PluginSpec;
  readonly store: StateMemoryStore;
  readonly now: number;
}

/** Runs a plugin's migration over a store. Resolves with the number of entries that it changed. Rejects with a PluginFaultError; then the store is as it was. */
export async function migrateState({ plugin, spec, store, now }: MigratedPlugin, fromVersion: string): Promise<number> {
  if (!plugin.migrates) throw new Error(`${spec.origin}: the plugin has no migrate: a host keeps its state as it is`);
  const state = new MigrationState(spec.name, spec.manifest?.capabilities.state ?? [], store, now);
  const fault = await plugin.migrate(fromVersion, state);
  if (fault !== undefined) throw new PluginFaultError(fault);
  const changes = state.changes();
  store.apply(changes, now);
  return changes.length;
}
