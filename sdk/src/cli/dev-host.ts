import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Host, HostConfig, Logger } from '@framegate/host';
import { UserError } from './output.js';

export interface DevHostOptions {
  /** The plugin's package. */
  readonly folder: string;
  /** The module, from there. */
  readonly module: string;
  /** A configuration other than the folder's own. */
  readonly config: string | undefined;
  /** Instead of the configuration's. */
  readonly port: number | undefined;
  readonly logger: Logger;
}

/** One author's frames need one thread, and a thread that is ready sooner more than one that waits to take over. */
const ENGINE = { workers: 1, standbys: 0 } as const;

/** A local host with the plugin in it: the folder's own configuration, or, without one, a chat with this plugin alone. */
export class DevHost {
  readonly #options: DevHostOptions;
  #host: Host | undefined;

  constructor(options: DevHostOptions) {
    this.#options = options;
  }

  /** Where the chat page is, or the first route if there is none. Undefined before the first start. */
  get address(): string | undefined {
    const host = this.#host;
    if (host === undefined) return undefined;
    const at = `localhost:${host.address.port}`;
    return host.page ? `http://${at}/` : `ws://${at}${host.routes[0]?.path ?? '/'}`;
  }

  /**
   * Puts the module that lies on disk now in the place of the one that runs. It is loaded and warmed beside that; if it can't be, what runs
   * goes on, and this rejects with a HostError. Clients are closed and come back: the host's memory of the plugin's state is new.
   */
  async renew(): Promise<void> {
    const { createHost } = await loadHostPackage();
    const config = await this.#readConfig();
    const { folder, logger } = this.#options;
    const port = this.#host?.address.port ?? this.#options.port ?? config.server.port;
    const engine = { ...config.engine, ...ENGINE };
    const next = await createHost({ ...config, engine, server: { ...config.server, port } }, { folder, logger });
    try {
      await this.#host?.close();
      await next.listen();
    } catch (error) {
      await next.close();
      throw error;
    }
    this.#host = next;
  }

  async close(): Promise<void> {
    await this.#host?.close();
  }

  async #readConfig(): Promise<HostConfig> {
    const { DEFAULT_CONFIG_FILE, loadConfig, parseConfig } = await loadHostPackage();
    const { folder, module } = this.#options;
    const file = this.#options.config ?? DEFAULT_CONFIG_FILE;
    if (this.#options.config === undefined && !existsSync(join(folder, file))) {
      return parseConfig({ routes: [{ path: '/chat', backend: { kind: 'chat' }, plugins: [{ use: `./${module}` }] }] });
    }
    const { config } = await loadConfig(resolve(folder, file));
    const isUsed = config.routes.some(({ plugins }) => plugins.some(({ use }) => resolve(folder, use) === resolve(folder, module)));
    if (!isUsed) throw new UserError(`${file} has no route with this plugin: add { "use": "./${module}" } to a route's plugins`);
    return config;
  }
}

/** The host is a peer that only some commands need. Throws UserError if it isn't installed. */
async function loadHostPackage(): Promise<typeof import('@framegate/host')> {
  try {
    return await import('@framegate/host');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError('this needs the host: npm install --save-dev @framegate/host', { cause: error });
  }
}
