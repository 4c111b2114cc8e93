import { resolve } from 'node:path';
import type { HostConfig, PluginConfig, RouteConfig } from '../config/config-schema.js';
import { readSigningKeys } from '../config/plugin-trust.js';
import { routeName } from '../config/route-name.js';
import type { Chain, Engine } from '../engine/engine.js';
import { HostError } from '../errors.js';
import type { PluginSlot } from './plugin-slot.js';
import { Rollouts } from './rollouts.js';
import { type RolloutEvent, RouteRollout, runningSpecs } from './route-rollout.js';
import { startingSlot } from './starting-version.js';
import type { VersionStore } from './version-store.js';
import { FolderVersionStore } from './version-store-folder.js';
import { MemoryVersionStore } from './version-store-memory.js';

export interface StartRolloutsOptions {
  /** Where relative paths start. */
  readonly folder: string;
  /** Called once, and only if a route has plugins. */
  readonly engine: () => Promise<Engine>;
  readonly onEvent: (event: RolloutEvent) => void;
}

export interface StartedRollouts {
  readonly rollouts: Rollouts;
  /** By the route's name; none for a route without plugins. */
  readonly chains: ReadonlyMap<string, Chain>;
}

/** Reads every route's plugins, opens their chains and starts to watch their files. Rejects with a HostError that names the route, the plugin and why. */
export async function startRollouts(config: HostConfig, options: StartRolloutsOptions): Promise<StartedRollouts> {
  const { requireSigned, publicKeys, approve, keepVersions, probation, watchMs } = config.plugins;
  const { guards } = config.engine;
  const { folder, onEvent } = options;
  const store = await openStore(config, folder);
  const common = { store, folder, approve, trust: { requireSigned, keys: readSigningKeys(publicKeys) } };
  const slots = new Map<string, readonly PluginSlot[]>();
  for (const route of config.routes) {
    const name = routeName(route);
    if (route.plugins.length > 0) slots.set(name, await named(route, () => readSlots(route.plugins, { ...common, route: name })));
  }
  const engine = slots.size > 0 ? await options.engine() : undefined;
  const chains = new Map<string, Chain>();
  const rollouts: RouteRollout[] = [];
  for (const route of config.routes) {
    const name = routeName(route);
    const own = slots.get(name);
    if (own === undefined || engine === undefined) continue;
    const chain = await named(route, () => engine.open(runningSpecs(own, guards)));
    chains.set(name, chain);
    const rollout = new RouteRollout({
      ...common,
      route: name,
      chain,
      slots: own,
      guards,
      keepVersions,
      probationMs: probation.ms,
      probationFaults: probation.faults,
      onEvent,
    });
    await rollout.remember();
    rollouts.push(rollout);
  }
  return { rollouts: new Rollouts({ routes: rollouts, folder, watchIntervalMs: watchMs }), chains };
}

async function openStore(config: HostConfig, folder: string): Promise<VersionStore> {
  const place = config.plugins.folder;
  return place === undefined ? new MemoryVersionStore() : FolderVersionStore.open(resolve(folder, place));
}

async function readSlots(plugins: readonly PluginConfig[], options: Parameters<typeof startingSlot>[1]): Promise<readonly PluginSlot[]> {
  const slots: PluginSlot[] = [];
  for (const plugin of plugins) {
    const slot = await startingSlot(plugin, options).catch((error: unknown) => {
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

/** Which route it is for, neither a file nor the engine knows. */
async function named<T>(route: RouteConfig, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(error.code, `Route "${routeName(route)}": ${error.message}`, { cause: error, hint: error.hint });
  }
}
