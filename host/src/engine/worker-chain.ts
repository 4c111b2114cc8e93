import type { Hook } from '@framegate/sdk/abi';
import { HostError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { Outcome } from '../pipeline/outcome.js';
import { Breaker, type BreakerOptions } from './breaker.js';
import type { Chain, ChainClient, PluginHealth, PluginSpec } from './engine.js';
import { NO_SKIPS, type Skip } from './in-flight.js';
import { readLatencies } from './latency.js';
import { isResponsePerMessage } from './response-per-message.js';

/** A client that has submitted frames to a chain. */
export interface Attachment {
  readonly chain: WorkerChain;
  readonly client: ChainClient;
  outstanding: number;
  /** It has left; what is outstanding still settles. */
  detached: boolean;
}

/** What a chain needs of its engine. */
export interface ChainHost {
  submit(attachment: Attachment, hook: Hook, frame: Frame): void;
  /** A detached client's last frame has settled. */
  left(attachment: Attachment): void;
  unload(chain: WorkerChain): Promise<void>;
  quarantined(plugin: string, forMs: number): void;
  readmitted(plugin: string): void;
}

export interface WorkerChainOptions {
  readonly id: number;
  readonly plugins: readonly PluginSpec[];
  /** Each plugin's hooks. */
  readonly hooks: readonly ReadonlySet<Hook>[];
  readonly breaker: BreakerOptions;
  /** Where the threads count the plugins' calls (latency.ts). */
  readonly latencies: SharedArrayBuffer;
}

/** One route's plugins in the worker threads, seen from the main thread: who uses them, what is outstanding, who is quarantined. */
export class WorkerChain implements Chain {
  readonly id: number;
  readonly plugins: readonly PluginSpec[];
  readonly hooks: ReadonlySet<Hook>;
  readonly responsePerMessage: boolean;
  readonly #host: ChainHost;
  readonly #pluginHooks: readonly ReadonlySet<Hook>[];
  readonly #breakers: readonly Breaker[];
  readonly #latencies: SharedArrayBuffer;
  readonly #attachments = new Map<ChainClient, Attachment>();
  #skips: readonly Skip[] = NO_SKIPS;
  #outstanding = 0;
  #inFlightBytes = 0;
  #closing: Promise<void> | undefined;
  #settledAll: (() => void) | undefined;

  constructor(options: WorkerChainOptions, host: ChainHost) {
    this.id = options.id;
    this.plugins = options.plugins;
    this.#pluginHooks = options.hooks;
    this.hooks = new Set(options.hooks.flatMap((hooks) => [...hooks]));
    this.responsePerMessage = isResponsePerMessage(options.plugins, options.hooks);
    this.#breakers = options.plugins.map(() => new Breaker(options.breaker));
    this.#latencies = options.latencies;
    this.#host = host;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  submit(client: ChainClient, hook: Hook, frame: Frame): void {
    if (this.#closing !== undefined)
      throw new HostError('ENGINE_CLOSED', `a frame was submitted to the chain of ${this.#names()}, which is closed`);
    let attachment = this.#attachments.get(client);
    if (!attachment) {
      attachment = { chain: this, client, outstanding: 0, detached: false };
      this.#attachments.set(client, attachment);
    }
    attachment.detached = false;
    attachment.outstanding += 1;
    this.#outstanding += 1;
    this.#inFlightBytes += frame.payload.length;
    this.#host.submit(attachment, hook, frame);
  }

  detach(client: ChainClient): void {
    const attachment = this.#attachments.get(client);
    if (!attachment) return;
    attachment.detached = true;
    if (attachment.outstanding === 0) this.#leave(attachment);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  health(): readonly PluginHealth[] {
    return this.plugins.map(({ name }, index) => {
      const hooks = this.#pluginHooks[index] ?? new Set();
      const until = this.#breakers[index]?.quarantinedUntil;
      return {
        name,
        hooks,
        ...(until === undefined ? {} : { quarantinedUntil: until }),
        latencies: readLatencies(this.#latencies, index, hooks),
      };
    });
  }

  pardon(plugin: string): boolean {
    const breaker = this.#breakers[this.plugins.findIndex(({ name }) => name === plugin)];
    if (breaker === undefined) return false;
    if (breaker.reset()) this.#host.readmitted(plugin);
    this.#skips = this.#quarantined();
    return true;
  }

  /** Hands a result to its client, after the breakers have seen it. */
  settle(attachment: Attachment, hook: Hook, frame: Frame, outcome: Outcome): void {
    this.#judge(hook, outcome);
    attachment.outstanding -= 1;
    this.#outstanding -= 1;
    this.#inFlightBytes -= frame.payload.length;
    try {
      attachment.client.settled(hook, frame, outcome);
    } finally {
      if (attachment.detached && attachment.outstanding === 0) this.#leave(attachment);
      if (this.#outstanding === 0) this.#settledAll?.();
    }
  }

  /** The plugins that don't run at present, for the next frame that is sent to a worker. */
  skips(): readonly Skip[] {
    if (this.#skips.length > 0) {
      const now = Date.now();
      for (const [index, breaker] of this.#breakers.entries()) if (breaker.readmit(now)) this.#host.readmitted(this.#name(index));
      this.#skips = this.#quarantined();
    }
    return this.#skips;
  }

  killed(plugin: number, now: number): void {
    this.#announce(plugin, this.#breakers[plugin]?.killed(now));
  }

  /** Kills are counted when they happen, not again when the frame that met one settles; a skipped call says nothing new. */
  #judge(hook: Hook, outcome: Outcome): void {
    for (const [index, breaker] of this.#breakers.entries()) {
      if (breaker.quarantined || !this.#pluginHooks[index]?.has(hook)) continue;
      const name = this.#name(index);
      const note = outcome.notes.find(({ kind, plugin }) => kind === 'fault' && plugin === name);
      if (!note) breaker.succeeded();
      else if (note.fault !== 'PLUGIN_DEADLINE' && note.fault !== 'PLUGIN_QUARANTINED') this.#announce(index, breaker.faulted(Date.now()));
    }
  }

  #announce(plugin: number, quarantineMs: number | undefined): void {
    if (quarantineMs === undefined) return;
    this.#skips = this.#quarantined();
    this.#host.quarantined(this.#name(plugin), quarantineMs);
  }

  #quarantined(): readonly Skip[] {
    return this.#breakers.flatMap((breaker, plugin) => (breaker.quarantined ? [{ plugin, fault: 'PLUGIN_QUARANTINED' } as const] : []));
  }

  #leave(attachment: Attachment): void {
    this.#attachments.delete(attachment.client);
    this.#host.left(attachment);
  }

  async #close(): Promise<void> {
    if (this.#outstanding > 0) {
      await new Promise<void>((resolve) => {
        this.#settledAll = resolve;
      });
    }
    await this.#host.unload(this);
  }

  #name(plugin: number): string {
    return this.plugins[plugin]?.name ?? '';
  }

  #names(): string {
    return this.plugins.map((plugin) => `"${plugin.name}"`).join(', ');
  }
}
