import type { Chain, Engine, EngineEvent, PluginSpec } from '../engine/engine.js';
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

/** A version that is tried beside the running one of its plugin, until it is promoted or given up. */
export class Trial {
  readonly plugin: string;
  readonly candidate: Candidate;
  readonly stage: TrialStage = 'shadow';
  readonly percent: number;
  readonly since: number;
  /** Of the version that it is tried against. */
  readonly #base: string;
  readonly #shadow: Shadow;
  #ended: TrialStatus['ended'];

  private constructor(slot: PluginSlot, candidate: Candidate, percent: number, since: number, shadow: Shadow) {
    this.plugin = nameOf(slot.current);
    this.candidate = candidate;
    this.percent = percent;
    this.since = since;
    this.#base = slot.current.sha256;
    this.#shadow = shadow;
  }

  /** Starts a version in shadow. `specs`: the route's plugins with it in its place. Rejects with a HostError if it can't be started. */
  static async shadow(
    place: { readonly route: string; readonly slot: PluginSlot; readonly chain: Chain; readonly now: number },
    candidate: Candidate,
    specs: readonly PluginSpec[],
    { percent, http }: TrialOptions,
    parts: TrialParts,
    stopped: (reason: string) => void,
  ): Promise<Trial> {
    const { route, slot, chain, now } = place;
    const plugin = nameOf(slot.current);
    const shadow = await Shadow.open(specs, {
      ...parts,
      plugin,
      percent,
      salt: candidate.sha256,
      http,
      live: chain,
      log: (log) => parts.log(route, log),
      stopped,
    });
    return new Trial(slot, candidate, percent, now, shadow);
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
    await this.#shadow.swap(specs);
  }

  /** Resolves when nothing of it runs any more. What it has found can still be asked for. */
  async end(reason: string, failed: boolean, now: number): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#ended = { at: now, reason, failed };
    await this.#shadow.close();
  }

  status(): TrialStatus {
    const { sha256, version, origin } = this.candidate;
    return {
      stage: this.stage,
      sha256,
      ...(version === undefined ? {} : { version }),
      origin,
      percent: this.percent,
      since: this.since,
      ...(this.#ended && { ended: this.#ended }),
      shadow: this.#shadow.report(),
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
