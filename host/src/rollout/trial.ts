import type { Chain, Engine, EngineEvent, PluginSpec } from '../engine/engine.js';
import { checkModule } from '../engine/wasm/load-checks.js';
import { HostError } from '../errors.js';
import type { DifferenceOptions } from '../shadow/difference-list.js';
import { Shadow } from '../shadow/shadow.js';
import type { StateStore } from '../state/state-store.js';
import type { Candidate } from './candidate.js';
import { nameOf, type PluginSlot } from './plugin-slot.js';
import type { RolloutEvent } from './rollout-event.js';
import type { TrialStage, TrialStatus } from './trial-status.js';

export interface TrialParts {
  readonly state: StateStore;
  readonly openEngine: (state: StateStore, onEvent: (event: EngineEvent) => void) => Promise<Engine>;
  readonly maxQueuedBytes: number;
  readonly differences: DifferenceOptions;
  /** What a version in shadow logs. */
  readonly log: (route: string, log: Extract<EngineEvent, { kind: 'plugin-log' }>) => void;
}

/** How a candidate is tried. */
export interface TrialOptions {
  /** Of the connections. */
  readonly percent: number;
  /** Whether it may send HTTP requests in shadow. */
  readonly http: boolean;
}

/** Where a version is tried. */
export interface TrialPlace {
  readonly route: string;
  readonly slot: PluginSlot;
  readonly chain: Chain;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A version that is tried beside the running one of its plugin, until it is promoted or given up. */
export class Trial {
  readonly plugin: string;
  readonly candidate: Candidate;
  readonly since: number;
  percent: number;
  /** Of the version that it is tried against. */
  readonly #base: string;
  readonly #chain: Chain;
  /** `undefined`: it is a canary. */
  readonly #shadow: Shadow | undefined;
  #canary = { frames: 0, faults: 0 };
  #faultsAt: number[] = [];
  #ended: TrialStatus['ended'];

  private constructor({ slot, chain, now }: TrialPlace, candidate: Candidate, percent: number, shadow: Shadow | undefined) {
    this.plugin = nameOf(slot.current);
    this.candidate = candidate;
    this.percent = percent;
    this.since = now;
    this.#base = slot.current.sha256;
    this.#chain = chain;
    this.#shadow = shadow;
  }

  /** Starts a version in shadow. `specs`: the route's plugins with it in its place; `running`: with the running one. Rejects with a HostError if it can't be started. */
  static async shadow(
    place: TrialPlace,
    candidate: Candidate,
    { specs, running }: { readonly specs: readonly PluginSpec[]; readonly running: readonly PluginSpec[] },
    { percent, http }: TrialOptions,
    parts: TrialParts,
    stopped: (reason: string) => void,
  ): Promise<Trial> {
    const shadow = await Shadow.open(specs, {
      ...parts,
      plugin: nameOf(place.slot.current),
      percent,
      salt: candidate.sha256,
      http,
      live: place.chain,
      ...(checkModule(candidate.spec(place.slot.config)).migrates ? { takesOverFrom: running } : {}),
      log: (log) => parts.log(place.route, log),
      stopped,
    });
    return new Trial(place, candidate, percent, shadow);
  }

  /** Has a share of the connections run a version. Rejects with a HostError if it can't be started. */
  static async canary(place: TrialPlace, candidate: Candidate, specs: readonly PluginSpec[], percent: number): Promise<Trial> {
    const trial = new Trial(place, candidate, percent, undefined);
    await trial.follow(specs);
    return trial;
  }

  get stage(): TrialStage {
    return this.#shadow === undefined ? 'canary' : 'shadow';
  }

  /** Why it can't go on when these are the route's plugins. */
  obstacle(slots: readonly PluginSlot[]): string | undefined {
    const slot = slots.find(({ current }) => nameOf(current) === this.plugin);
    if (slot === undefined) return 'the plugin was taken out of the route';
    if (!slot.enabled) return 'the plugin was disabled';
    if (slot.current.sha256 !== this.#base) return 'another version of the plugin runs now';
    try {
      this.candidate.spec(slot.config);
      return undefined;
    } catch (error) {
      if (error instanceof HostError) return `it does not take the new configuration: ${error.message}`;
      throw error;
    }
  }

  /** The route's plugins have changed: these they would be with the candidate. */
  async follow(specs: readonly PluginSpec[]): Promise<void> {
    if (this.#shadow !== undefined) await this.#shadow.swap(specs);
    else await this.#chain.setCanary({ plugins: specs, percent: this.percent, salt: this.candidate.sha256 });
  }

  /** Resolves when nothing of it runs any more. What it has found can still be asked for. */
  async end(reason: string, failed: boolean, now: number): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#count();
    this.#ended = { at: now, reason, failed };
    if (this.#shadow !== undefined) await this.#shadow.close();
    else await this.#chain.setCanary(undefined);
  }

  /** A plugin of this name failed on a frame. Why the canary can't go on, if it was one fault too many of its: so many within so many milliseconds. */
  faulted(now: number, faults: number, windowMs: number): string | undefined {
    const before = this.#canary.faults;
    this.#count();
    const fresh = this.#canary.faults - before;
    if (this.stage !== 'canary' || this.#ended !== undefined || fresh <= 0) return undefined;
    this.#faultsAt = [...this.#faultsAt.filter((at) => at > now - windowMs), ...new Array<number>(fresh).fill(now)].slice(-faults);
    return this.#faultsAt.length >= faults ? `it failed on ${faults} frames within ${Math.ceil(windowMs / 1000)} s` : undefined;
  }

  /** Has the canary run on none of the frames that are with the plugins already: it is going to end. */
  quarantine(): void {
    this.#chain.quarantine(this.plugin, 'canary');
  }

  /** Whether it is a canary that was taken out of service. */
  get quarantined(): boolean {
    const own = this.#chain.canary?.plugins.find(({ name }) => name === this.plugin);
    return this.stage === 'canary' && this.#ended === undefined && own?.quarantinedUntil !== undefined;
  }

  #count(): void {
    const { canary } = this.#chain;
    if (this.stage !== 'canary' || this.#ended !== undefined || canary === undefined) return;
    this.#canary = { frames: canary.frames, faults: canary.plugins.find(({ name }) => name === this.plugin)?.faults ?? 0 };
  }

  status(): TrialStatus {
    this.#count();
    const { sha256, version, origin } = this.candidate;
    return {
      stage: this.stage,
      sha256,
      ...(version === undefined ? {} : { version }),
      origin,
      percent: this.percent,
      since: this.since,
      ...(this.#ended && { ended: this.#ended }),
      ...(this.#shadow === undefined ? { canary: this.#canary } : { shadow: this.#shadow.report() }),
    };
  }

  /** What is told when it starts, or ends. */
  event(route: string): Extract<RolloutEvent, { kind: 'plugin-trial-started' | 'plugin-trial-ended' }> {
    const { sha256, version } = this.candidate;
    const { plugin, stage, percent } = this;
    const about = { route, plugin, stage, sha256, ...(version === undefined ? {} : { version }) };
    if (this.#ended === undefined) return { kind: 'plugin-trial-started', ...about, percent };
    const { reason, failed } = this.#ended;
    return { kind: 'plugin-trial-ended', ...about, reason, failed };
  }
}
