import { STATE_STATUS } from '../abi/abi-v1.js';
import { STATE_SCOPES, type StateScope } from '../abi/manifest.js';
import type { Context, Log } from './context.js';
import type { Native } from './native.js';
import { State, type StateNative, type StateOptions } from './state.js';

/** One entry of the plugin's state, as the version before has left it or as this migration has changed it. */
export class MigrationEntry {
  readonly scope: StateScope;
  /** The room's, user's or connection's id; '' in scope `plugin`. */
  readonly owner: string;
  readonly key: string;
  readonly #state: State;

  constructor(state: State, scope: StateScope, owner: string, key: string) {
    this.#state = state;
    this.scope = scope;
    this.owner = owner;
    this.key = key;
  }

  /** The JSON value. Throws a SyntaxError if it was kept as bytes that are not JSON. */
  get<T = unknown>(): T | undefined {
    return this.#state.get<T>(this.key);
  }

  getBytes(): Uint8Array | undefined {
    return this.#state.getBytes(this.key);
  }

  /** Keeps a JSON value in its place, for as long as the entry had left unless `ttl` says otherwise. */
  set(value: unknown, options?: StateOptions): void {
    this.#state.set(this.key, value, options ?? this.#left());
  }

  setBytes(value: Uint8Array, options?: StateOptions): void {
    this.#state.setBytes(this.key, value, options ?? this.#left());
  }

  /** True if it was there. */
  delete(): boolean {
    return this.#state.delete(this.key);
  }

  /** Milliseconds left; Infinity: it stays; undefined: it is deleted. */
  ttl(): number | undefined {
    return this.#state.ttl(this.key);
  }

  #left(): StateOptions {
    const left = this.ttl();
    return left === undefined || left === Number.POSITIVE_INFINITY ? {} : { ttl: left };
  }
}

/**
 * What `migrate` gets: all that the plugin has kept, in every scope of its manifest. What it writes counts as a whole when it has returned; if it throws,
 * or a write does not fit into `limits.stateBytes`, nothing has changed and the version before goes on.
 */
export class Migration<Config = unknown, Shared = undefined> {
  readonly #native: Native;
  readonly #context: Context<Config, Shared>;

  constructor(native: Native, context: Context<Config, Shared>) {
    this.#native = native;
    this.#context = context;
  }

  get config(): Config {
    return this.#context.config;
  }

  get shared(): Shared {
    return this.#context.shared;
  }

  get log(): Log {
    return this.#context.log;
  }

  /** Milliseconds since the epoch, constant during the migration. */
  now(): number {
    return this.#context.now();
  }

  /** Each entry that was there when the migration began, once: a second call goes on where the first stopped. In no promised order. */
  *entries(): IterableIterator<MigrationEntry> {
    for (let json = this.#native.migrationNext(); json !== null; json = this.#native.migrationNext()) {
      const { scope, owner, key } = JSON.parse(json) as { scope: number; owner: string; key: string };
      const name = STATE_SCOPES[scope] as StateScope;
      yield new MigrationEntry(this.state(name, owner), name, owner, key);
    }
  }

  /** The state of one room, user or connection; without `owner` the plugin's own. Of connections only those that have state already. */
  state(scope: StateScope, owner = ''): State {
    return new State(ownedBy(this.#native, owner), scope);
  }
}

/** The same functions, with their owner selected before each call. */
function ownedBy(native: Native, owner: string): StateNative {
  const select = (scope: number): void => {
    if (native.migrationOwner(scope, owner) !== STATE_STATUS.denied) return;
    throw new Error(
      `there is no state of ${JSON.stringify(owner)} in scope ${STATE_SCOPES[scope]}: the scope is not in capabilities.state, or no such connection has state`,
    );
  };
  const after = <Rest extends unknown[], Result>(call: (scope: number, ...rest: Rest) => Result) => {
    return (scope: number, ...rest: Rest): Result => {
      select(scope);
      return call(scope, ...rest);
    };
  };
  return {
    stateGetText: after(native.stateGetText),
    stateGetBytes: after(native.stateGetBytes),
    stateSet: after(native.stateSet),
    stateDelete: after(native.stateDelete),
    stateAdd: after(native.stateAdd),
    stateTtl: after(native.stateTtl),
  };
}
