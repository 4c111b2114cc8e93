import type { Hook, MessageHook } from '@framegate/sdk/abi';
import { HostError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { HttpRecord } from '../pipeline/http-journal.js';
import type { Outcome } from '../pipeline/outcome.js';
import { stateOwner } from '../state/state-owner.js';
import type { Attachment, ChainFrame } from './chain-frame.js';
import type { ChainVersion } from './chain-version.js';
import type {
  Canary,
  CanaryHealth,
  Chain,
  ChainClient,
  ChainObserver,
  PluginHealth,
  PluginSpec,
  StateMigration,
  SwapOptions,
} from './engine.js';
import { NO_SKIPS } from './in-flight.js';
import { areSamePlugins } from './same-plugins.js';
import { isInShare } from './share.js';

/**
 * Frames of one connection that its worker has at a time: more wait here, so that thousands of tiny ones which a client sends at once
 * do not stand before everybody else's. Enough to keep a worker busy while the next ones are on their way.
 */
const FRAMES_AT_A_TIME = 128;

/** What a chain needs of its engine. */
export interface ChainHost {
  /** Gives a frame to its worker. False, and nothing done, if that is another one than has the connection's earlier frames. */
  start(frame: ChainFrame): boolean;
  /** A detached client's last frame has settled. */
  left(attachment: Attachment): void;
  /** Starts a version of these plugins beside the running one, wherever frames of this chain may come. */
  swap(
    plugins: readonly PluginSpec[],
    options: SwapOptions,
  ): Promise<{ readonly version: ChainVersion; readonly migrations: readonly StateMigration[] }>;
  /** Starts a version that a share of the connections meets beside the running one, on the same state. */
  canary(plugins: readonly PluginSpec[]): Promise<ChainVersion>;
  /** Takes a version away that has no frames under way any more. */
  retire(version: ChainVersion): Promise<void>;
  closed(): void;
}

interface RunningCanary {
  canary: Canary;
  readonly version: ChainVersion;
  frames: number;
}

/** One route's plugins in the worker threads, seen from the main thread: who uses them, and what is outstanding. */
export class WorkerChain implements Chain {
  observer: ChainObserver | undefined;
  readonly #host: ChainHost;
  readonly #attachments = new Map<ChainClient, Attachment>();
  #version: ChainVersion;
  migrations: readonly StateMigration[] = [];
  /** Frames that wait until the chain is spread over the workers in another way, or its plugins' state has another form; none: nothing waits. */
  #held: ChainFrame[] | undefined;
  /** What waits until a version that nobody submits to any more has no frames. */
  readonly #drained = new Map<ChainVersion, () => void>();
  #canary: RunningCanary | undefined;
  #swapping: Promise<void> = Promise.resolve();
  #retiring: Promise<void> = Promise.resolve();
  #outstanding = 0;
  #inFlightBytes = 0;
  #closing: Promise<void> | undefined;
  #settledAll: (() => void) | undefined;
  #quiet: (() => void) | undefined;

  constructor(version: ChainVersion, host: ChainHost) {
    this.#version = version;
    this.#host = host;
  }

  get version(): ChainVersion {
    return this.#version;
  }

  get hooks(): ReadonlySet<Hook> {
    const canary = this.#canary?.version.hooks;
    return canary === undefined ? this.#version.hooks : new Set([...this.#version.hooks, ...canary]);
  }

  get canary(): CanaryHealth | undefined {
    return this.#canary && { frames: this.#canary.frames, plugins: this.#canary.version.health() };
  }

  get responsePerMessage(): boolean {
    // One run would hold for recipients that are to meet different plugins.
    return this.#canary === undefined && this.#version.responsePerMessage;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  get attachments(): Iterable<Attachment> {
    return this.#attachments.values();
  }

  wants(hook: MessageHook, frame: Frame): boolean {
    return this.#version.wants(hook, frame) || this.#canary?.version.wants(hook, frame) === true;
  }

  submit(client: ChainClient, hook: Hook, frame: Frame, traced = false, http?: HttpRecord): void {
    if (this.#closing !== undefined)
      throw new HostError('ENGINE_CLOSED', `a frame was submitted to the chain of ${this.#names()}, which is closed`);
    const attachment = this.#attach(client);
    attachment.outstanding += 1;
    this.#outstanding += 1;
    this.#inFlightBytes += frame.payload.length;
    const { context } = client;
    const version = this.#canary === undefined ? this.#version : this.#choose(attachment, this.#canary);
    version.outstanding += 1;
    const entry: ChainFrame = {
      kind: 'frame',
      sequence: 0,
      attachment,
      version,
      hook,
      frame,
      context,
      order: 0,
      skips: NO_SKIPS,
      traced,
      deaths: 0,
    };
    if (http) entry.http = http;
    if (this.#held === undefined) this.#start(entry);
    else this.#held.push(entry);
  }

  detach(client: ChainClient): void {
    this.observer?.detached(client);
    const attachment = this.#attachments.get(client);
    if (!attachment) return;
    attachment.detached = true;
    if (attachment.outstanding === 0) this.#leave(attachment);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  swap(plugins: readonly PluginSpec[], options: SwapOptions = {}): Promise<void> {
    const swapped = this.#swapping.then(() => this.#swap(plugins, options));
    this.#swapping = swapped.catch(() => {});
    return swapped;
  }

  setCanary(canary: Canary | undefined): Promise<void> {
    const set = this.#swapping.then(() => this.#setCanary(canary));
    this.#swapping = set.catch(() => {});
    return set;
  }

  health(): readonly PluginHealth[] {
    return this.#version.health();
  }

  quarantine(plugin: string, of: 'chain' | 'canary'): void {
    const version = of === 'canary' ? this.#canary?.version : this.#version;
    version?.quarantine(plugin);
  }

  pardon(plugin: string): boolean {
    const known = this.#version.pardon(plugin);
    return this.#canary?.version.pardon(plugin) === true || known;
  }

  /** Hands a result to its client, after the breakers have seen it. */
  settle(entry: ChainFrame, outcome: Outcome): void {
    const { attachment, version, hook, frame } = entry;
    version.judge(hook, outcome);
    this.observer?.settled(attachment.client, entry, outcome);
    attachment.outstanding -= 1;
    attachment.running -= 1;
    version.outstanding -= 1;
    this.#outstanding -= 1;
    this.#inFlightBytes -= frame.payload.length;
    try {
      attachment.client.settled(hook, frame, outcome);
    } finally {
      if (attachment.waiting.length > 0) this.#resume(attachment);
      if (attachment.detached && attachment.outstanding === 0) this.#leave(attachment);
      if (this.#outstanding === this.#held?.length) this.#quiet?.();
      if (version.outstanding === 0 && this.#drained.size > 0) this.#drained.get(version)?.();
      if (this.#outstanding === 0) this.#settledAll?.();
    }
  }

  /** Holds back what is submitted from now on. Resolves when everything submitted before has settled. */
  hold(): Promise<void> {
    this.#held ??= [];
    if (this.#outstanding === this.#held.length) return Promise.resolve();
    return new Promise((resolve) => {
      this.#quiet = resolve;
    });
  }

  /** Lets go what was held back, in its order. `version`: that is what it meets, and what is submitted from now on. */
  release(version = this.#version): void {
    const before = this.#version;
    this.#version = version;
    const held = this.#held ?? [];
    for (const frame of held) {
      if (frame.version !== before) continue;
      frame.version.outstanding -= 1;
      frame.version = version;
      version.outstanding += 1;
    }
    this.#held = undefined;
    this.#quiet = undefined;
    for (const frame of held) this.#start(frame);
  }

  #attach(client: ChainClient): Attachment {
    let attachment = this.#attachments.get(client);
    if (!attachment) {
      attachment = { chain: this, client, outstanding: 0, running: 0, waiting: [], key: undefined, worker: undefined, detached: false };
      this.#attachments.set(client, attachment);
    }
    attachment.detached = false;
    return attachment;
  }

  #start(frame: ChainFrame): void {
    const { waiting, running } = frame.attachment;
    if (waiting.length > 0 || running >= FRAMES_AT_A_TIME || !this.#host.start(frame)) waiting.push(frame);
  }

  #resume(attachment: Attachment): void {
    const { waiting } = attachment;
    for (let next = waiting[0]; next !== undefined && attachment.running < FRAMES_AT_A_TIME && this.#host.start(next); next = waiting[0])
      waiting.shift();
  }

  #leave(attachment: Attachment): void {
    this.#attachments.delete(attachment.client);
    this.#host.left(attachment);
  }

  async #close(): Promise<void> {
    await this.#swapping;
    if (this.#outstanding > 0) {
      await new Promise<void>((resolve) => {
        this.#settledAll = resolve;
      });
    }
    this.#host.closed();
    await this.#retiring;
    for (const version of [this.#version, this.#canary?.version]) {
      if (version === undefined) continue;
      version.close();
      await this.#host.retire(version);
    }
  }

  async #setCanary(canary: Canary | undefined): Promise<void> {
    await this.#retiring;
    if (this.#closing !== undefined) {
      if (canary === undefined) return;
      throw new HostError('ENGINE_CLOSED', `a canary was to be started in the chain of ${this.#names()}, which is closed`);
    }
    const before = this.#canary;
    if (canary !== undefined && before !== undefined && areSamePlugins(canary.plugins, before.canary.plugins)) {
      before.canary = canary;
      return;
    }
    this.#canary = canary && { canary, version: await this.#host.canary(canary.plugins), frames: 0 };
    if (before !== undefined) this.#retiring = this.#retire(before.version);
  }

  #choose(attachment: Attachment, running: RunningCanary): ChainVersion {
    attachment.key ??= stateOwner('user', attachment.client.context);
    const { salt, percent } = running.canary;
    if (!isInShare(attachment.key, salt, percent)) return this.#version;
    running.frames += 1;
    return running.version;
  }

  async #swap(plugins: readonly PluginSpec[], options: SwapOptions): Promise<void> {
    // Two versions at a time are enough.
    await this.#retiring;
    if (this.#closing !== undefined)
      throw new HostError('ENGINE_CLOSED', `plugins were to be swapped in the chain of ${this.#names()}, which is closed`);
    const old = this.#version;
    const { version, migrations } = await this.#host.swap(plugins, options);
    this.#version = version;
    this.migrations = migrations;
    this.#retiring = this.#retire(old);
  }

  async #retire(version: ChainVersion): Promise<void> {
    if (version.outstanding > 0) {
      await new Promise<void>((done) => this.#drained.set(version, done));
      this.#drained.delete(version);
    }
    version.close();
    await this.#host.retire(version);
  }

  #names(): string {
    return this.#version.names.map((name) => `"${name}"`).join(', ');
  }
}
