import { resolve } from 'node:path';
import type { HostConfig } from '../config/config-schema.js';
import { readSigningKeys } from '../config/plugin-trust.js';
import type { Chain, PluginSpec } from '../engine/engine.js';
import type { Tracer } from '../telemetry/tracer.js';
import type { RolloutEvent } from './rollout-event.js';
import { RouteRollout } from './route-rollout.js';
import type { TrialParts } from './trial.js';
import type { VersionStore } from './version-store.js';
import { FolderVersionStore } from './version-store-folder.js';
import { MemoryVersionStore } from './version-store-memory.js';

export interface RolloutParts {
  /** Where relative paths start. */
  readonly folder: string;
  /** Opens a chain. Not called for a route without plugins. */
  readonly open: (plugins: readonly PluginSpec[]) => Promise<Chain>;
  readonly onEvent: (event: RolloutEvent) => void;
  /** Absent: no spans. */
  readonly tracer?: Tracer | undefined;
  readonly trials: Pick<TrialParts, 'state' | 'openEngine' | 'log'>;
}

/** Makes what reads, opens and swaps a route's plugins, by the route's name; the versions of all of them are kept in one place. */
export async function rolloutMaker(config: HostConfig, parts: RolloutParts): Promise<(route: string) => RouteRollout> {
  const { maxFileBytes, requireSigned, publicKeys, approve, keepVersions, probation, folders, shadow } = config.plugins;
  const store = await openStore(config, parts.folder);
  const common = {
    ...parts,
    store,
    approve,
    folders,
    trials: {
      ...parts.trials,
      maxQueuedBytes: shadow.maxQueuedBytes,
      differences: { size: shadow.differences, excerptBytes: shadow.excerptBytes, mask: shadow.mask },
    },
    trust: { maxFileBytes, requireSigned, keys: readSigningKeys(publicKeys) },
    guards: config.engine.guards,
    keepVersions,
    probationMs: probation.ms,
    probationFaults: probation.faults,
  };
  return (route) => new RouteRollout({ ...common, route });
}

async function openStore(config: HostConfig, folder: string): Promise<VersionStore> {
  const place = config.plugins.folder;
  return place === undefined ? new MemoryVersionStore() : FolderVersionStore.open(resolve(folder, place));
}
