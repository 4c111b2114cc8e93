import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AdminHost } from './admin/admin-host.js';
import type { AdminOptions } from './admin/admin-options.js';
import type { AdminServer } from './admin/admin-server.js';
import type { Backend } from './backend/backend.js';
import { UpstreamBackend } from './backend/upstream-backend.js';
import type { BanStore } from './chat/bans.js';
import { BansFile } from './chat/bans-file.js';
import { BansMemory } from './chat/bans-memory.js';
import { type ChatServices, createChat } from './chat/chat.js';
import type { ChatControl } from './chat/chat-control.js';
import { Moderation } from './chat/moderation.js';
import type { ConfigChange } from './config/config-change.js';
import { parseConfig } from './config/config-file.js';
import type { HostConfig, HostConfigInput, RouteConfig } from './config/config-schema.js';
import { routeName } from './config/route-name.js';
import { refuseUpstreamLoops } from './config/upstream-loops.js';
import { ConfigReload, type ConfigSource } from './config-reload.js';
import type { Engine, EngineEvent } from './engine/engine.js';
import type { WorkerEngineOptions } from './engine/worker-engine.js';
import { Heartbeat } from './gateway/heartbeat.js';
import { tryListen } from './gateway/listen.js';
import type { Route } from './gateway/route.js';
import { Gateway } from './gateway/server.js';
import { dashboardPolicy, type PagePolicy, StaticFiles } from './gateway/static-files.js';
import { createLogger, type Logger } from './logger.js';
import { AdminMeter } from './metrics/admin-meter.js';
import { EngineMeter } from './metrics/engine-meter.js';
import { RolloutMeter } from './metrics/rollout-meter.js';
import { type EndingPart, endInOrder } from './orderly-end.js';
import type { PluginStatus } from './rollout/plugin-slot.js';
import type { RolloutEvent } from './rollout/rollout-event.js';
import { rolloutMaker } from './rollout/rollout-maker.js';
import { Rollouts } from './rollout/rollouts.js';
import { RouteSet } from './route-set.js';
import { RoomState } from './state/room-state.js';
import { StateMemoryStore } from './state/state-memory.js';
import type { StateFilter, StateStore } from './state/state-store.js';
import { openTelemetry, type Telemetry } from './telemetry/open-tracer.js';

const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

const BAD_NEWS: ReadonlySet<RolloutEvent['kind']> = new Set(['plugin-refused', 'plugin-rolled-back', 'version-not-kept']);
/** What a host has at least to end in once its clients are gone, in milliseconds. */
const LEAST_END_MS = 1_000;

/** What is not configuration: where it logs, and where paths start. */
export interface HostOptions {
  /** Default: JSON lines to stderr at `log.level`. */
  readonly logger?: Logger;
  /** Where relative paths start. Default: the working directory. */
  readonly folder?: string;
  /** Where the configuration came from: read again by `reload`, by the admin API, and when its file changes. Default: nowhere. */
  readonly source?: ConfigSource;
  /** Milliseconds since the epoch, for bans, logins and the audit log. Default: the system's clock. */
  readonly now?: () => number;
  /** Where spans go instead of what `telemetry` of the configuration and the standard environment variables say. */
  readonly telemetry?: Telemetry;
}

/** What runs on one route, for banners and operators. */
export interface RouteSummary {
  readonly name: string;
  readonly host?: string;
  readonly path: string;
  readonly backend: RouteConfig['backend']['kind'];
  readonly plugins: readonly { readonly name: string; readonly version?: string; readonly origin: string }[];
}

/** A host that was created: it listens once `listen` has resolved, until `drain` or `close`. */
export interface Host {
  readonly routes: readonly RouteSummary[];
  /** The plugins and their versions. */
  readonly plugins: Rollouts;
  /**
   * Changes the configuration while clients are connected: to `input`, or to what the source says now. Routes, their plugins, `log` and `drain` can
   * change; the rest is refused as a whole. Resolves with what has changed, in words; rejects with a HostError, having changed nothing.
   */
  reload(input?: HostConfigInput): Promise<readonly string[]>;
  /** Whether the chat page is served at /. */
  readonly page: boolean;
  /** Binds the ports. Rejects with PORT_TAKEN or LISTEN_FAILED, and with CONFIG_INVALID for a route that leads back to itself through the port that the system chose. */
  listen(): Promise<AddressInfo>;
  /** Where it listens, once `listen` has resolved. */
  readonly address: AddressInfo;
  /** Where the admin API listens, once `listen` has resolved; `undefined`: it is off. */
  readonly adminAddress: AddressInfo | undefined;
  /** The file that has the admin key; `undefined`: keys are configured, or the API is off. */
  readonly adminKeyFile: string | undefined;
  /** Stops gracefully, as `drain` of the configuration says: clients are closed with 1001 little by little, after their frames in flight; what is left is cut off. */
  drain(): Promise<void>;
  /** Stops at once. */
  close(): Promise<void>;
}

/** Tries whether the ports of a configuration are free, before anything is loaded for them. Rejects with PORT_TAKEN or LISTEN_FAILED. */
export async function checkPorts({ server, admin }: HostConfig): Promise<void> {
  await tryListen(server);
  if (admin !== undefined) await tryListen({ ...admin, part: 'admin' });
}

/** The composition root: checks the configuration, loads and warms every plugin, and makes a host that is ready to listen. Rejects with a HostError. */
export async function createHost(input: HostConfigInput, options: HostOptions = {}): Promise<Host> {
  const config = parseConfig(input);
  const folder = options.folder ?? process.cwd();
  const ownLogger = createLogger(config.log.level);
  const logger = options.logger ?? ownLogger;
  const now = options.now ?? Date.now;
  const bans = await openBans(config, folder, now);
  const moderation = new Moderation(bans, now);
  const telemetry = options.telemetry ?? (await openTelemetry(config.telemetry, logger));
  const heartbeat = new Heartbeat(config.connection.heartbeatMs);
  const state = new StateMemoryStore();
  const engineMeter = new EngineMeter();
  const rolloutMeter = new RolloutMeter();
  const rollouts = new Rollouts({
    folder,
    watchIntervalMs: config.plugins.watchMs,
    onFileGone: (file, route, plugin) =>
      logger.warn(
        { route, plugin, file, hint: 'The version that runs goes on, from memory. Put the file back before the next start.' },
        'plugin-file-gone',
      ),
    onWatchFailed: (file, error) => logger.error({ file, error: String(error) }, 'a changed file could not be looked at'),
  });
  let engine: Promise<Engine> | undefined;
  let running: Engine | undefined;
  const wipeState = (filter: StateFilter): number => running?.wipeState(filter) ?? state.wipe(filter);
  const rooms = new RoomState({ state, wipe: wipeState });
  const sweep = setInterval(() => {
    if (running === undefined) state.sweep(Date.now());
    else running.sweepState(Date.now());
    rooms.sweep();
  }, config.state.sweepMs);
  sweep.unref();
  const startEngine = async (): Promise<Engine> => {
    running = await createEngine(config, state, (event) => {
      engineMeter.take(event);
      logEngineEvent(logger, event);
      if (event.kind === 'plugin-quarantined') rollouts.quarantined(event.plugin);
    });
    return running;
  };
  let routes: RouteSet | undefined;
  let reloads: ConfigReload | undefined;
  const dispose = async (milliseconds = config.drain.timeoutMs): Promise<void> => {
    heartbeat.stop();
    clearInterval(sweep);
    const parts: readonly EndingPart[] = [
      ['a reload of the configuration', () => reloads?.close()],
      ['a change of plugins', () => rollouts.close()],
      ['a backend', () => routes?.close()],
      ['the engine', () => running?.close()],
      ['telemetry', () => telemetry?.tracer.close()],
    ];
    await endInOrder(parts, Math.max(milliseconds, LEAST_END_MS), (part) =>
      logger.error({ part }, 'did not end in time; stopping without it'),
    );
  };
  try {
    const rollout = await rolloutMaker(config, {
      folder,
      tracer: telemetry?.tracer,
      open: async (plugins) => {
        engine ??= startEngine();
        return (await engine).open(plugins);
      },
      onEvent: (event) => {
        rolloutMeter.take(event);
        const { kind, ...fields } = event;
        const bad = BAD_NEWS.has(kind) || (kind === 'plugin-trial-ended' && event.failed);
        logger[bad ? 'warn' : 'info'](fields, kind);
      },
      trials: {
        state,
        openEngine: (copy, onEvent) => createShadowEngine(config, copy, onEvent),
        log: (route, { kind: _, level, place, ...fields }) => logger[level]({ route, shadow: true, ...fields, ...place }, 'plugin log'),
      },
    });
    routes = new RouteSet({ rollout, backend: (route) => createBackend(route, config, heartbeat, logger, { bans, now, rooms }) });
    await routes.start(config.routes);
    rollouts.setRoutes(routes.served.map((route) => route.rollout));
  } catch (error) {
    await dispose();
    throw error;
  }
  const served = routes;
  let pageFiles: StaticFiles | undefined;
  /** The chat page is there for as long as a chat is. */
  const showPage = async ({ server, routes }: HostConfig): Promise<void> => {
    if (!server.page || !routes.some((route) => route.backend.kind === 'chat')) pageFiles = undefined;
    else pageFiles ??= await loadPage('web', 'web/dist');
  };
  await showPage(config);
  /** The last client of a removed route has left: the route ends, and its figures with it. */
  const vacant = async (route: Route): Promise<void> => {
    if (!(await served.vacant(route))) return;
    logger.info({ route: route.name }, 'route-ended');
    if (served.has(route.name)) return;
    gateway.traffic.forget(route.name);
    rolloutMeter.forget(route.name);
  };
  const gateway = new Gateway({
    server: config.server,
    connection: config.connection,
    maxInFlightBytes: config.engine.maxInFlightBytes,
    routes: served.served,
    page: () => pageFiles,
    heartbeat,
    banned: (candidate) => moderation.banned(candidate),
    logger,
    telemetry,
    onFault: (route, plugin) => rollouts.faulted(route, plugin),
    onVacant: (route) => {
      vacant(route).catch((error: unknown) =>
        logger.error({ route: route.name, error: String(error) }, 'a removed route did not end well'),
      );
    },
  });
  const apply = async (next: HostConfig, change: ConfigChange): Promise<void> => {
    refuseUpstreamLoops(next.routes, { host: next.server.host, port: gateway.port });
    const removed = await served.change(next.routes, change);
    rollouts.setRoutes(served.served.map((route) => route.rollout));
    gateway.setRoutes(served.served);
    ownLogger.level = next.log.level;
    await showPage(next);
    for (const route of removed) if (gateway.clients(route) === 0) await vacant(route);
  };
  const reloading = new ConfigReload({ config, source: options.source, apply, logger });
  reloads = reloading;
  let stopped: Promise<void> | undefined;
  const stop = (options: HostConfig['drain']): Promise<void> => {
    const since = performance.now();
    stopped ??= gateway
      .drain(options)
      .then(() => dispose(reloading.config.drain.timeoutMs - Math.max(0, performance.now() - since - options.delayMs)))
      .finally(() => admin?.server.close());
    return stopped;
  };
  const adminHost: AdminHost = {
    version: VERSION,
    now,
    startedAt: now(),
    get config() {
      return reloading.config;
    },
    get routes() {
      return served.served.map(({ name, host, path, config: { backend }, chain, chat }) => ({
        name,
        host,
        path,
        backend: backend.kind,
        chain,
        chat,
      }));
    },
    reload: () => reloading.reload(),
    lastReload: () => reloading.last,
    plugins: rollouts,
    directory: gateway,
    traffic: gateway.traffic,
    engine: engineMeter,
    rollout: rolloutMeter,
    admin: new AdminMeter(),
    reloads: reloading.counts,
    state,
    bans,
    logger,
    tracer: telemetry?.tracer,
    drainStatus: () => gateway.drainStatus,
    wipeState,
    enforceBans: () => gateway.enforceBans(),
    startDrain: () => {
      stop(reloading.config.drain).catch((error: unknown) => logger.error({ error: String(error) }, 'the drain failed'));
    },
  };
  const admin =
    config.admin === undefined
      ? undefined
      : await createAdmin(adminHost, config.admin, folder).catch(async (error: unknown) => {
          await dispose();
          throw error;
        });
  let adminAddress: AddressInfo | undefined;
  return {
    get routes() {
      const plugins = rollouts.list();
      return reloading.config.routes.map((route) => summary(route, plugins.get(routeName(route)) ?? []));
    },
    plugins: rollouts,
    reload: (input) => reloading.reload(input),
    get page() {
      return pageFiles !== undefined;
    },
    async listen() {
      const address = await gateway.listen();
      refuseUpstreamLoops(reloading.config.routes, { host: config.server.host, port: address.port });
      adminAddress = await admin?.server.listen();
      return address;
    },
    get address() {
      return gateway.address;
    },
    get adminAddress() {
      return adminAddress;
    },
    adminKeyFile: admin?.keyFile,
    drain: () => stop(reloading.config.drain),
    close: () => {
      gateway.cutOff();
      return stop({ ...reloading.config.drain, delayMs: 0, timeoutMs: 0 });
    },
  };
}

/** Loaded on demand: a host without an admin API knows nothing of HTTP frameworks. */
async function createAdmin(
  host: AdminHost,
  options: AdminOptions,
  folder: string,
): Promise<{ readonly server: AdminServer; readonly keyFile: string | undefined }> {
  const { AdminServer } = await import('./admin/admin-server.js');
  const dashboard = options.page ? await loadPage('dashboard', 'web/dashboard/dist', dashboardPolicy) : undefined;
  if (options.apiKeys.length > 0 || options.jwt !== undefined) {
    return { server: new AdminServer(host, options, dashboard), keyFile: undefined };
  }
  const { readKeyFile } = await import('./admin/api-keys.js');
  const keyFile = resolve(folder, options.keyFile);
  const key = await readKeyFile(keyFile);
  return { server: new AdminServer(host, { ...options, apiKeys: [{ name: 'key file', role: 'admin', key }] }, dashboard), keyFile };
}

async function openBans({ bans: { file, max } }: HostConfig, folder: string, now: () => number): Promise<BanStore> {
  return file === undefined ? new BansMemory(max) : BansFile.open(resolve(folder, file), max, now);
}

function createBackend(
  route: RouteConfig,
  config: HostConfig,
  heartbeat: Heartbeat,
  logger: Logger,
  services: ChatServices,
): { readonly backend: Backend; readonly chat?: ChatControl } {
  if (route.backend.kind === 'upstream') {
    const { maxPayload, closeTimeoutMs } = config.connection;
    return {
      backend: new UpstreamBackend({ route: routeName(route), options: route.backend, maxPayload, closeTimeoutMs, heartbeat, logger }),
    };
  }
  const backend = createChat(route.backend, services);
  return { backend, chat: backend.control };
}

/** Loaded on demand: a host without plugins starts no thread. */
async function createEngine(config: HostConfig, state: StateMemoryStore, onEvent: (event: EngineEvent) => void): Promise<Engine> {
  const { runtime, isolation, workers, standbys, spinMicros } = config.engine;
  if (isolation === 'inline') {
    const { InlineEngine } = await import('./engine/inline-engine.js');
    return new InlineEngine({ state, runtime, onEvent });
  }
  const { WorkerEngine } = await import('./engine/worker-engine.js');
  return new WorkerEngine({
    ...engineOptions(config),
    state,
    onEvent,
    standbys,
    ...(workers === undefined ? {} : { workers }),
    ...(spinMicros === undefined ? {} : { spinMicros }),
  });
}

/** One thread that nobody waits for: it neither spins nor has another in reserve. */
async function createShadowEngine(config: HostConfig, state: StateStore, onEvent: (event: EngineEvent) => void): Promise<Engine> {
  const { WorkerEngine } = await import('./engine/worker-engine.js');
  return new WorkerEngine({ ...engineOptions(config), state, onEvent, workers: 1, standbys: 0, spinMicros: 0 });
}

function engineOptions({ engine }: HostConfig): WorkerEngineOptions {
  const { runtime, heapMb, startTimeoutMs, ringBytes, breaker } = engine;
  return {
    runtime,
    heapMb,
    startTimeoutMs,
    ringBytes,
    breakerFaults: breaker.kills,
    breakerFaultsInARow: breaker.faultsInARow,
    breakerWindowMs: breaker.windowMs,
    breakerBackoffMs: breaker.backoffMs,
    breakerMaxBackoffMs: breaker.maxBackoffMs,
  };
}

function logEngineEvent(logger: Logger, event: EngineEvent): void {
  if (event.kind === 'plugin-log') {
    const { kind: _, level, place, ...fields } = event;
    logger[level]({ ...fields, ...place }, 'plugin log');
    return;
  }
  const { kind, ...fields } = event;
  if (kind === 'worker-started') logger.debug(fields, kind);
  else logger.warn(fields, kind);
}

/** A built page: inside the package when it is published, beside it in the repository. */
async function loadPage(published: string, built: string, policy?: PagePolicy): Promise<StaticFiles | undefined> {
  for (const folder of [`./${published}/`, `../../${built}/`]) {
    const files = await StaticFiles.load(fileURLToPath(new URL(folder, import.meta.url)), policy);
    if (files !== undefined) return files;
  }
  return undefined;
}

function summary(route: RouteConfig, plugins: readonly PluginStatus[]): RouteSummary {
  return {
    name: routeName(route),
    ...(route.host === undefined ? {} : { host: route.host }),
    path: route.path,
    backend: route.backend.kind,
    plugins: plugins
      .filter(({ enabled }) => enabled)
      .map(({ name, version, origin }) => ({ name, origin, ...(version === undefined ? {} : { version }) })),
  };
}
