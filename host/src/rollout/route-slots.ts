import type { PluginConfig } from '../config/config-schema.js';
import { HostError } from '../errors.js';
import { checkAgain } from './kept-version.js';
import { type PluginSlot, type PluginVersion, versionWith } from './plugin-slot.js';
import { type StartingOptions, startingSlot } from './starting-version.js';

/**
 * The slots for a route's plugins as configured. One that is among `kept` (same `use` in the configuration, same `name`, and its pin fits) goes on with its version,
 * that of another file included that an operator has loaded, and takes the new configuration; any other starts. Rejects with a HostError that names the plugin and why.
 */
export async function routeSlots(
  plugins: readonly PluginConfig[],
  kept: readonly PluginSlot[],
  options: StartingOptions,
): Promise<readonly PluginSlot[]> {
  const slots: PluginSlot[] = [];
  const left = [...kept];
  for (const plugin of plugins) {
    const at = left.findIndex((slot) => continues(slot, plugin));
    const [before] = at < 0 ? [] : left.splice(at, 1);
    const slot = await (before === undefined
      ? startingSlot(plugin, options)
      : tuned(before, { ...plugin, use: before.config.use }, options)
    ).catch((error: unknown) => {
      // Nobody asked for it to run: it is left out until it is there.
      if (!plugin.enabled) return undefined;
      throw error;
    });
    if (slot === undefined) continue;
    const { name, origin } = slot.current.spec;
    const twin = slots.find(({ current }) => current.spec.name === name);
    if (twin !== undefined) {
      throw new HostError(
        'CONFIG_INVALID',
        `Two plugins of one route are called "${name}" (${twin.current.spec.origin} and ${origin}). Give one of them another \`name\`: state belongs to the name.`,
      );
    }
    slots.push(slot);
  }
  return slots;
}

function continues({ config, configuredUse, current }: PluginSlot, { use, name, sha256 }: PluginConfig): boolean {
  return configuredUse === use && config.name === name && (sha256 === undefined || sha256.toLowerCase() === current.sha256);
}

/** The same versions with another configuration. One that the running version does not take may be meant for the file as it is by now. */
async function tuned(slot: PluginSlot, config: PluginConfig, options: StartingOptions): Promise<PluginSlot> {
  let current: PluginVersion;
  try {
    current = versionWith(config, slot.current);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'PLUGIN_CONFIG_INVALID') throw error;
    return { ...(await startingSlot(config, options)), configuredUse: slot.configuredUse };
  }
  // What was trusted because of a pin need not be without it.
  if (config.sha256 !== slot.config.sha256) checkAgain(config, current, options.trust);
  const { waiting, refusal, probation, migration } = slot;
  const version = waiting && versionIfItTakes(config, waiting.version);
  const before = probation && versionIfItTakes(config, probation.before);
  return {
    config,
    configuredUse: slot.configuredUse,
    // What an operator switched stays so until the configuration itself says something else.
    enabled: config.enabled === slot.config.enabled ? slot.enabled : config.enabled,
    current,
    ...(waiting && version && { waiting: { ...waiting, version } }),
    ...(refusal && { refusal }),
    ...(migration && { migration }),
    ...(probation && before && { probation: { ...probation, before } }),
  };
}

/** A version that can't run with it any more is not kept for later. */
function versionIfItTakes(config: PluginConfig, version: PluginVersion): PluginVersion | undefined {
  try {
    return versionWith(config, version);
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}
