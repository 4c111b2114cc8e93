import { STATE_SCOPES, STATE_STATUS, type StateScope } from '@framegate/sdk/abi';
import type { StateKey, StateStore, StateWrite } from './state-store.js';
import { idOf, StateTransaction } from './state-transaction.js';

/**
 * A plugin's whole state for the length of one migration: its entries one after the other, and reads and buffered writes of any owner.
 * Nothing reaches the store before somebody applies {@link changes}.
 */
export class MigrationState extends StateTransaction {
  /** Called for each entry that is given out. */
  onEntry: () => void = () => {};
  readonly #entries: Iterator<StateKey>;
  readonly #connections: ReadonlySet<string>;
  readonly #owners = new Map<StateScope, string>([['plugin', '']]);
  #refusal: number | undefined;

  /** `scopes`: those of the plugin's manifest; it sees no others. */
  constructor(plugin: string, scopes: readonly StateScope[], store: StateStore, now: number) {
    super(store, now);
    const keys = Array.from(store.entries({ plugin }, now), ([key]) => key).filter(({ scope }) => scopes.includes(scope));
    this.#entries = keys.values();
    this.#connections = new Set(keys.flatMap(({ scope, owner }) => (scope === 'connection' ? [owner] : [])));
  }

  /** The next entry that is still there; its owner is selected in its scope. */
  next(): StateKey | undefined {
    for (let { value: key, done } = this.#entries.next(); done !== true; { value: key, done } = this.#entries.next()) {
      if (this.get(key) === undefined) continue;
      this.#owners.set(key.scope, key.owner);
      this.onEntry();
      return key;
    }
    return undefined;
  }

  /** Whose state is worked on in this scope. False: it has no such owner. What is kept for a connection ends with it, so it has to be one that is there. */
  select(scope: StateScope, owner: string): boolean {
    if (scope === 'plugin' && owner !== '') return false;
    if (scope === 'connection' && !this.#connections.has(owner)) return false;
    this.#owners.set(scope, owner);
    return true;
  }

  /** The owner that is selected in this scope, if one is. */
  owner(scope: StateScope): string | undefined {
    return this.#owners.get(scope);
  }

  /** Of the first write that was refused, whatever the guest has made of that: a STATE_STATUS. */
  get refusal(): number | undefined {
    return this.#refusal;
  }

  refuse(status: number): void {
    this.#refusal ??= status;
  }

  override set(key: StateKey, value: Uint8Array, ttlMs: number, stateBytes: number): number {
    const status = super.set(key, value, ttlMs, stateBytes);
    if (status < 0) this.refuse(status);
    return status;
  }

  override add(key: StateKey, delta: number, ttlMs: number, stateBytes: number): number {
    const sum = super.add(key, delta, ttlMs, stateBytes);
    if (Number.isNaN(sum)) this.refuse(STATE_STATUS.full);
    return sum;
  }

  /** What has changed by now, each entry once. */
  changes(): readonly StateWrite[] {
    const keys = new Map(this.writes().map(({ key }) => [idOf(key), key]));
    return Array.from(keys.values(), (key): StateWrite => {
      const entry = this.get(key);
      return entry === undefined ? { kind: 'delete', key } : { kind: 'set', key, value: entry.value, expiresAt: entry.expiresAt };
    });
  }
}

/** An entry as the guest is told of it (docs/abi.md, "Migrations"). */
export function describeEntry({ scope, owner, key }: StateKey): Uint8Array {
  return Buffer.from(JSON.stringify({ scope: STATE_SCOPES.indexOf(scope), owner, key }));
}
