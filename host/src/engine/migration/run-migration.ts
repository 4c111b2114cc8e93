import { HostError } from '../../errors.js';
import { MigrationState } from '../../state/migration-state.js';
import type { StateStore, StateWrite } from '../../state/state-store.js';
import type { ChainPlugin } from '../chain-plugin.js';
import type { PluginSpec } from '../engine.js';

export interface MigrationCall {
  readonly spec: PluginSpec;
  readonly from: string;
  readonly store: StateStore;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Runs a plugin's migration over what the store has of it. Resolves with the changes, which are not applied. Rejects with PLUGIN_MIGRATION_FAILED. */
export async function runMigration(plugin: ChainPlugin, { spec, from, store, now }: MigrationCall): Promise<readonly StateWrite[]> {
  if (plugin.migrate === undefined) throw migrationFailed(spec, from, 'it is recorded, and a recording has no migrations');
  const state = new MigrationState(spec.name, spec.manifest?.capabilities.state ?? [], store, now);
  const fault = await plugin.migrate(from, state);
  if (fault !== undefined) throw migrationFailed(spec, from, `${fault.code}: ${fault.message}`);
  return state.changes();
}

/** `from`: the version that the state is of. */
export function migrationFailed({ name, origin, manifest }: PluginSpec, from: string, why: string, hint?: string): HostError {
  const state = from === '' ? 'the state of a version without a number' : `the state of version ${from}`;
  const message = `plugin "${name}" ${manifest?.version ?? ''} (${origin}) could not take over ${state}: ${why}`;
  return new HostError('PLUGIN_MIGRATION_FAILED', message, hint === undefined ? {} : { hint });
}
