import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { HostError } from '../errors.js';
import { HostNames } from '../gateway/host-names.js';
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
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const taken = error.code === 'EADDRINUSE';
        reject(
          new HostError(
            taken ? 'PORT_TAKEN' : 'LISTEN_FAILED',
            taken
              ? `Port ${port} on ${host} (admin) is in use by another program.`
              : `Cannot listen on ${host} port ${port} (admin): ${error.message}.`,
            { cause: error, hint: 'Set admin.host and admin.port to an address that is free.' },
          ),
        );
      });
      this.#server.listen({ host, port }, resolve);
    });
    this.#server.on('error', (error) => this.#logger.error({ error: error.message }, 'the admin server failed'));
    const address = this.#server.address() as AddressInfo;
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
