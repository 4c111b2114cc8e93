import type { StateMemoryStore } from '@framegate/host';
import type { StateScope } from '@framegate/sdk/abi';
import type { TestClock } from './test-clock.js';

const utf8 = new TextDecoder();

/** What the plugin under test remembers, as the host sees it. */
export class TestState {
  readonly #store: StateMemoryStore;
  readonly #clock: TestClock;
  readonly #plugin: string;

  constructor(store: StateMemoryStore, clock: TestClock, plugin: string) {
    this.#store = store;
    this.#clock = clock;
    this.#plugin = plugin;
  }

  /** Bytes of all keys and values: what `limits.stateBytes` caps. */
  get bytes(): number {
    return this.#store.bytes(this.#plugin);
  }

  /** A value that `state.set` or `state.add` wrote. `owner`: room, user id or connection id; '' in scope `plugin`. */
  get(scope: StateScope, key: string, owner = ''): unknown {
    const bytes = this.getBytes(scope, key, owner);
    return bytes === undefined ? undefined : JSON.parse(utf8.decode(bytes));
  }

  /** As it is stored, whatever wrote it. */
  getBytes(scope: StateScope, key: string, owner = ''): Uint8Array | undefined {
    return this.#store.get({ plugin: this.#plugin, scope, owner, key }, this.#clock.now)?.value;
  }

  /** Puts a JSON value there, as a plugin would: for what another version has left behind. `ttl` in milliseconds; by default it stays. */
  set(scope: StateScope, key: string, value: unknown, { owner = '', ttl = 0 }: { owner?: string; ttl?: number } = {}): void {
    this.setBytes(scope, key, new TextEncoder().encode(JSON.stringify(value)), { owner, ttl });
  }

  setBytes(scope: StateScope, key: string, value: Uint8Array, { owner = '', ttl = 0 }: { owner?: string; ttl?: number } = {}): void {
    const expiresAt = ttl === 0 ? 0 : this.#clock.now + ttl;
    this.#store.apply([{ kind: 'set', key: { plugin: this.#plugin, scope, owner, key }, value, expiresAt }], this.#clock.now);
  }

  /** Live keys, with whose they are. */
  keys(scope?: StateScope): { scope: StateScope; owner: string; key: string }[] {
    const entries = this.#store.entries({ plugin: this.#plugin, ...(scope ? { scope } : {}) }, this.#clock.now);
    return [...entries].map(([{ scope, owner, key }]) => ({ scope, owner, key }));
  }
}
