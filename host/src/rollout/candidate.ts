import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { PluginConfig } from '../config/config-schema.js';
import { isPath, type PluginModule, pluginFile, readPlugin } from '../config/plugin-source.js';
import type { PluginTrust } from '../config/plugin-trust.js';
import type { PluginSpec } from '../engine/engine.js';
import { checkModule } from '../engine/wasm/load-checks.js';
import { HostError } from '../errors.js';
import { beyond, type Grant, grantsOf } from './capability-change.js';
import { refuseUnpinned, restored } from './kept-version.js';
import { type PluginSlot, type PluginVersion, versionOf, versionWith } from './plugin-slot.js';
import type { PluginRecord, VersionStore } from './version-store.js';

/** Which version is to be tried; nothing named: the plugin's file as it is now. */
export interface CandidateSource {
  /** Another file, or the name of a package. */
  readonly use?: string;
  /** A version of the history, by its first digits. */
  readonly sha256?: string;
}

export interface CandidateOptions {
  readonly route: string;
  readonly folder: string;
  /** Where files that an operator names have to be, beside the configuration's folder and that of the plugin's own file. */
  readonly folders: readonly string[];
  readonly trust: PluginTrust;
  readonly store: VersionStore;
  readonly approve: 'ask' | 'always';
}

/** A version that passed every check that can be made without running it. Its spec follows the plugin's configuration. */
export class Candidate {
  readonly sha256: string;
  readonly version: string | undefined;
  readonly origin: string;
  /** Approved so far, and with it. */
  readonly approved: readonly Grant[];
  /** `use` of the plugin if it is promoted. */
  readonly use: string;
  #config: PluginConfig;
  #version: PluginVersion;

  constructor(version: PluginVersion, config: PluginConfig, use: string, approved: readonly Grant[]) {
    this.#config = config;
    this.#version = version;
    this.sha256 = version.sha256;
    this.version = version.spec.manifest?.version;
    this.origin = version.spec.origin;
    this.use = use;
    this.approved = approved;
  }

  /** With this configuration of its plugin; the same spec for the same configuration. Throws a HostError if it does not take it, or pins another version. */
  as(config: PluginConfig): PluginVersion {
    if (config !== this.#config) {
      refuseUnpinned(config, this.sha256);
      this.#version = versionWith(config, this.#version);
      this.#config = config;
    }
    return this.#version;
  }

  spec(config: PluginConfig): PluginSpec {
    return this.as(config).spec;
  }
}

/** Finds and checks a version to be tried: its place, pin and signature, manifest, configuration, name, and what it asks for. Rejects with a HostError. */
export async function findCandidate(
  slot: PluginSlot,
  record: PluginRecord,
  source: CandidateSource,
  approved: boolean,
  options: CandidateOptions,
): Promise<Candidate> {
  const { config, current } = slot;
  const use = source.sha256 === undefined ? (source.use ?? config.use) : config.use;
  const module = source.sha256 === undefined ? await readFile(slot, use, options) : await readKept(slot, record, source.sha256, options);
  const version = versionOf(config, module);
  const { name, manifest } = version.spec;
  if (name !== current.spec.name) {
    throw new HostError('PLUGIN_INVALID', `${module.file} is the plugin "${name}"; the one that runs is "${current.spec.name}".`, {
      hint: 'State belongs to the name: only a version of the same plugin can be tried in its place.',
    });
  }
  const asked = grantsOf(manifest);
  const more = options.approve === 'always' || approved ? [] : beyond(asked, record.approved);
  if (more.length > 0) {
    throw new HostError('PLUGIN_NOT_APPROVED', `${module.file} asks for more than was approved for "${name}": ${more.join(', ')}.`, {
      hint: 'Try it with --approve (`approve` in the API), which takes the role admin.',
    });
  }
  return new Candidate(version, config, use, [...new Set([...record.approved, ...asked])].sort());
}

async function readFile(slot: PluginSlot, use: string, options: CandidateOptions): Promise<PluginModule> {
  const { folder, trust } = options;
  await checkPlace(slot, use, options);
  return readPlugin({ ...slot.config, use }, folder, trust);
}

/** A file that is named while the host runs must not lie just anywhere, behind links neither. Rejects with PLUGIN_NOT_ALLOWED. A package is where it was installed. */
export async function checkPlace(
  { config, current }: PluginSlot,
  use: string,
  { folder, folders }: Pick<CandidateOptions, 'folder' | 'folders'>,
): Promise<void> {
  if (use === config.use || !isPath(use)) return;
  const file = pluginFile(use, folder);
  const real = await realpath(file).catch(() => file);
  for (const allowed of [folder, dirname(current.spec.origin), ...folders.map((other) => resolve(folder, other))]) {
    const path = relative(await realpath(allowed).catch(() => allowed), real);
    if (!path.startsWith('..') && !isAbsolute(path)) return;
  }
  throw new HostError('PLUGIN_NOT_ALLOWED', `${file} is in none of the folders that plugin files may come from.`);
}

async function readKept(
  { config, current }: PluginSlot,
  { history }: PluginRecord,
  sha256: string,
  { route, store, trust }: CandidateOptions,
): Promise<PluginModule> {
  const found = history.filter((version) => version.sha256.startsWith(sha256));
  const [target] = found;
  if (target === undefined || found.length > 1) {
    const which = found.length === 0 ? 'No' : 'More than one';
    throw new HostError(
      'PLUGIN_UNKNOWN',
      `${which} kept version of plugin "${current.spec.name}" of route "${route}" starts with ${sha256}.`,
    );
  }
  return restored(config, target, { store, trust });
}

/** A canary and the running version work on the same state: it can't be in two forms. Throws a HostError. */
export function refuseMigration(spec: PluginSpec): void {
  if (!checkModule(spec).migrates) return;
  throw new HostError(
    'PLUGIN_TRIAL',
    `${spec.origin} brings the state into another form (\`migrate\`): it can't run beside "${spec.name}".`,
    {
      hint: 'Swap it in for everybody with `framegate plugin load`; its state is migrated then.',
    },
  );
}
