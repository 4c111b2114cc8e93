import type { Hook, MessageHook } from '@framegate/sdk/abi';
import type {
  Chain,
  ChainClient,
  ChainObserver,
  Engine,
  PluginHealth,
  PluginSpec,
  StateMigration,
  SwapOptions,
} from '../../host/src/engine/engine.js';
import { InlineEngine, type InlineEngineOptions } from '../../host/src/engine/inline-engine.js';
import type { Frame } from '../../host/src/frame.js';
import type { StateFilter } from '../../host/src/state/state-store.js';

/** The inline engine, as slow as it may be to those who came first: each tick's results go to the newest client first, in order for each. */
export class ReversingEngine implements Engine {
  readonly #inner: InlineEngine;

  constructor(options?: InlineEngineOptions) {
    this.#inner = new InlineEngine(options);
  }

  async open(plugins: readonly PluginSpec[]): Promise<Chain> {
    return new ReversingChain(await this.#inner.open(plugins));
  }

  wipeState(filter: StateFilter): number {
    return this.#inner.wipeState(filter);
  }

  loadState(...entries: Parameters<Engine['loadState']>): void {
    this.#inner.loadState(...entries);
  }

  sweepState(now: number): void {
    this.#inner.sweepState(now);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

class ReversingChain implements Chain {
  observer: ChainObserver | undefined;
  readonly #inner: Chain;
  readonly #clients = new Map<ChainClient, ChainClient>();
  readonly #results = new Map<ChainClient, (() => void)[]>();
  #scheduled = false;

  constructor(inner: Chain) {
    this.#inner = inner;
  }

  get migrations(): readonly StateMigration[] {
    return this.#inner.migrations;
  }

  get hooks(): ReadonlySet<Hook> {
    return this.#inner.hooks;
  }

  get responsePerMessage(): boolean {
    return this.#inner.responsePerMessage;
  }

  get inFlightBytes(): number {
    return this.#inner.inFlightBytes;
  }

  wants(hook: MessageHook, frame: Frame): boolean {
    return this.#inner.wants(hook, frame);
  }

  submit(client: ChainClient, hook: Hook, frame: Frame): void {
    this.#inner.submit(this.#behind(client), hook, frame);
  }

  detach(client: ChainClient): void {
    this.#inner.detach(this.#behind(client));
    this.#clients.delete(client);
  }

  health(): readonly PluginHealth[] {
    return this.#inner.health();
  }

  quarantine(...which: Parameters<Chain['quarantine']>): void {
    this.#inner.quarantine(...which);
  }

  pardon(plugin: string): boolean {
    return this.#inner.pardon(plugin);
  }

  get canary(): Chain['canary'] {
    return this.#inner.canary;
  }

  setCanary(...canary: Parameters<Chain['setCanary']>): Promise<void> {
    return this.#inner.setCanary(...canary);
  }

  swap(plugins: readonly PluginSpec[], options?: SwapOptions): Promise<void> {
    return this.#inner.swap(plugins, options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #behind(client: ChainClient): ChainClient {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const results: (() => void)[] = [];
    const behind: ChainClient = {
      get context() {
        return client.context;
      },
      settled: (hook, frame, outcome) => {
        results.push(() => client.settled(hook, frame, outcome));
        this.#results.set(client, results);
        if (!this.#scheduled) setImmediate(() => this.#deliver());
        this.#scheduled = true;
      },
    };
    this.#clients.set(client, behind);
    return behind;
  }

  #deliver(): void {
    this.#scheduled = false;
    const newest = [...this.#results].sort(([a], [b]) => b.context.handle - a.context.handle);
    this.#results.clear();
    for (const [, results] of newest) for (const settle of results.splice(0)) settle();
  }
}
