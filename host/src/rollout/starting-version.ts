import type { PluginConfig } from '../config/config-schema.js';
import { readPlugin } from '../config/plugin-source.js';
import type { PluginTrust } from '../config/plugin-trust.js';
import { HostError } from '../errors.js';
import { beyond, grantsOf } from './capability-change.js';
import { restored } from './kept-version.js';
import { type PluginSlot, type PluginVersion, versionOf } from './plugin-slot.js';
import type { PluginRecord, VersionStore } from './version-store.js';

export interface StartingOptions {
  readonly route: string;
  readonly folder: string;
  readonly trust: PluginTrust;
  readonly store: VersionStore;
  /** `ask`: a version that asks for more than was approved waits. */
  readonly approve: 'ask' | 'always';
}

/**
 * The version to start with: the file's, unless it was rolled back before or asks for more than was approved; then the last good one that is trusted now.
 * A pin in the configuration lets nothing else run: then there is no falling back.
 * A plugin that was never seen before is approved by being in the configuration. Rejects with a HostError that names the plugin and why.
 */
export async function startingSlot(config: PluginConfig, options: StartingOptions): Promise<PluginSlot> {
  const { route, folder, trust, store } = options;
  const version = versionOf(config, await readPlugin(config, folder, trust));
  const { enabled } = config;
  const record = store.record(route, version.spec.name);
  if (record === undefined) return { config, enabled, current: version };
  const failed = record.history.find(({ sha256 }) => sha256 === version.sha256)?.failed;
  const asked = options.approve === 'always' ? [] : beyond(grantsOf(version.spec.manifest), record.approved);
  if (failed === undefined && asked.length === 0) return { config, enabled, current: version };
  const why = failed === undefined ? `asks for more than was approved (${asked.join(', ')})` : `was rolled back (${failed})`;
  if (config.sha256 !== undefined) {
    throw new HostError(
      'PLUGIN_NOT_APPROVED',
      `Plugin "${version.spec.name}" (${version.spec.origin}) ${why}, and \`sha256\` in its route lets no other version run.`,
      {
        hint: `Pin a version that may run (${runnable(record)}) with its file in place, or take the pin away; \`plugins.approve\`: "always" agrees to what a version asks for.`,
      },
    );
  }
  const earlier = await lastGood(config, record, options);
  if (earlier.version === undefined) {
    const kept = earlier.refusals.length === 0 ? 'is kept' : `that may run is kept: ${earlier.refusals.join(' ')}`;
    throw new HostError(
      'PLUGIN_NOT_APPROVED',
      `Plugin "${version.spec.name}" (${version.spec.origin}) ${why}, and no earlier version of it ${kept}.`.replace(/\.\.$/, '.'),
    );
  }
  const refusal = {
    at: Date.now(),
    code: 'PLUGIN_NOT_APPROVED' as const,
    message: `${version.spec.origin} ${why}`,
    hint: 'Load it by hand, or approve it.',
  };
  if (failed !== undefined) return { config, enabled, current: earlier.version, refusal };
  return { config, enabled, current: earlier.version, waiting: { version, beyond: asked } };
}

function runnable({ history }: PluginRecord): string {
  return (
    history
      .filter(({ failed }) => failed === undefined)
      .map(({ sha256 }) => sha256)
      .join(', ') || 'none is kept'
  );
}

/** The last version that may run, or why none of those that did not fail may. */
async function lastGood(
  config: PluginConfig,
  record: PluginRecord,
  { store, trust }: StartingOptions,
): Promise<{ readonly version?: PluginVersion; readonly refusals: readonly string[] }> {
  const refusals: string[] = [];
  for (const candidate of record.history) {
    if (candidate.failed !== undefined) continue;
    try {
      const version = versionOf(config, await restored(config, candidate, { store, trust }));
      if (beyond(grantsOf(version.spec.manifest), record.approved).length === 0) return { version, refusals };
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'PLUGIN_UNTRUSTED') throw error;
      refusals.push(error.message);
    }
  }
  return { refusals };
}
