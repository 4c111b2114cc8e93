import type { PluginConfig } from '../config/config-schema.js';
import { loadPlugin, specOf } from '../config/plugin-source.js';
import type { PluginTrust } from '../config/plugin-trust.js';
import { HostError } from '../errors.js';
import { beyond, grantsOf } from './capability-change.js';
import { type PluginSlot, versionOf } from './plugin-slot.js';
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
 * The version to start with: the file's, unless it was rolled back before or asks for more than was approved; then the last good one.
 * A pin in the configuration lets nothing else run: then there is no falling back.
 * A plugin that was never seen before is approved by being in the configuration. Rejects with a HostError that names the plugin and why.
 */
export async function startingSlot(config: PluginConfig, options: StartingOptions): Promise<PluginSlot> {
  const { route, folder, trust, store } = options;
  const version = versionOf(await loadPlugin(config, folder, trust));
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
  if (earlier === undefined) {
    throw new HostError(
      'PLUGIN_NOT_APPROVED',
      `Plugin "${version.spec.name}" (${version.spec.origin}) ${why}, and no earlier version of it is kept.`,
    );
  }
  const refusal = {
    at: Date.now(),
    code: 'PLUGIN_NOT_APPROVED' as const,
    message: `${version.spec.origin} ${why}`,
    hint: 'Load it by hand, or approve it.',
  };
  if (failed !== undefined) return { config, enabled, current: earlier, refusal };
  return { config, enabled, current: earlier, waiting: { version, beyond: asked } };
}

function runnable({ history }: PluginRecord): string {
  return (
    history
      .filter(({ failed }) => failed === undefined)
      .map(({ sha256 }) => sha256)
      .join(', ') || 'none is kept'
  );
}

async function lastGood(
  config: PluginConfig,
  record: PluginRecord,
  { store }: StartingOptions,
): Promise<PluginSlot['current'] | undefined> {
  for (const candidate of record.history) {
    if (candidate.failed !== undefined) continue;
    const spec = specOf(config, { ...(await store.file(candidate.sha256)), file: candidate.origin });
    if (beyond(grantsOf(spec.manifest), record.approved).length === 0) return { spec, sha256: candidate.sha256 };
  }
  return undefined;
}
