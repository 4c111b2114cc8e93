import { instantiatePlugin, StateMemoryStore } from '@framegate/host';
import { migrateState } from './migrate-state.js';
import { readPluginSpec, type SpecOptions } from './plugin-spec.js';
import { type ClientOptions, TestClient } from './test-client.js';
import { TestClock } from './test-clock.js';
import type { TestServer } from './test-http.js';
import { TestState } from './test-state.js';

/** How a plugin under test is loaded: configuration and limits as in a host, first client, clock, network. */
export interface LoadOptions extends SpecOptions {
  /** The first client's context: room, user, headers … */
  readonly connection?: ClientOptions;
  /** Where the clock starts, in ms since the epoch. Default: 2026-01-01T00:00:00Z. It moves only when the test moves it. */
  readonly now?: number;
  /** Answers the plugin's HTTP requests; what its manifest asks for counts as granted. Default: every request fails. */
  readonly http?: TestServer;
  /** False: the plugin is called for every frame, whatever its guards say; it must come to the same. Default true. */
  readonly guards?: boolean;
}

/** One entry that the plugin has logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** A compiled plugin under test: the Wasm that the host would run, called as the host would call it. */
export interface TestPlugin extends Pick<TestClient, 'request' | 'response' | 'connect' | 'disconnect' | 'update'> {
  readonly clock: TestClock;
  readonly state: TestState;
  /** Everything the plugin has logged so far. */
  readonly logs: readonly LogLine[];
  /** The compiled module. */
  readonly wasm: Uint8Array;
  /**
   * Has the plugin migrate what `state` holds as that version's, as a host does before a swap. Resolves with the number of entries that changed;
   * rejects with a PluginFaultError, having changed nothing, for whatever a host would refuse.
   */
  migrate(fromVersion: string): Promise<number>;
  /** Another client of the same plugin, with a connection of its own. */
  client(options?: ClientOptions): TestClient;
  dispose(): Promise<void>;
}

/**
 * Loads a plugin for a test. `.wasm` is taken as it is, with the source map beside it; anything else is source and compiled first.
 * Rejects as the host would: a config that fails its schema, a module that is not a plugin.
 */
export async function loadPlugin(file: string | URL, options: LoadOptions = {}): Promise<TestPlugin> {
  const spec = await readPluginSpec(file, options);
  const logs: LogLine[] = [];
  const plugin = await instantiatePlugin({ ...spec, guards: options.guards !== false }, 'direct', {
    log: (_plugin, level, message) => logs.push({ level, message }),
  });
  const store = new StateMemoryStore();
  const clock = new TestClock(options.now);
  let handles = 0;
  const client = (clientOptions: ClientOptions = {}): TestClient =>
    new TestClient({ plugin, store, clock, http: options.http, handle: ++handles }, clientOptions);
  const first = client(options.connection);
  return {
    clock,
    state: new TestState(store, clock, spec.name),
    logs,
    wasm: spec.wasm,
    migrate: (fromVersion) => migrateState({ plugin, spec, store, now: clock.now }, fromVersion),
    client,
    request: (payload) => first.request(payload),
    response: (payload) => first.response(payload),
    connect: () => first.connect(),
    disconnect: () => first.disconnect(),
    update: (change) => first.update(change),
    dispose: async () => plugin.dispose(),
  };
}
