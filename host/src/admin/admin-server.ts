import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { HostNames } from '../gateway/host-names.js';
import { listen } from '../gateway/listen.js';
import type { StaticFiles } from '../gateway/static-files.js';
import type { Logger } from '../logger.js';
import { AdminApplication } from './admin-app.js';
import type { AdminHost } from './admin-host.js';
import type { AdminOptions } from './admin-options.js';

const MAX_SOCKETS = 256;
const REQUEST_TIMEOUT_MS = 10_000;

/** The admin listener. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #application: AdminApplication;
  readonly #server: Server;
  readonly #logger: Logger;
  #hosts: HostNames;

  /** Throws a HostError (CONFIG_INVALID) for a secret that is not where the options say. */
  constructor(host: AdminHost, options: AdminOptions, dashboard: StaticFiles | undefined) {
    this.#options = options;
    this.#logger = host.logger;
    this.#hosts = new HostNames(options.hosts, options.host, []);
    this.#application = new AdminApplication({ host, options, dashboard, hosts: () => this.#hosts });
    this.#server = createAdaptorServer({
      fetch: this.#application.app.fetch,
      createServer,
      serverOptions: { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    }) as Server;
    this.#server.maxConnections = MAX_SOCKETS;
  }

  /** Rejects with PORT_TAKEN or LISTEN_FAILED. */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    const address = await listen(this.#server, { host, port, part: 'admin' });
    this.#server.on('error', (error) => this.#logger.error({ error: error.message }, 'the admin server failed'));
    this.#hosts = new HostNames(this.#options.hosts, address.address, []);
    return address;
  }

  async close(): Promise<void> {
    this.#application.close();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
