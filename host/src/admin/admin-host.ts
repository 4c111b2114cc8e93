import type { HostConfig } from '../config/config-schema.js';
import type { AppliedReload } from '../config-reload.js';
import type { Logger } from '../logger.js';
import type { MeteredRoute, MetricSources } from '../metrics/metric-sources.js';
import type { Rollouts } from '../rollout/rollouts.js';
import type { StateStore } from '../state/state-store.js';
import type { Tracer } from '../telemetry/tracer.js';

export interface AdminRoute extends MeteredRoute {
  readonly host: string | undefined;
  readonly path: string;
  readonly backend: 'chat' | 'upstream';
}

/** What the admin API sees of the host that it belongs to, and can do with it. */
export interface AdminHost extends MetricSources {
  readonly startedAt: number;
  readonly config: HostConfig;
  readonly routes: readonly AdminRoute[];
  readonly plugins: Rollouts;
  /** Reads the configuration again. Resolves with what has changed, in words; rejects with a HostError. */
  readonly reload: () => Promise<readonly string[]>;
  /** The last reload that changed something; `at`: milliseconds since the epoch. */
  readonly lastReload: () => AppliedReload | undefined;
  readonly logger: Logger;
  /** `undefined`: no spans. */
  readonly tracer: Tracer | undefined;
  /** Forgets state in the store and wherever a copy of it is kept. Returns how many entries that was. */
  readonly wipeState: (filter: Parameters<StateStore['wipe']>[0]) => number;
  /** Closes whoever is banned by address or user, on every route. Returns how many that were. */
  readonly enforceBans: () => number;
  /** Starts a graceful stop of the whole host; a second call changes nothing. */
  readonly startDrain: () => void;
}
