import type { BanStore } from '../chat/bans.js';
import type { ChatControl } from '../chat/chat-control.js';
import type { Chain } from '../engine/engine.js';
import type { ConnectionDirectory } from '../gateway/connection-view.js';
import type { DrainStatus } from '../gateway/drain.js';
import type { PluginStatus } from '../rollout/plugin-slot.js';
import type { StateStore } from '../state/state-store.js';
import type { AdminMeter } from './admin-meter.js';
import type { EngineMeter } from './engine-meter.js';
import type { RolloutMeter } from './rollout-meter.js';
import type { Traffic } from './traffic.js';

/** One route, as far as figures go. */
export interface MeteredRoute {
  readonly name: string;
  /** `undefined`: no plugins. */
  readonly chain: Chain | undefined;
  /** `undefined`: another backend than the chat. */
  readonly chat: ChatControl | undefined;
}

/** Where figures come from. All of it is read when somebody asks, never before. */
export interface MetricSources {
  readonly version: string;
  readonly routes: readonly MeteredRoute[];
  readonly directory: ConnectionDirectory;
  readonly traffic: Traffic;
  readonly engine: EngineMeter;
  readonly rollout: RolloutMeter;
  readonly plugins: { list(): ReadonlyMap<string, readonly PluginStatus[]> };
  readonly state: StateStore;
  readonly drainStatus: () => DrainStatus;
  readonly admin: AdminMeter;
  /** Reloads of the configuration, by what became of them. */
  readonly reloads: Readonly<Record<'applied' | 'refused', number>>;
  readonly bans: BanStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
