import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Host, HostConfig, Logger, Tracer } from '@framegate/host';
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
  /** Where all frames' spans go, unless the configuration has another place for them. */
  readonly tracer: Tracer;
}

/** One author's frames need one thread, and a thread that is ready sooner more than one that waits to take over. */
const ENGINE = { workers: 1, standbys: 0 } as const;

/** A saved version runs at once, and stays, faults and all: its author is there to see them. Nothing of it is kept for another day. */
const PLUGINS = { approve: 'always', requireSigned: false, watchMs: 0, folder: undefined, keepVersions: 1 } as const;

interface Running {
  readonly host: Host;
  /** As it was read. */
  readonly config: HostConfig;
}

/** A local host with the plugin in it: the folder's own configuration, or, without one, a chat with this plugin alone. */
export class DevHost {
  readonly #options: DevHostOptions;
  #running: Running | undefined;

  constructor(options: DevHostOptions) {
    this.#options = options;
  }

  /** Where the chat page is, or the first route if there is none. Undefined before the first start. */
  get address(): string | undefined {
    if (this.#running === undefined) return undefined;
    const { host } = this.#running;
    const at = `localhost:${host.address.port}`;
    return host.page ? `http://${at}/` : `ws://${at}${host.routes[0]?.path ?? '/'}`;
  }

  /**
   * Puts the module that lies on disk now in the place of the one that runs, under whoever is connected: sockets and state stay.
   * A changed configuration takes another host, and clients come back to that. Rejects with a HostError if it can't be; then what runs goes on.
   */
  async renew(): Promise<void> {
    const config = await this.#readConfig();
    if (this.#running !== undefined && isDeepStrictEqual(config, this.#running.config)) await this.#swap(this.#running.host);
    else this.#running = { config, host: await this.#start(config) };
  }

  async close(): Promise<void> {
    await this.#running?.host.close();
  }

  async #swap({ plugins }: Host): Promise<void> {
    const file = resolve(this.#options.folder, this.#options.module);
    for (const [route, chain] of plugins.list()) {
      for (const { name, origin } of chain) if (origin === file) await plugins.load(route, name);
    }
  }

  /** In the place of the host that runs, once it is ready itself. */
  async #start(config: HostConfig): Promise<Host> {
    const { createHost } = await loadHostPackage();
    const { folder, logger, tracer } = this.#options;
    this.#tellOfPort(config);
    const port = this.#running?.host.address.port ?? this.#options.port ?? config.server.port;
    const plugins = { ...config.plugins, ...PLUGINS, probation: { ...config.plugins.probation, ms: 0 } };
    const engine = { ...config.engine, ...ENGINE };
    const telemetry = config.telemetry === undefined ? { telemetry: { tracer, frameRatio: 1 } } : {};
    const next = await createHost({ ...config, plugins, engine, server: { ...config.server, port } }, { folder, logger, ...telemetry });
    try {
      await this.#running?.host.close();
      await next.listen();
    } catch (error) {
      await next.close();
      throw error;
    }
    return next;
  }

  /** Whoever is connected comes back to the port of before: it stays, whatever the configuration says now. */
  #tellOfPort({ server }: HostConfig): void {
    if (this.#running === undefined || this.#options.port !== undefined || server.port === this.#running.config.server.port) return;
    const { port } = this.#running.host.address;
    this.#options.logger.warn({}, `server.port is ${server.port} now, which takes a restart of framegate dev: it stays on ${port}`);
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
