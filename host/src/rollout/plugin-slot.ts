import type { PluginConfig } from '../config/config-schema.js';
import { type PluginModule, specOf } from '../config/plugin-source.js';
import { sha256 } from '../config/plugin-trust.js';
import type { PluginSpec } from '../engine/engine.js';
import type { HostErrorCode } from '../errors.js';
import { type Grant, grantsOf } from './capability-change.js';
import type { TrialStatus } from './trial-status.js';
import type { PluginRecord, StoredMigration, StoredVersion } from './version-store.js';

/** A spec with its identity, the SHA-256 of the file, and the signature that came with the file. */
export interface PluginVersion {
  readonly spec: PluginSpec;
  readonly sha256: string;
  readonly signature?: string;
}

/** Why a new version does not run. */
interface Refusal {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly code: HostErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** A version under observation after its swap: the one before it comes back if it fails. */
interface Probation {
  readonly before: PluginVersion;
  /** Milliseconds since the epoch at which it ends. */
  readonly until: number;
}

/** One plugin's place in a route's chain, with all that is known of its versions. */
export interface PluginSlot {
  /** As configured, but for `use` after an operator has loaded another file. */
  readonly config: PluginConfig;
  /** `use` as configured. */
  readonly configuredUse: string;
  readonly enabled: boolean;
  readonly current: PluginVersion;
  /** It asks for more than was approved. */
  readonly waiting?: { readonly version: PluginVersion; readonly beyond: readonly Grant[] };
  /** Of the last attempt, until one succeeds. */
  readonly refusal?: Refusal;
  readonly probation?: Probation;
  /** What became of the state when the current version took over. */
  readonly migration?: StoredMigration;
}

/** What an operator sees of a slot. */
export interface PluginStatus {
  readonly name: string;
  readonly spec: PluginSpec;
  readonly enabled: boolean;
  readonly sha256: string;
  readonly version?: string;
  readonly origin: string;
  readonly grants: readonly Grant[];
  readonly waiting?: { readonly sha256: string; readonly version?: string; readonly beyond: readonly Grant[] };
  readonly refusal?: Refusal;
  /** It is new and may still be rolled back by itself until then (milliseconds since the epoch). */
  readonly probationUntil?: number;
  /** A version that is tried beside it, or was the last to be. */
  readonly trial?: TrialStatus;
  /** Why a restart would not know what runs now. */
  readonly notKept?: string;
  /** Versions that can be restored, the running one first. */
  readonly history: readonly StoredVersion[];
}

/** A module with the configuration that it is to run with. Throws a HostError if it does not take it. */
export function versionOf(config: PluginConfig, module: PluginModule): PluginVersion {
  const { wasm, signature } = module;
  return { spec: specOf(config, module), sha256: sha256(wasm), ...(signature === undefined ? {} : { signature }) };
}

/** The same version with another configuration. Throws a HostError if it does not take it. */
export function versionWith(config: PluginConfig, version: PluginVersion): PluginVersion {
  const { wasm, origin: file, sourceMap } = version.spec;
  return { ...version, spec: specOf(config, { wasm, file, ...(sourceMap === undefined ? {} : { sourceMap }) }) };
}

/** How a version is remembered. */
export function stored({ current: { spec, sha256 }, migration }: PluginSlot, since: number): StoredVersion {
  const version = spec.manifest?.version;
  return { sha256, origin: spec.origin, since, ...(version !== undefined && { version }), ...(migration && { migration }) };
}

/** What of a slot is remembered beside its versions. */
export function switched({ enabled, config }: PluginSlot): Pick<PluginRecord, 'enabled'> {
  return enabled === config.enabled ? {} : { enabled };
}

/** The chain that these slots make; with `instead` in the place of the plugin of its name. */
export function runningSpecs(slots: readonly PluginSlot[], guards: boolean, instead?: PluginSpec): readonly PluginSpec[] {
  const specs = slots.filter(({ enabled }) => enabled).map(({ current: { spec } }) => (spec.name === instead?.name ? instead : spec));
  return guards ? specs : specs.map((spec) => ({ ...spec, guards }));
}

export function nameOf({ spec }: PluginVersion): string {
  return spec.name;
}

export function withoutRefusal({ refusal: _refusal, waiting: _waiting, ...slot }: PluginSlot): PluginSlot {
  return slot;
}

/** What an operator sees of a slot, with what is remembered of it. */
export function statusOf(
  slot: PluginSlot,
  known: {
    readonly record: PluginRecord;
    readonly trial: TrialStatus | undefined;
    readonly notKept: string | undefined;
    readonly now: number;
  },
): PluginStatus {
  const { trial, notKept, now } = known;
  const { history } = known.record;
  const { current, enabled, waiting, refusal, probation } = slot;
  const { name, origin, manifest } = current.spec;
  return {
    name,
    spec: current.spec,
    enabled,
    sha256: current.sha256,
    ...(manifest && { version: manifest.version }),
    origin,
    grants: grantsOf(manifest),
    ...(waiting && {
      waiting: {
        sha256: waiting.version.sha256,
        ...(waiting.version.spec.manifest && { version: waiting.version.spec.manifest.version }),
        beyond: waiting.beyond,
      },
    }),
    ...(refusal && { refusal }),
    ...(probation && now < probation.until && { probationUntil: probation.until }),
    ...(trial && { trial }),
    ...(notKept !== undefined && { notKept }),
    history,
  };
}
