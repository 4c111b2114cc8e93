import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Backend } from './backend/backend.js';
import { UpstreamBackend } from './backend/upstream-backend.js';
import { createChat } from './chat/chat.js';
import { parseConfig } from './config/config-file.js';
import type { HostConfig, HostConfigInput, RouteConfig } from './config/config-schema.js';
import { loadPlugins } from './config/plugin-source.js';
import { routeName } from './config/route-name.js';
import type { Chain, Engine, EngineEvent, PluginSpec } from './engine/engine.js';
import { HostError } from './errors.js';
import { Heartbeat } from './gateway/heartbeat.js';
import type { Route } from './gateway/route.js';
import { Gateway } from './gateway/server.js';
import { StaticFiles } from './gateway/static-files.js';
import { createLogger, type Logger } from './logger.js';
import { StateMemoryStore } from './state/state-memory.js';

export interface HostOptions {
  /** Default: JSON lines to stderr at `log.level`. */
  readonly logger?: Logger;
  /** Where relative `use` paths start. Default: the working directory. */
  readonly folder?: string;
}

/** What runs on one route, for banners and operators. */
export interface RouteSummary {
  readonly name: string;
  readonly host?: string;
  readonly path: string;
  readonly backend: RouteConfig['backend']['kind'];
  readonly plugins: readonly { readonly name: string; readonly version?: string; readonly origin: string }[];
}

export interface Host {
  readonly routes: readonly RouteSummary[];
  /** Whether the chat page is served at /. */
  readonly page: boolean;
  /** Binds the port. Rejects with PORT_TAKEN or LISTEN_FAILED. */
  listen(): Promise<AddressInfo>;
  /** Where it listens, once `listen` has resolved. */
  readonly address: AddressInfo;
  /** Stops gracefully, as `drain` of the configuration says: clients are closed with 1001 little by little, after their frames in flight; what is left is cut off. */
  drain(): Promise<void>;
  /** Stops at once. */
  close(): Promise<void>;
}

/** The composition root: checks the configuration, loads and warms every plugin, and makes a host that is ready to listen. Rejects with a HostError. */
export async function createHost(input: HostConfigInput, options: HostOptions = {}): Promise<Host> {
  const config = parseConfig(input);
  const logger = options.logger ?? createLogger(config.log.level);
  const specs = await Promise.all(config.routes.map((route) => loadPlugins(route.plugins, options.folder ?? process.cwd())));
  const heartbeat = new Heartbeat(config.connection.heartbeatMs);
  const state = new StateMemoryStore();
  const sweep = setInterval(() => state.sweep(Date.now()), config.state.sweepMs).unref();
  const engine = specs.some((plugins) => plugins.length > 0) ? await createEngine(config, state, logger) : undefined;
  const routes: Route[] = [];

  const dispose = async (): Promise<void> => {
    heartbeat.stop();
    clearInterval(sweep);
    await Promise.all(routes.map((route) => route.backend.close()));
    await engine?.close();
  };
  try {
    for (const [index, route] of config.routes.entries()) {
      const plugins = specs[index] ?? [];
      const chain = plugins.length > 0 ? await openChain(engine, config.engine, route, plugins) : undefined;
      routes.push({
        name: routeName(route),
        host: route.host,
        path: route.path,
        chain,
        backend: createBackend(route, config, heartbeat, logger),
      });
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  const hasChat = config.routes.some((route) => route.backend.kind === 'chat');
  const page = config.server.page && hasChat ? await loadPage() : undefined;
  const gateway = new Gateway({
    server: config.server,
    connection: config.connection,
    maxInFlightBytes: config.engine.maxInFlightBytes,
    routes,
    page,
    heartbeat,
    logger,
  });
  let stopped: Promise<void> | undefined;
  const stop = (options: HostConfig['drain']): Promise<void> => {
    stopped ??= gateway.drain(options).then(dispose);
    return stopped;
  };
  return {
    routes: config.routes.map((route, index) => summary(route, specs[index] ?? [])),
    page: page !== undefined,
    listen: () => gateway.listen(),
    get address() {
      return gateway.address;
    },
    drain: () => stop(config.drain),
    close: () => {
      gateway.cutOff();
      return stop({ ...config.drain, delayMs: 0, timeoutMs: 0 });
    },
  };
}

/** Which route it is for, the engine doesn't know. */
async function openChain(
  engine: Engine | undefined,
  { guards }: HostConfig['engine'],
  route: RouteConfig,
  plugins: readonly PluginSpec[],
): Promise<Chain | undefined> {
  try {
    return await engine?.open(guards ? plugins : plugins.map((plugin) => ({ ...plugin, guards })));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(error.code, `Route "${routeName(route)}": ${error.message}`, { cause: error, hint: error.hint });
  }
}

function createBackend(route: RouteConfig, config: HostConfig, heartbeat: Heartbeat, logger: Logger): Backend {
  if (route.backend.kind === 'upstream') {
    const { maxPayload, closeTimeoutMs } = config.connection;
    return new UpstreamBackend({ options: route.backend, maxPayload, closeTimeoutMs, heartbeat, logger });
  }
  return createChat(route.backend);
}

/** Loaded on demand: a host without plugins starts no thread. */
async function createEngine(config: HostConfig, state: StateMemoryStore, logger: Logger): Promise<Engine> {
  const { runtime, isolation, workers, standbys, heapMb, startTimeoutMs, ringBytes, spinMicros, breaker } = config.engine;
  const onEvent = (event: EngineEvent): void => logEngineEvent(logger, event);
  if (isolation === 'inline') {
    const { InlineEngine } = await import('./engine/inline-engine.js');
    return new InlineEngine({ state, runtime, onEvent });
  }
  const { WorkerEngine } = await import('./engine/worker-engine.js');
  return new WorkerEngine({
    state,
    runtime,
    onEvent,
    standbys,
    heapMb,
    startTimeoutMs,
    ringBytes,
    ...(workers === undefined ? {} : { workers }),
    ...(spinMicros === undefined ? {} : { spinMicros }),
    breakerFaults: breaker.kills,
    breakerFaultsInARow: breaker.faultsInARow,
    breakerWindowMs: breaker.windowMs,
    breakerBackoffMs: breaker.backoffMs,
    breakerMaxBackoffMs: breaker.maxBackoffMs,
  });
}

function logEngineEvent(logger: Logger, event: EngineEvent): void {
  if (event.kind === 'plugin-log') {
    const { kind: _, level, ...fields } = event;
    logger[level](fields, 'plugin log');
    return;
  }
  const { kind, ...fields } = event;
  if (kind === 'worker-started') logger.debug(fields, kind);
  else logger.warn(fields, kind);
}

/** The built page: inside the package when it is published, beside it in the repository. */
async function loadPage(): Promise<StaticFiles | undefined> {
  for (const folder of ['./web/', '../../web/dist/']) {
    const files = await StaticFiles.load(fileURLToPath(new URL(folder, import.meta.url)));
    if (files !== undefined) return files;
  }
  return undefined;
}

function summary(route: RouteConfig, plugins: readonly PluginSpec[]): RouteSummary {
  return {
    name: routeName(route),
    ...(route.host === undefined ? {} : { host: route.host }),
    path: route.path,
    backend: route.backend.kind,
    plugins: plugins.map(({ name, manifest, origin }) => ({
      name,
      origin,
      ...(manifest === undefined ? {} : { version: manifest.version }),
    })),
  };
}
