import { LOG_LEVELS, type LogLevel } from '../abi/abi-v1.js';
import type { Connection } from '../abi/connection.js';
import type { Native } from './native.js';
import type { PluginState } from './state.js';

/** One function a level, with one line of text each. The host cuts long lines and counts what is above `limits.logLines` a second. */
export type Log = Readonly<Record<LogLevel, (message: string) => void>>;

/** Connections whose context an instance keeps; above it the cache starts anew. */
const MAX_CACHED_CONNECTIONS = 1024;

/** What a hook gets beside the frame. `Config` is typed from the schema, `Shared` is what `setup` returned. */
export class Context<Config = unknown, Shared = undefined> {
  readonly #native: Native;
  readonly #setup: ((config: Config) => Shared) | undefined;
  readonly #connections = new Map<number, { version: number; connection: Connection }>();
  #config: { value: Config } | undefined;
  #shared: Shared | undefined;
  readonly #state: PluginState | undefined;

  /** To the host's log, with the plugin's name and the connection's id. */
  readonly log: Log;

  /** Without `state` its classes are not in the module: nothing else here may name them. */
  constructor(native: Native, state: PluginState | undefined, setup?: (config: Config) => Shared) {
    this.#native = native;
    this.#state = state;
    this.#setup = setup;
    this.log = Object.fromEntries(
      LOG_LEVELS.map((level, number) => [level, (message: string) => native.log(number, message)]),
    ) as unknown as Log;
  }

  /** The plugin's memory: scope `plugin`; `.room`, `.user` and `.connection` for the others. Throws if capabilities.state names no scope at all. */
  get state(): PluginState {
    if (this.#state === undefined) throw new Error('there is no state: name a scope in capabilities.state of definePlugin');
    return this.#state;
  }

  /** The configuration: validated by the host against the schema, defaults filled in. The same object for the instance's life. */
  get config(): Config {
    this.#config ??= { value: JSON.parse(this.#native.configJson()) as Config };
    return this.#config.value;
  }

  /** What `setup` made of the configuration, before the instance's first frame. */
  get shared(): Shared {
    return this.#shared as Shared;
  }

  /** Runs `setup`. The module's start calls it, once. */
  prepare(): void {
    this.#shared = this.#setup?.(this.config);
  }

  /** Fetched when first asked for and again only when it changed (a room was entered, a user logged in). */
  get connection(): Connection {
    const handle = this.#native.connectionHandle();
    const version = this.#native.contextVersion();
    const cached = this.#connections.get(handle);
    if (cached?.version === version) return cached.connection;
    if (this.#connections.size >= MAX_CACHED_CONNECTIONS) this.#connections.clear();
    const connection = JSON.parse(this.#native.connectionJson()) as Connection;
    this.#connections.set(handle, { version, connection });
    return connection;
  }

  /** Milliseconds since the epoch, constant during one call: what is decided on it can be replayed. */
  now(): number {
    return this.#native.now();
  }
}
