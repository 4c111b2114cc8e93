import type { Chain, PluginSpec } from '../engine/engine.js';
import { HostError } from '../errors.js';
import { type Candidate, type CandidateOptions, type CandidateSource, findCandidate, refuseMigration } from './candidate.js';
import { nameOf, type PluginSlot, runningSpecs } from './plugin-slot.js';
import type { RolloutEvent } from './rollout-event.js';
import { onRoute } from './route-error.js';
import { Trial, type TrialOptions, type TrialParts, type TrialPlace } from './trial.js';
import type { TrialStatus } from './trial-status.js';
import type { PluginRecord } from './version-store.js';

export interface RouteTrialOptions extends CandidateOptions {
  /** What versions that are tried run on. */
  readonly trials: TrialParts;
  readonly guards: boolean;
  /** So many faults within so many milliseconds end a canary. */
  readonly probationFaults: number;
  readonly probationMs: number;
  readonly onEvent: (event: RolloutEvent) => void;
}

/** The route that it belongs to, as it is now. */
export interface TriedRoute {
  readonly chain: Chain | undefined;
  readonly slots: readonly PluginSlot[];
  record(slot: PluginSlot): PluginRecord;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Does this after all changes of the route that were asked for before. */
  queue(work: () => Promise<void>): void;
}

/**
 * The place of a route in which one version at a time is tried, and what became of the last one. What changes something is for the route
 * to call, one after the other.
 */
export class RouteTrial {
  readonly #options: RouteTrialOptions;
  readonly #route: TriedRoute;
  /** The version that is tried, or was last. */
  #trial: Trial | undefined;
  #trying = false;

  constructor(options: RouteTrialOptions, route: TriedRoute) {
    this.#options = options;
    this.#route = route;
  }

  /** Starts a version in shadow. Rejects with a HostError that says which step failed. */
  async shadow(slot: PluginSlot, source: CandidateSource, { approved, ...options }: TrialOptions & { approved: boolean }): Promise<void> {
    this.#refuseSecond();
    const place = this.#place(slot);
    const candidate = await this.#find(slot, source, approved);
    const { trials, guards } = this.#options;
    const chains = { specs: this.#specsWith(candidate, slot), running: runningSpecs(this.#route.slots, guards) };
    const start = () => Trial.shadow(place, candidate, chains, options, trials, (reason) => this.#stop(trial, reason));
    const trial = await onRoute(this.#options.route, start);
    this.#begin(trial);
  }

  /** What a canary is to be of: the one of this plugin that is being tried, if no other is named. Rejects with a HostError. */
  async candidate(slot: PluginSlot, source: CandidateSource, approved: boolean): Promise<Candidate> {
    const own = this.#running?.plugin === nameOf(slot.current) ? this.#running : undefined;
    if (own !== undefined && source.use === undefined && source.sha256 === undefined) return own.candidate;
    this.#refuseSecond();
    return this.#find(slot, source, approved);
  }

  /** Has this version run for a share of the connections, or for another share than before. Rejects with a HostError. */
  async canary(slot: PluginSlot, candidate: Candidate, percent: number): Promise<void> {
    const before = this.#running?.candidate === candidate ? this.#running : undefined;
    const specs = this.#specsWith(candidate, slot);
    const { route, onEvent } = this.#options;
    if (before?.stage === 'canary') {
      before.percent = percent;
      await onRoute(route, () => before.follow(specs));
      onEvent(before.event(route));
      return;
    }
    const place = this.#place(slot);
    refuseMigration(candidate.spec(slot.config));
    const trial = await onRoute(route, () => Trial.canary(place, candidate, specs, percent));
    await this.end('goes on as a canary');
    this.#begin(trial);
  }

  /** The version of this plugin that is being tried. Throws PLUGIN_UNKNOWN if there is none. */
  tried(slot: PluginSlot): Candidate {
    const plugin = nameOf(slot.current);
    if (this.#running?.plugin === plugin) return this.#running.candidate;
    throw new HostError('PLUGIN_UNKNOWN', `No version of "${plugin}" is being tried on route "${this.#options.route}".`, {
      hint: 'Start with `framegate plugin shadow ROUTE PLUGIN`.',
    });
  }

  /** Ends it, if there is one. `failed`: by itself. */
  async end(reason: string, failed = false): Promise<void> {
    const trial = this.#running;
    if (trial === undefined) return;
    this.#trying = false;
    await trial.end(reason, failed, this.#route.now());
    this.#options.onEvent(trial.event(this.#options.route));
  }

  /** The route's plugins have changed: what is tried is tried among them, or ends. `reason`: why, if that is known better by who changed them. */
  async follow(reason: string | undefined): Promise<void> {
    const trial = this.#running;
    if (trial === undefined) return;
    const { slots } = this.#route;
    const slot = slots.find(({ current }) => nameOf(current) === trial.plugin);
    const obstacle = trial.obstacle(slots);
    if (slot === undefined || obstacle !== undefined) {
      await this.end(reason ?? obstacle ?? '');
      return;
    }
    await trial
      .follow(this.#specsWith(trial.candidate, slot))
      .catch((error: Error) => this.end(`it could not follow a change of the route: ${error.message}`, true));
  }

  /** A plugin of this name failed on a frame: one time too many, and it is given up. */
  faulted(plugin: string): void {
    const { probationFaults, probationMs } = this.#options;
    const trial = this.#trial?.plugin === plugin ? this.#trial : undefined;
    const over = trial?.faulted(this.#route.now(), probationFaults, probationMs);
    if (trial === undefined || over === undefined) return;
    this.#stop(trial, over);
    trial.quarantine();
  }

  /** A plugin of this name was taken out of service. */
  quarantined(plugin: string): void {
    if (this.#trial?.plugin === plugin && this.#trial.quarantined) this.#stop(this.#trial, 'it was quarantined');
  }

  /** Of this plugin's, the last one too. */
  status(plugin: string): TrialStatus | undefined {
    return this.#trial?.plugin === plugin ? this.#trial.status() : undefined;
  }

  get #running(): Trial | undefined {
    return this.#trying ? this.#trial : undefined;
  }

  #find(slot: PluginSlot, source: CandidateSource, approved: boolean): Promise<Candidate> {
    return onRoute(this.#options.route, () => findCandidate(slot, this.#route.record(slot), source, approved, this.#options));
  }

  #begin(trial: Trial): void {
    this.#trial = trial;
    this.#trying = true;
    this.#options.onEvent(trial.event(this.#options.route));
  }

  #place(slot: PluginSlot): TrialPlace {
    const { chain } = this.#route;
    if (slot.enabled && chain !== undefined) return { route: this.#options.route, slot, chain, now: this.#route.now() };
    throw new HostError('PLUGIN_TRIAL', `"${nameOf(slot.current)}" is disabled; enable it first.`, {
      hint: 'A version is tried beside the one that runs.',
    });
  }

  /** The route's plugins with a candidate in the place of its plugin. */
  #specsWith(candidate: Candidate, slot: PluginSlot): readonly PluginSpec[] {
    return runningSpecs(this.#route.slots, this.#options.guards, candidate.spec(slot.config));
  }

  #refuseSecond(): void {
    if (this.#running === undefined) return;
    const what = `On route "${this.#options.route}" a version of "${this.#running.plugin}" is being tried already.`;
    throw new HostError('PLUGIN_TRIAL', what);
  }

  /** It has stopped by itself. */
  #stop(trial: Trial, reason: string): void {
    this.#route.queue(async () => {
      if (this.#trial === trial) await this.end(reason, true);
    });
  }
}
