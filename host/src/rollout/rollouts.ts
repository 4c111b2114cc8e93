import { pluginFile } from '../config/plugin-source.js';
import { HostError } from '../errors.js';
import type { CandidateSource } from './candidate.js';
import { FileWatch } from './file-watch.js';
import { MergedRuns } from './merged-runs.js';
import type { PluginStatus } from './plugin-slot.js';
import type { RouteRollout } from './route-rollout.js';

export interface RolloutsOptions {
  /** Where relative `use` paths start. */
  readonly folder: string;
  /** Milliseconds between two looks at the plugins' files; 0: they are not watched. */
  readonly watchIntervalMs: number;
  /** The file of a version that runs was taken away. */
  readonly onFileGone: (file: string, route: string, plugin: string) => void;
  /** A file has changed, and nothing could be done about it. */
  readonly onWatchFailed: (file: string, error: unknown) => void;
}

/** Every route's plugins and their versions, for operators; and the watch over their files. */
export class Rollouts {
  #routes: ReadonlyMap<string, RouteRollout> = new Map();
  readonly #folder: string;
  readonly #watch: FileWatch | undefined;
  /** However often a file changes while it is loaded, it is loaded once more. */
  readonly #loads = new MergedRuns();

  constructor({ folder, watchIntervalMs, onFileGone, onWatchFailed: failed }: RolloutsOptions) {
    this.#folder = folder;
    const changed = (file: string): void => this.#changed(file);
    const gone = (file: string): void => {
      for (const [route, plugin] of file.endsWith('.sig') ? [] : (this.#places().get(file) ?? [])) onFileGone(file, route.route, plugin);
    };
    this.#watch = watchIntervalMs > 0 ? new FileWatch({ intervalMs: watchIntervalMs, changed, gone, failed }) : undefined;
  }

  /** These are the host's routes from now on. */
  setRoutes(routes: readonly RouteRollout[]): void {
    const gone = [...this.#routes.values()].filter((route) => !routes.includes(route));
    this.#routes = new Map(routes.map((route) => [route.route, route]));
    for (const route of gone) void route.endTrial('the route was taken out of the configuration');
    this.#rewatch();
  }

  /** Each route's plugins, in the order of their chains. */
  list(): ReadonlyMap<string, readonly PluginStatus[]> {
    return new Map([...this.#routes].map(([name, route]) => [name, route.status()]));
  }

  /** Throws PLUGIN_UNKNOWN for a route that is not there. */
  route(name: string): RouteRollout {
    const route = this.#routes.get(name);
    if (route !== undefined) return route;
    const known = [...this.#routes.keys()].map((known) => `"${known}"`).join(', ') || 'none';
    throw new HostError('PLUGIN_UNKNOWN', `There is no route "${name}"; there are: ${known}.`);
  }

  /** Reads a plugin's file again, or `use` from now on. See {@link RouteRollout.load}. */
  async load(route: string, plugin: string, options: { use?: string; approved?: boolean } = {}): Promise<PluginStatus> {
    const status = await this.route(route).load(plugin, options);
    this.#rewatch();
    return status;
  }

  /** Swaps in the version that is tried. See {@link RouteRollout.promote}. */
  async promote(route: string, plugin: string): Promise<PluginStatus> {
    const status = await this.route(route).promote(plugin);
    this.#rewatch();
    return status;
  }

  /** See {@link RouteRollout.canary}; 100 % promote the version. */
  async canary(route: string, plugin: string, ...how: [CandidateSource, { approved: boolean; percent: number }]): Promise<PluginStatus> {
    const status = await this.route(route).canary(plugin, ...how);
    this.#rewatch();
    return status;
  }

  /** A plugin of this route failed on a frame. */
  faulted(route: string, plugin: string): void {
    this.#routes.get(route)?.faulted(plugin);
  }

  /** A plugin of this name was taken out of service, on whichever route. */
  quarantined(plugin: string): void {
    for (const route of this.#routes.values()) route.quarantined(plugin);
  }

  /** Resolves when no change is under way any more. */
  async close(): Promise<void> {
    this.#watch?.close();
    await Promise.all([...this.#routes.values()].map((route) => route.endTrial('the host stops')));
  }

  #rewatch(): void {
    this.#watch?.watch([...this.#places().keys()]);
  }

  /** Which plugins a file, or its signature, is behind. */
  #places(): ReadonlyMap<string, readonly (readonly [RouteRollout, string])[]> {
    const places = new Map<string, (readonly [RouteRollout, string])[]>();
    for (const route of this.#routes.values()) {
      for (const [plugin, use] of route.files()) {
        const file = this.#fileOf(route, plugin, use);
        for (const path of [file, `${file}.sig`]) places.set(path, [...(places.get(path) ?? []), [route, plugin]]);
      }
    }
    return places;
  }

  /** The file that `use` leads to; while its package is not installed, the one that its running version was read from. */
  #fileOf(route: RouteRollout, plugin: string, use: string): string {
    try {
      return pluginFile(use, this.#folder);
    } catch (error) {
      const running = error instanceof HostError ? route.status().find(({ name }) => name === plugin) : undefined;
      if (running === undefined) throw error;
      return running.origin;
    }
  }

  #changed(file: string): void {
    for (const [route, plugin] of this.#places().get(file) ?? []) {
      // What was wrong is told as an event, and stands in the plugin's status.
      const load = (): Promise<void> =>
        route.load(plugin).then(
          () => {},
          () => {},
        );
      void this.#loads.run(JSON.stringify([route.route, plugin]), load);
    }
  }
}
