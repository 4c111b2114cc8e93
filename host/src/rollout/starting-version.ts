import type { PluginConfig } from '../config/config-schema.js';
import { pluginFile, readPlugin } from '../config/plugin-source.js';
import type { PluginTrust } from '../config/plugin-trust.js';
import { HostError, type HostErrorCode } from '../errors.js';
import { beyond, grantsOf } from './capability-change.js';
import { restored } from './kept-version.js';
import { type PluginSlot, type PluginVersion, versionOf } from './plugin-slot.js';
import type { PluginRecord, VersionStore } from './version-store.js';

/** What a file says that was lost, cut off or overwritten. */
const BROKEN_FILE: ReadonlySet<HostErrorCode> = new Set(['PLUGIN_NOT_FOUND', 'PLUGIN_NOT_WASM', 'PLUGIN_INVALID']);

export interface StartingOptions {
  readonly route: string;
  readonly folder: string;
  readonly trust: PluginTrust;
  readonly store: VersionStore;
  /** `ask`: a version that asks for more than was approved waits. */
  readonly approve: 'ask' | 'always';
  /** Whether a version that is kept runs in the place of a file that is missing or broken. */
  readonly fallBack: boolean;
}

/**
 * The version to start with: the file's, unless it was rolled back before or asks for more than was approved; then the last good one that is trusted now.
 * A pin in the configuration lets nothing else run: then there is no falling back.
 * So it is where the file is missing or broken, if that is wanted.
 * A plugin that was never seen before is approved by being in the configuration. Rejects with a HostError that names the plugin and why.
 */
export async function startingSlot(config: PluginConfig, options: StartingOptions): Promise<PluginSlot> {
  const { route, folder, trust, store } = options;
  let version: PluginVersion;
  try {
    version = versionOf(config, await readPlugin(config, folder, trust));
  } catch (error) {
    if (options.fallBack && error instanceof HostError && BROKEN_FILE.has(error.code)) return withoutFile(config, error, options);
    throw error;
  }
  const configuredUse = config.use;
  const record = store.record(route, version.spec.name);
  if (record === undefined) return { config, configuredUse, enabled: config.enabled, current: version };
  // What an operator has switched stays so until he, or the configuration, says something else.
  const enabled = record.enabled ?? config.enabled;
  const failed = record.history.find(({ sha256 }) => sha256 === version.sha256)?.failed;
  const asked = options.approve === 'always' ? [] : beyond(grantsOf(version.spec.manifest), record.approved);
  if (failed === undefined && asked.length === 0) return { config, configuredUse, enabled, current: version };
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
  if (failed !== undefined) return { config, configuredUse, enabled, current: earlier.version, refusal };
  return { config, configuredUse, enabled, current: earlier.version, waiting: { version, beyond: asked } };
}

/** The version that ran last from a file that is missing or broken now. Rejects with `error`, which says what is wrong with the file, if none is kept that may run. */
async function withoutFile(config: PluginConfig, error: HostError, options: StartingOptions): Promise<PluginSlot> {
  const record = recordOf(config, options);
  if (record === undefined) throw error;
  const earlier = await lastGood(config, record, options);
  if (earlier.version === undefined) {
    const refusals = earlier.refusals.map((refusal) => ` ${refusal}`).join('');
    throw new HostError(error.code, `${error.message} No version of it is kept that may run.${refusals}`, {
      cause: error,
      hint: error.hint,
    });
  }
  const { sha256, spec } = earlier.version;
  const message = `${error.message} The version ${spec.manifest?.version ?? ''} that is kept (${sha256.slice(0, 12)}) runs instead.`;
  const hint = 'Put the file back in its place; it is loaded then.';
  return {
    config,
    configuredUse: config.use,
    enabled: record.enabled ?? config.enabled,
    current: earlier.version,
    refusal: { at: Date.now(), code: error.code, message: message.replace('version  that', 'version that'), hint },
  };
}

/** What is known of the plugin that came from this file; its name stands in the file, unless it is configured. */
function recordOf({ use, name }: PluginConfig, { route, folder, store }: StartingOptions): PluginRecord | undefined {
  let file: string;
  try {
    file = pluginFile(use, folder);
  } catch {
    return undefined;
  }
  const known = [...store.records(route)].filter(([plugin]) => name === undefined || plugin === name);
  const since = ({ history }: PluginRecord): number => history.find(({ origin }) => origin === file)?.since ?? 0;
  const [latest] = known.map(([, record]) => record).sort((one, other) => since(other) - since(one));
  return latest !== undefined && since(latest) > 0 ? latest : undefined;
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
