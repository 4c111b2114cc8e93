import type { PluginConfig } from '../config/config-schema.js';
import { readPlugin } from '../config/plugin-source.js';
import type { PluginTrust } from '../config/plugin-trust.js';
import type { Chain, PluginSpec, SwapOptions } from '../engine/engine.js';
import { preparePlugin } from '../engine/wasm/instantiate-plugin.js';
import { HOST_ERRORS, HostError, type HostErrorCode } from '../errors.js';
import type { Tracer } from '../telemetry/tracer.js';
import { type Candidate, type CandidateSource, checkPlace } from './candidate.js';
import { beyond, grantsOf } from './capability-change.js';
import { checkAgain, restored } from './kept-version.js';
import {
  nameOf,
  type PluginSlot,
  type PluginStatus,
  type PluginVersion,
  runningSpecs,
  statusOf,
  stored,
  switched,
  versionOf,
  withoutRefusal,
} from './plugin-slot.js';
import type { RolloutEvent } from './rollout-event.js';
import { RolloutTrace } from './rollout-trace.js';
import { onRoute } from './route-error.js';
import { routeSlots } from './route-slots.js';
import { RouteTrial, type TriedRoute } from './route-trial.js';
import type { StartingOptions } from './starting-version.js';
import type { TrialOptions, TrialParts } from './trial.js';
import type { PluginFile, PluginRecord, VersionStore } from './version-store.js';

export interface RolloutOptions {
  readonly route: string;
  /** Opens the route's chain: called once, when there are plugins. */
  readonly open: (plugins: readonly PluginSpec[]) => Promise<Chain>;
  readonly store: VersionStore;
  readonly trust: PluginTrust;
  /** Where relative `use` paths start. */
  readonly folder: string;
  /** Where files have to be that an operator names; see plugins.folders. */
  readonly folders: readonly string[];
  /** What versions that are tried run on. */
  readonly trials: TrialParts;
  /** `ask`: a version that asks for more than was approved waits. */
  readonly approve: 'ask' | 'always';
  /** See engine.guards. */
  readonly guards: boolean;
  /** Versions of one plugin that are kept, the running one included. */
  readonly keepVersions: number;
  /** Milliseconds after a swap in which faults bring the version before it back. */
  readonly probationMs: number;
  /** Faults within them that do. */
  readonly probationFaults: number;
  readonly onEvent: (event: RolloutEvent) => void;
  /** Absent: no spans. */
  readonly tracer?: Tracer | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** Mistakes in a request, which say nothing of any version: whoever asked is told, and nobody else. */
const REQUEST_MISTAKES: ReadonlySet<HostErrorCode> = new Set(['PLUGIN_UNKNOWN', 'PLUGIN_NOT_ALLOWED']);
/** The same where a file was named in the request. */
const NAMED_FILE_MISTAKES: ReadonlySet<HostErrorCode> = new Set([...REQUEST_MISTAKES, 'PLUGIN_NOT_FOUND']);

/**
 * The plugins of one route and their versions. Changes happen one after the other; each takes effect whole, at a frame boundary,
 * or not at all. Whatever a new version does wrong, the one before it goes on.
 */
export class RouteRollout {
  readonly route: string;
  readonly #options: RolloutOptions;
  readonly #now: () => number;
  readonly #trace: RolloutTrace;
  readonly #trial: RouteTrial;
  #chain: Chain | undefined;
  #slots: readonly PluginSlot[] = [];
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: RolloutOptions) {
    this.route = options.route;
    this.#options = {
      ...options,
      onEvent: (event) => {
        this.#trace.told(event);
        options.onEvent(event);
      },
    };
    this.#now = options.now ?? Date.now;
    this.#trace = new RolloutTrace(options.tracer, options.route);
    this.#trial = new RouteTrial(this.#options, this.#tried());
  }

  /** `undefined`: no plugin so far. Once there, it stays. */
  get chain(): Chain | undefined {
    return this.#chain;
  }

  /** Rejects with a HostError, as {@link reconfigure} would, if these plugins can't be read, aren't trusted or don't take their configuration. */
  async check(plugins: readonly PluginConfig[]): Promise<void> {
    await onRoute(this.route, () => routeSlots(plugins, this.#slots, this.#starting));
  }

  /**
   * Makes these the route's plugins, in this order and with this configuration, in one swap. One that stays (same `use`, same `name`) keeps its
   * running version, its history and what an operator switched; a new one starts as at the start of the host.  Rejects with a HostError, having changed nothing. Resolves with a way back.
   */
  reconfigure(plugins: readonly PluginConfig[]): Promise<() => Promise<void>> {
    return this.#queue(() =>
      onRoute(this.route, async () => {
        const before = this.#slots;
        await this.#run(await routeSlots(plugins, before, this.#starting));
        await this.#remember();
        this.#announce(before);
        return () => this.#queue(() => this.#run(before));
      }),
    );
  }

  /** Tells what a new configuration has done to versions, beside what it says. */
  #announce(before: readonly PluginSlot[]): void {
    const { route } = this;
    const { onEvent } = this.#options;
    for (const { current, config, enabled, refusal } of this.#slots) {
      const plugin = nameOf(current);
      const was = before.find((slot) => nameOf(slot.current) === plugin);
      if (was === undefined && enabled !== config.enabled) onEvent({ kind: 'plugin-switched', route, plugin, enabled, restored: true });
      if (refusal !== undefined && was?.refusal !== refusal) {
        onEvent({ kind: 'plugin-refused', route, plugin, code: refusal.code, message: refusal.message });
      }
      if (was !== undefined && was.current.sha256 !== current.sha256) this.#tellSwap(current, was.current);
    }
  }

  status(): readonly PluginStatus[] {
    return this.#slots.map((slot) => this.#status(slot));
  }

  /** The files whose changes matter, by plugin. */
  files(): ReadonlyMap<string, string> {
    return new Map(this.#slots.map(({ current, config }) => [nameOf(current), config.use]));
  }

  /**
   * Reads a plugin's file again, or another one, and swaps it in if it is new and good. `approved`: what it asks for is agreed to.
   * Rejects with a HostError that says which step failed; then nothing has changed.
   */
  load(plugin: string, { use, approved = false }: { use?: string; approved?: boolean } = {}): Promise<PluginStatus> {
    const load = async (slot: PluginSlot): Promise<void> => {
      const config = use === undefined ? slot.config : { ...slot.config, use };
      const { folder, trust } = this.#options;
      const version = await this.#trace.step('read and check', async () => {
        if (use !== undefined) await checkPlace(slot, use, this.#options);
        return versionOf(config, await readPlugin(config, folder, trust));
      });
      await this.#take({ ...slot, config }, version, approved);
    };
    return this.#change(plugin, load, use === undefined ? REQUEST_MISTAKES : NAMED_FILE_MISTAKES);
  }

  /** Agrees to what the waiting version asks for, and swaps it in. `sha256`: its first digits, so that what was looked at is what is approved. */
  approve(plugin: string, sha256: string): Promise<PluginStatus> {
    return this.#change(plugin, async (slot) => {
      if (slot.waiting?.version.sha256.startsWith(sha256) !== true) {
        const waits = slot.waiting === undefined ? 'none waits' : `${slot.waiting.version.sha256} waits`;
        throw new HostError(
          'PLUGIN_UNKNOWN',
          `No version ${sha256} of plugin "${plugin}" waits for approval on route "${this.route}": ${waits}.`,
        );
      }
      checkAgain(slot.config, slot.waiting.version, this.#options.trust);
      await this.#take(slot, slot.waiting.version, true);
    });
  }

  /** Restores a version of the history; by default the one before. `sha256`: its first digits are enough. */
  rollback(plugin: string, sha256?: string): Promise<PluginStatus> {
    return this.#change(plugin, async (slot) => {
      const { history } = this.#record(slot);
      const found = history.filter(
        (version) =>
          version.sha256 !== slot.current.sha256 &&
          (sha256 === undefined ? version.failed === undefined : version.sha256.startsWith(sha256)),
      );
      const [target] = found;
      if (target === undefined || (sha256 !== undefined && found.length > 1)) {
        const which =
          sha256 === undefined
            ? 'no earlier version is kept'
            : `${found.length === 0 ? 'no' : 'more than one'} kept version starts with ${sha256}`;
        throw new HostError('PLUGIN_UNKNOWN', `Plugin "${plugin}" of route "${this.route}" cannot be rolled back: ${which}.`);
      }
      const version = versionOf(slot.config, await restored(slot.config, target, this.#options));
      await this.#swapIn(slot, version, this.#record(slot).approved, 'restored');
      await this.#fail(this.#slot(plugin), slot.current, 'rolled back by hand');
    });
  }

  /** Takes a plugin out of the chain, or puts it back in its place. Its state stays. */
  setEnabled(plugin: string, enabled: boolean): Promise<PluginStatus> {
    return this.#change(plugin, async (slot) => {
      if (slot.enabled === enabled) return;
      const changed = { ...slot, enabled };
      await this.#replace(changed);
      const { history, approved } = this.#record(slot);
      await this.#keep(plugin, { history, approved, ...switched(changed) });
      this.#options.onEvent({ kind: 'plugin-switched', route: this.route, plugin, enabled });
    });
  }

  /**
   * Runs a version in shadow: it sees the frames of `percent` of the connections after they have been answered, and what it says is compared, without any
   * effect. `approved`: what it asks for is agreed to. Rejects with a HostError that says which step failed.
   */
  shadow(plugin: string, source: CandidateSource, how: TrialOptions & { approved: boolean }): Promise<PluginStatus> {
    return this.#queue(async () => {
      await this.#trial.shadow(this.#slot(plugin), source, how);
      return this.#status(this.#slot(plugin));
    });
  }

  /**
   * Has a version run for `percent` of the connections, on the same state. With one of this plugin being tried already and no source: that one, whatever
   * its stage. 100: it is promoted. It is given up by itself when it fails as often as a version on probation may not.
   */
  canary(plugin: string, source: CandidateSource, { approved, percent }: { approved: boolean; percent: number }): Promise<PluginStatus> {
    return this.#queue(async () => {
      const slot = this.#slot(plugin);
      const candidate = await this.#trial.candidate(slot, source, approved);
      if (percent >= 100) return this.#promote(slot, candidate);
      await this.#trial.canary(slot, candidate, percent);
      return this.#status(slot);
    });
  }

  /** Swaps in the version that is tried, for everybody. */
  promote(plugin: string): Promise<PluginStatus> {
    return this.#queue(async () => {
      const slot = this.#slot(plugin);
      return this.#promote(slot, this.#trial.tried(slot));
    });
  }

  /** Ends a trial: only the running version runs. What was found stays to be looked at. */
  abandon(plugin: string, reason = 'abandoned by hand'): Promise<PluginStatus> {
    return this.#queue(async () => {
      const slot = this.#slot(plugin);
      this.#trial.tried(slot);
      await this.#trial.end(reason);
      return this.#status(slot);
    });
  }

  /** Ends whatever is tried, because of something greater. */
  endTrial(reason: string): Promise<void> {
    return this.#queue(() => this.#trial.end(reason));
  }

  /** A plugin failed on a frame: within its probation that counts against its version. */
  faulted(plugin: string): void {
    this.#trial.faulted(plugin);
    const slot = this.#slots.find(({ current }) => nameOf(current) === plugin);
    const probation = slot?.probation;
    if (slot === undefined || probation === undefined || this.#now() > probation.until) return;
    // Not the frame that it failed on just now: that may have met the version before.
    const faults = this.#chain?.health().find(({ name }) => name === plugin)?.faults;
    if (faults !== this.#options.probationFaults) return;
    void this.#giveUp(plugin, slot.current, `${faults} faults after the swap`);
    // What is with the plugins already is not to fail frame by frame until the version before is back.
    this.#chain?.quarantine(plugin, 'chain');
  }

  /** It was taken out of service: within its probation its version is given up. */
  quarantined(plugin: string): void {
    this.#trial.quarantined(plugin);
    const slot = this.#slots.find(({ current }) => nameOf(current) === plugin);
    const out = this.#chain?.health().some(({ name, quarantinedUntil }) => name === plugin && quarantinedUntil !== undefined);
    if (out !== true || slot?.probation === undefined || this.#now() > slot.probation.until) return;
    void this.#giveUp(plugin, slot.current, 'quarantined after the swap');
  }

  /** Resolves when no change is under way. */
  async settled(): Promise<void> {
    await this.#changing;
  }

  /** Resolves when everything that was submitted has settled and the instances are gone. Nothing may follow. */
  close(): Promise<void> {
    return this.#queue(async () => {
      await this.#trial.end('the route has ended');
      await this.#chain?.close();
    });
  }

  /** What its trial sees of it. */
  #tried(): TriedRoute {
    const rollout = this;
    return {
      get chain() {
        return rollout.#chain;
      },
      get slots() {
        return rollout.#slots;
      },
      record: (slot) => this.#record(slot),
      now: this.#now,
      queue: (work) => void this.#queue(work),
    };
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work);
    this.#changing = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  get #starting(): StartingOptions {
    return { ...this.#options, fallBack: this.#slots.length === 0 };
  }

  #change(
    plugin: string,
    change: (slot: PluginSlot) => Promise<void>,
    ofRequest: ReadonlySet<HostErrorCode> = REQUEST_MISTAKES,
  ): Promise<PluginStatus> {
    return this.#queue(async () => {
      const slot = this.#slot(plugin);
      try {
        await this.#trace.change(plugin, () => change(slot));
      } catch (error) {
        if (error instanceof HostError && !ofRequest.has(error.code)) this.#refuse(plugin, error);
        throw error;
      }
      return this.#status(this.#slot(plugin));
    });
  }

  async #take(slot: PluginSlot, version: PluginVersion, approved: boolean): Promise<void> {
    const plugin = nameOf(slot.current);
    if (nameOf(version) !== plugin) {
      throw new HostError(
        'PLUGIN_INVALID',
        `${version.spec.origin} is now the plugin "${nameOf(version)}"; the one that runs is "${plugin}".`,
        {
          hint: 'State belongs to the name. Give it its old name, set `name` in the route, or change the route.',
        },
      );
    }
    if (version.sha256 === slot.current.sha256) {
      this.#put({ ...withoutRefusal(slot), current: { ...slot.current, ...version, spec: slot.current.spec } });
      if (version.signature !== slot.current.signature) await this.#save(this.#slot(plugin), this.#record(slot).approved);
      return;
    }
    const record = this.#record(slot);
    const asked = grantsOf(version.spec.manifest);
    const more = beyond(asked, record.approved);
    if (more.length > 0 && !approved && this.#options.approve === 'ask') {
      // Nobody should be asked to approve what can't be run anyway.
      await this.#trace.step('compile', () => preparePlugin(version.spec));
      this.#put({ ...slot, waiting: { version, beyond: more } });
      this.#options.onEvent({ kind: 'plugin-waiting', route: this.route, plugin, sha256: version.sha256, beyond: more });
      return;
    }
    await this.#swapIn(slot, version, [...new Set([...record.approved, ...asked])].sort());
  }

  /** The version is good as far as one can tell without running it. */
  async #swapIn(
    slot: PluginSlot,
    version: PluginVersion,
    approved: readonly string[],
    kind: 'new' | 'restored' = 'new',
    trialEnd?: string,
  ): Promise<void> {
    const { current, config, configuredUse, enabled } = slot;
    const probation = { before: current, until: this.#now() + this.#options.probationMs };
    // Who restores a version does not want the one back that he left.
    await this.#replace({ config, configuredUse, enabled, current: version, ...(enabled && kind === 'new' && { probation }) }, trialEnd);
    await this.#save(this.#slot(nameOf(version)), approved);
    this.#tellSwap(version, current);
  }

  #tellSwap(version: PluginVersion, from: PluginVersion): void {
    const { manifest } = version.spec;
    this.#options.onEvent({
      kind: 'plugin-swapped',
      route: this.route,
      plugin: nameOf(version),
      sha256: version.sha256,
      from: from.sha256,
      ...(manifest === undefined ? {} : { version: manifest.version }),
    });
  }

  /** Puts a slot in place of the one of its name, and swaps the chain. */
  async #replace(slot: PluginSlot, trialEnd?: string, options?: SwapOptions): Promise<void> {
    const slots = this.#slots.map((other) => (nameOf(other.current) === nameOf(slot.current) ? slot : other));
    await this.#run(slots, trialEnd, options);
  }

  /** `trialEnd`: why a trial that can't go on ends, if that is known better here. */
  async #run(slots: readonly PluginSlot[], trialEnd?: string, options?: SwapOptions): Promise<void> {
    const specs = runningSpecs(slots, this.#options.guards);
    const chain = this.#chain;
    if (chain !== undefined) await this.#trace.step('start, warm and swap', () => chain.swap(specs, options));
    else if (slots.length > 0) this.#chain = await this.#options.open(specs);
    this.#slots = this.#migrated(slots);
    await this.#trial.follow(trialEnd);
  }

  async #promote(slot: PluginSlot, candidate: Candidate): Promise<PluginStatus> {
    const version = candidate.as(slot.config);
    const config = { ...slot.config, use: candidate.use };
    if (version.sha256 !== slot.current.sha256) await this.#swapIn({ ...slot, config }, version, candidate.approved, 'new', 'promoted');
    else await this.#trial.end('promoted');
    return this.#status(this.#slot(nameOf(slot.current)));
  }

  #status(slot: PluginSlot): PluginStatus {
    const name = nameOf(slot.current);
    const notKept = this.#options.store.unkept(this.route, name);
    return statusOf(slot, { record: this.#record(slot), trial: this.#trial.status(name), notKept, now: this.#now() });
  }

  /** The slots, with what became of their state. */
  #migrated(slots: readonly PluginSlot[]): readonly PluginSlot[] {
    const migrations = this.#chain?.migrations ?? [];
    for (const { kind: taken, ...migration } of migrations) {
      this.#options.onEvent({ kind: 'plugin-migrated', route: this.route, taken, ...migration });
    }
    return slots.map((slot) => {
      const found = migrations.find(({ plugin }) => plugin === nameOf(slot.current));
      if (found === undefined) return slot;
      const { kind, from, entries, waitedMs } = found;
      return { ...slot, migration: { kind, from, entries, ms: waitedMs } };
    });
  }

  /** What was never seen before is approved by being in the configuration. */
  async #remember(): Promise<void> {
    for (const slot of this.#slots) {
      const known = this.#record(slot).approved;
      const asked = grantsOf(slot.current.spec.manifest);
      await this.#save(slot, this.#options.approve === 'always' || known.length === 0 ? asked : known);
    }
  }

  async #giveUp(plugin: string, version: PluginVersion, reason: string): Promise<void> {
    await this.#change(plugin, async (slot) => {
      if (slot.current !== version || slot.probation === undefined) return;
      const { before } = slot.probation;
      this.#checkBefore(slot, before, reason);
      // What is to save the service asks no guest: what was migrated is taken back, or stays.
      await this.#replace({ config: slot.config, configuredUse: slot.configuredUse, enabled: slot.enabled, current: before }, undefined, {
        undoOnly: true,
      });
      await this.#save(this.#slot(plugin), this.#record(slot).approved);
      await this.#fail(this.#slot(plugin), version, reason);
      this.#options.onEvent({ kind: 'plugin-rolled-back', route: this.route, plugin, sha256: before.sha256, from: version.sha256, reason });
    }).catch(() => {});
  }

  /** A version that may not run any more does not come back, whatever becomes of the one that runs: that one is left to its `onFault` and the breaker. */
  #checkBefore(slot: PluginSlot, before: PluginVersion, reason: string): void {
    try {
      checkAgain(slot.config, before, this.#options.trust);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      const { probation: _over, ...rest } = slot;
      this.#put(rest);
      throw new HostError(error.code, `${reason}, but the version before it can't be brought back: ${error.message}`, {
        cause: error,
        hint: 'Load a version that may run, or disable the plugin.',
      });
    }
  }

  #refuse(plugin: string, { code, message, hint }: HostError): void {
    const slot = this.#slots.find(({ current }) => nameOf(current) === plugin);
    if (slot !== undefined) this.#put({ ...slot, refusal: { at: this.#now(), code, message, hint } });
    this.#options.onEvent({ kind: 'plugin-refused', route: this.route, plugin, code, message });
  }

  #put(slot: PluginSlot): void {
    this.#slots = this.#slots.map((other) => (nameOf(other.current) === nameOf(slot.current) ? slot : other));
  }

  #slot(plugin: string): PluginSlot {
    const slot = this.#slots.find(({ current }) => nameOf(current) === plugin);
    if (slot !== undefined) return slot;
    const known = this.#slots.map(({ current }) => nameOf(current)).join(', ') || 'none';
    throw new HostError('PLUGIN_UNKNOWN', `Route "${this.route}" has no plugin "${plugin}"; it has: ${known}.`);
  }

  #record({ current }: PluginSlot): PluginRecord {
    return this.#options.store.record(this.route, nameOf(current)) ?? { history: [], approved: [] };
  }

  /** Remembers that a version is not to be loaded again by itself. */
  async #fail(slot: PluginSlot, { sha256 }: PluginVersion, reason: string): Promise<void> {
    const record = this.#record(slot);
    const history = record.history.map((entry) => (entry.sha256 === sha256 ? { ...entry, failed: reason } : entry));
    await this.#keep(nameOf(slot.current), { ...record, history });
  }

  async #save(slot: PluginSlot, approved: readonly string[]): Promise<void> {
    const { history } = this.#record(slot);
    const { spec, sha256, signature } = slot.current;
    const rest = history.filter((entry) => entry.sha256 !== sha256);
    const kept = [stored(slot, this.#now()), ...rest].slice(0, this.#options.keepVersions);
    const file = {
      wasm: spec.wasm,
      ...(signature === undefined ? {} : { signature }),
      ...(spec.sourceMap === undefined ? {} : { sourceMap: spec.sourceMap }),
    };
    await this.#keep(spec.name, { approved, history: kept, ...switched(slot) }, new Map([[sha256, file]]));
  }

  /** What runs, runs, whether it can be written down or not. */
  async #keep(plugin: string, ...what: [PluginRecord, ReadonlyMap<string, PluginFile>?]): Promise<void> {
    await this.#trace
      .step('write down', () => this.#options.store.save(this.route, plugin, ...what))
      .catch((error: Error) => {
        const message = `Plugin "${plugin}" of route "${this.route}" runs as it should, but its versions cannot be written down: ${error.message}.`;
        const code = 'PLUGIN_NOT_KEPT';
        this.#options.onEvent({ kind: 'version-not-kept', route: this.route, plugin, code, message, hint: HOST_ERRORS[code] });
      });
  }
}
