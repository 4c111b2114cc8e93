import type { Backend } from './backend/backend.js';
import type { ChatControl } from './chat/chat-control.js';
import type { ConfigChange } from './config/config-change.js';
import type { RouteConfig } from './config/config-schema.js';
import { routeName } from './config/route-name.js';
import type { Chain } from './engine/engine.js';
import type { Route } from './gateway/route.js';
import type { RouteRollout } from './rollout/route-rollout.js';

export interface RouteSetParts {
  readonly rollout: (route: string) => RouteRollout;
  readonly backend: (route: RouteConfig) => { readonly backend: Backend; readonly chat?: ChatControl };
}

/** One configured address with everything behind it. */
export class ServedRoute implements Route {
  readonly name: string;
  readonly rollout: RouteRollout;
  readonly backend: Backend;
  /** `undefined`: another backend than the chat. */
  readonly chat: ChatControl | undefined;
  config: RouteConfig;

  constructor(config: RouteConfig, { rollout, backend }: RouteSetParts) {
    this.name = routeName(config);
    this.config = config;
    this.rollout = rollout(this.name);
    const made = backend(config);
    this.backend = made.backend;
    this.chat = made.chat;
  }

  get host(): string | undefined {
    return this.config.host;
  }

  get path(): string {
    return this.config.path;
  }

  get chain(): Chain | undefined {
    return this.rollout.chain;
  }

  async close(): Promise<void> {
    await this.backend.close();
    await this.rollout.close();
  }
}

/** The routes of a host: those that take new clients, and those that were removed and still have some. */
export class RouteSet {
  readonly #parts: RouteSetParts;
  #served: readonly ServedRoute[] = [];
  readonly #removed = new Set<ServedRoute>();

  constructor(parts: RouteSetParts) {
    this.#parts = parts;
  }

  get served(): readonly ServedRoute[] {
    return this.#served;
  }

  /** Opens the routes that a host starts with. Rejects with a HostError. */
  async start(routes: readonly RouteConfig[]): Promise<void> {
    this.#served = await this.#open(routes);
  }

  /**
   * Makes the change true: all of it, or, if it rejects with a HostError, nothing. Plugins are swapped one route after the other.
   * Returns the routes that take no new clients any more: `vacant` wants to hear of each when its last one has left.
   */
  async change(next: readonly RouteConfig[], change: ConfigChange): Promise<readonly ServedRoute[]> {
    const byName = new Map(this.#served.map((route) => [route.name, route]));
    const changed = change.plugins.flatMap((config) => {
      const route = byName.get(routeName(config));
      return route === undefined ? [] : [{ rollout: route.rollout, plugins: config.plugins }];
    });
    for (const { rollout, plugins } of changed) await rollout.check(plugins);
    const opened = await this.#open(change.added);
    const undo: (() => Promise<void>)[] = [];
    try {
      for (const { rollout, plugins } of changed) undo.push(await rollout.reconfigure(plugins));
    } catch (error) {
      for (const back of undo.reverse()) await back();
      await Promise.all(opened.map((route) => route.close()));
      throw error;
    }
    for (const route of opened) byName.set(route.name, route);
    const left = new Set(this.#served);
    this.#served = next.flatMap((config) => {
      const route = byName.get(routeName(config));
      if (route === undefined) return [];
      route.config = config;
      left.delete(route);
      return [route];
    });
    for (const route of left) this.#removed.add(route);
    return [...left];
  }

  /** The last client of a route has left: one that was removed ends here. Returns whether it has. */
  async vacant(route: Route): Promise<boolean> {
    if (!(route instanceof ServedRoute && this.#removed.delete(route))) return false;
    await route.close();
    return true;
  }

  /** Whether there is a route of this name, one that was removed and still has clients included. */
  has(name: string): boolean {
    return [...this.#served, ...this.#removed].some((route) => route.name === name);
  }

  /** Ends every backend; chains end with their engine. */
  async close(): Promise<void> {
    await Promise.all([...this.#served, ...this.#removed].map(({ backend }) => backend.close()));
  }

  async #open(configs: readonly RouteConfig[]): Promise<readonly ServedRoute[]> {
    const opened: ServedRoute[] = [];
    try {
      for (const config of configs) {
        const route = new ServedRoute(config, this.#parts);
        opened.push(route);
        await route.rollout.reconfigure(config.plugins);
      }
    } catch (error) {
      await Promise.all(opened.map((route) => route.close()));
      throw error;
    }
    return opened;
  }
}
