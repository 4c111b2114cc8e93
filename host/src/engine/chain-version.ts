import type { Hook, MessageHook, PluginGuards } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { Outcome } from '../pipeline/outcome.js';
import { Breaker, type BreakerOptions } from './breaker.js';
import { ChainHttp } from './chain-http.js';
import type { PluginHealth, PluginSpec } from './engine.js';
import { faultOf } from './fault-of.js';
import { ChainGuard } from './guard/chain-guard.js';
import { NO_SKIPS, type Skip } from './in-flight.js';
import { readLatencies } from './latency.js';
import { QuarantineFlags } from './quarantine-flags.js';
import { isResponsePerMessage } from './response-per-message.js';
import type { ChainDefinition } from './worker-protocol.js';

/** Whom a chain tells of its plugins' health. */
export interface ChainHealth {
  quarantined(plugin: string, forMs: number): void;
  readmitted(plugin: string): void;
}

/** The plugins that a chain runs at one time, as they were loaded, and who of them is quarantined. */
export class ChainVersion {
  /** Which one the workers are told to run: never the same for two. */
  readonly id: number;
  readonly plugins: readonly PluginSpec[];
  readonly hooks: ReadonlySet<Hook>;
  readonly responsePerMessage: boolean;
  readonly http: ChainHttp;
  /** Its frames that have not settled. */
  outstanding = 0;
  readonly #health: ChainHealth;
  readonly #pluginHooks: readonly ReadonlySet<Hook>[];
  readonly #guard: ChainGuard;
  readonly #breakers: readonly Breaker[];
  readonly #faults: number[];
  readonly #latencies: SharedArrayBuffer;
  readonly #flags: QuarantineFlags;
  #skips: readonly Skip[] = NO_SKIPS;

  /** `guards`: each plugin's. */
  constructor(
    { chain, plugins, latencies, quarantines }: ChainDefinition,
    guards: readonly PluginGuards[],
    breaker: BreakerOptions,
    health: ChainHealth,
  ) {
    this.id = chain;
    this.plugins = plugins.map(({ spec }) => spec);
    this.http = new ChainHttp(this.plugins);
    this.#pluginHooks = plugins.map(({ checked }) => checked.hooks);
    this.hooks = new Set(this.#pluginHooks.flatMap((hooks) => [...hooks]));
    this.responsePerMessage = isResponsePerMessage(this.plugins, this.#pluginHooks);
    this.#guard = new ChainGuard(this.plugins, this.#pluginHooks, guards);
    this.#breakers = plugins.map(() => new Breaker(breaker));
    this.#faults = plugins.map(() => 0);
    this.#latencies = latencies;
    this.#flags = new QuarantineFlags(quarantines);
    this.#health = health;
  }

  get names(): readonly string[] {
    return this.plugins.map((plugin) => plugin.name);
  }

  /** Whether a plugin may have something to say of this frame. One in quarantine may be one that drops whatever it can't look at. */
  wants(hook: MessageHook, frame: Frame): boolean {
    return this.hooks.has(hook) && (this.#skips.length > 0 || !this.#guard.rulesOut(hook, frame));
  }

  /** The plugins that don't run at present, for the next frame that is sent to a worker. */
  skips(): readonly Skip[] {
    if (this.#skips.length > 0) {
      const now = Date.now();
      for (const [index, breaker] of this.#breakers.entries()) if (breaker.readmit(now)) this.#health.readmitted(this.name(index));
      this.#skips = this.#quarantined();
    }
    return this.#skips;
  }

  /** Takes a plugin out of service now, as a quarantine does that it has earned. */
  quarantine(plugin: string): void {
    const index = this.plugins.findIndex(({ name }) => name === plugin);
    this.#announce(index, this.#breakers[index]?.trip(Date.now()));
  }

  killed(plugin: number, now: number): void {
    this.#announce(plugin, this.#breakers[plugin]?.killed(now));
  }

  /** Kills are counted when they happen, not again when the frame that met one settles; a skipped call says nothing new. */
  judge(hook: Hook, outcome: Outcome): void {
    for (const [index, breaker] of this.#breakers.entries()) {
      if (!this.#pluginHooks[index]?.has(hook)) continue;
      const note = faultOf(outcome, this.name(index));
      if (note !== undefined) this.#faults[index] = (this.#faults[index] ?? 0) + 1;
      if (breaker.quarantined) continue;
      if (!note) breaker.succeeded();
      else if (note.fault !== 'PLUGIN_DEADLINE' && note.fault !== 'PLUGIN_QUARANTINED') this.#announce(index, breaker.faulted(Date.now()));
    }
  }

  health(): readonly PluginHealth[] {
    return this.plugins.map(({ name }, index) => {
      const hooks = this.#pluginHooks[index] ?? new Set();
      const http = this.http.counts(name);
      const until = this.#breakers[index]?.quarantinedUntil;
      return {
        name,
        hooks,
        ...(until === undefined ? {} : { quarantinedUntil: until }),
        faults: this.#faults[index] ?? 0,
        latencies: readLatencies(this.#latencies, index, hooks),
        ...(http && { http }),
      };
    });
  }

  /** Ends a quarantine and forgets the faults. False: there is no plugin of that name. */
  pardon(plugin: string): boolean {
    const breaker = this.#breakers[this.plugins.findIndex(({ name }) => name === plugin)];
    if (breaker === undefined) return false;
    if (breaker.reset()) this.#health.readmitted(plugin);
    this.#skips = this.#quarantined();
    return true;
  }

  /** None of its frames is under way any more. */
  close(): void {
    this.http.close();
  }

  name(plugin: number): string {
    return this.plugins[plugin]?.name ?? '';
  }

  #announce(plugin: number, quarantineMs: number | undefined): void {
    if (quarantineMs === undefined) return;
    this.#skips = this.#quarantined();
    this.#health.quarantined(this.name(plugin), quarantineMs);
  }

  #quarantined(): readonly Skip[] {
    for (const [plugin, breaker] of this.#breakers.entries()) this.#flags.set(plugin, breaker.quarantined);
    return this.#breakers.flatMap((breaker, plugin) => (breaker.quarantined ? [{ plugin, fault: 'PLUGIN_QUARANTINED' } as const] : []));
  }
}
