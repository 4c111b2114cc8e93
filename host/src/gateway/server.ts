import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hook } from '@framegate/sdk/abi';
import { WebSocketServer } from 'ws';
import type { Admission, UpgradeRequest } from '../backend/backend.js';
import { CLOSE } from '../close-codes.js';
import type { ConnectionOptions, ServerOptions } from '../config/config-schema.js';
import { LineMeter } from '../line-meter.js';
import type { Logger } from '../logger.js';
import type { RouteMeter } from '../metrics/route-meter.js';
import { Traffic } from '../metrics/traffic.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { Telemetry } from '../telemetry/open-tracer.js';
import type { Close } from '../verdict.js';
import { Connection } from './connection.js';
import type { ConnectionHome, ConnectionParts } from './connection-home.js';
import { ConnectionLimits } from './connection-limits.js';
import { ConnectionTrace } from './connection-trace.js';
import type { ConnectionDirectory, ConnectionView } from './connection-view.js';
import { Drain, type DrainOptions, type DrainStatus } from './drain.js';
import type { Heartbeat } from './heartbeat.js';
import { HostNames, refusedHost } from './host-names.js';
import { HttpFace } from './http-face.js';
import { listen } from './listen.js';
import { originAllowed } from './origin.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import type { Route } from './route.js';
import { RouteTable } from './route-table.js';
import type { StaticFiles } from './static-files.js';
import { plainPath, readUpgradeRequest } from './upgrade-request.js';

/** Refusals under way at the same time that get a full closing handshake; beyond it the answer is HTTP 503. */
const MAX_REFUSALS = 256;
/** Log lines a second of one plugin's faults on one route; the metrics count all of them. */
const FAULT_LINES = 100;
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

export interface GatewayParts {
  readonly server: ServerOptions;
  readonly connection: ConnectionOptions;
  /** See engine.maxInFlightBytes. */
  readonly maxInFlightBytes: number;
  readonly routes: readonly Route[];
  /** The page to serve now, if any. */
  readonly page: () => StaticFiles | undefined;
  readonly heartbeat: Heartbeat;
  /** How to close whoever may not be here, on whatever route; `undefined`: they may. `user`: who it is, as far as the host knows. */
  readonly banned?: (candidate: { readonly address: string; readonly user?: string }) => Close | undefined;
  readonly logger: Logger;
  /** Absent: no spans. */
  readonly telemetry?: Telemetry | undefined;
  /** A plugin failed on a frame of this route. */
  readonly onFault?: (route: string, plugin: string) => void;
  /** The last client of this route has left. */
  readonly onVacant?: (route: Route) => void;
}

/** The listening edge: answers HTTP, takes WebSockets in, and keeps every {@link Connection} until it is done. */
export class Gateway implements ConnectionDirectory {
  readonly traffic: Traffic;
  readonly #parts: GatewayParts;
  #routes: RouteTable<Route>;
  /** Clients of each route, those that are being let in included. */
  readonly #clients = new Map<Route, number>();
  readonly #limits: ConnectionLimits;
  #hosts: HostNames;
  /** The routes' own names, and the address that is bound. */
  #hostParts: { readonly bound: string; readonly routes: readonly Route[] };
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #connections = new Set<Connection>();
  readonly #drain: Drain;
  /** Every socket that asked for an upgrade, with the address that it takes a place of, if it takes one. */
  readonly #sockets = new Map<Duplex, string | undefined>();
  readonly #homes = new WeakMap<Route, ConnectionHome>();
  readonly #socketClosed: (this: Duplex) => void;
  #lastHandle = 0;
  /** By plugin and route. */
  readonly #faultLines = new Map<string, LineMeter>();
  #refusing = 0;

  constructor(parts: GatewayParts) {
    const { server, connection } = parts;
    this.#parts = parts;
    this.#routes = new RouteTable(parts.routes);
    this.traffic = new Traffic(parts.routes.map(({ name }) => name));
    const gateway = this;
    this.#socketClosed = function () {
      gateway.#forget(this);
    };
    this.#drain = new Drain(this.#connections, parts.logger);
    this.#limits = new ConnectionLimits(server.maxConnections, server.maxConnectionsPerAddress);
    this.#hostParts = { bound: server.host, routes: parts.routes };
    this.#hosts = this.#hostNames();
    const face = new HttpFace({
      page: parts.page,
      paths: () => this.#routes.paths,
      answers: (host) => this.#hosts.answers(host),
      health: () => ({ draining: this.#drain.status.phase !== 'serving', connections: this.#limits.open }),
    });
    this.#http = createServer(
      {
        headersTimeout: server.handshakeTimeoutMs,
        requestTimeout: server.handshakeTimeoutMs,
        connectionsCheckingInterval: Math.min(1_000, server.handshakeTimeoutMs),
      },
      (request, response) => face.answer(request, response),
    );
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: connection.maxPayload,
      closeTimeout: connection.closeTimeoutMs,
      handleProtocols: (_offered: Set<string>, request: IncomingMessage) => this.#subprotocols.get(request) ?? false,
      perMessageDeflate: compression(connection.compression),
    } as ConstructorParameters<typeof WebSocketServer>[0]);
    this.#http.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        parts.logger.error({ error: String(error) }, 'an upgrade failed');
        socket.destroy();
      });
    });
  }

  /** Rejects with PORT_TAKEN or LISTEN_FAILED. */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#parts.server;
    const address = await listen(this.#http, { host, port });
    this.#hostParts = { ...this.#hostParts, bound: address.address };
    this.#hosts = this.#hostNames();
    this.#http.on('error', (error) => this.#parts.logger.error({ error: error.message }, 'the HTTP server failed'));
    return address;
  }

  /** Where it listens. Throws a TypeError before `listen` has resolved. */
  get address(): AddressInfo {
    const address = this.#http.address();
    if (address === null || typeof address === 'string') throw new TypeError('the gateway is not listening');
    return address;
  }

  /** The port, 0 before it is known. */
  get port(): number {
    return this.#http.listening ? this.address.port : this.#parts.server.port;
  }

  get connections(): Iterable<ConnectionView> {
    return this.#connections;
  }

  /** How many clients a route has, those that are being let in included. */
  clients(route: Route): number {
    return this.#clients.get(route) ?? 0;
  }

  /** Sends new clients to these routes from now on. Those of a route that is not among them stay until they leave. */
  setRoutes(routes: readonly Route[]): void {
    this.#routes = new RouteTable(routes);
    for (const { name } of routes) this.traffic.meter(name);
    this.#hostParts = { ...this.#hostParts, routes };
    this.#hosts = this.#hostNames();
  }

  /** Closes whoever is banned by now, on every route. Returns how many that were. */
  enforceBans(): number {
    let closed = 0;
    for (const connection of this.#connections) {
      const { id, remoteAddress, user } = connection.context;
      if (connection.state !== 'connecting' && connection.state !== 'open') continue;
      const close = this.#parts.banned?.({ address: remoteAddress, user: user?.id ?? id });
      if (close === undefined) continue;
      connection.close(close);
      closed += 1;
    }
    return closed;
  }

  get drainStatus(): DrainStatus {
    return this.#drain.status;
  }

  /** Closes every client as `options` says (drain.ts), then stops listening. New clients get 503 once closing has begun. */
  async drain(options: Omit<DrainOptions, 'hooksMs'>): Promise<void> {
    await this.#drain.run({ ...options, hooksMs: this.#parts.connection.closeTimeoutMs });
    if (!this.#http.listening) return;
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
      for (const socket of this.#sockets.keys()) socket.destroy();
    });
  }

  /** Cuts every client's socket at once. Follow with `drain`. */
  cutOff(): void {
    this.#drain.cutOff();
  }

  async #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Listeners that all sockets share, and not closures: those would keep the request for as long as the connection lives.
    socket.on('error', destroySelf);
    socket.on('close', this.#socketClosed);
    this.#sockets.set(socket, undefined);
    const { traffic } = this;
    const { server } = this.#parts;
    const request = readUpgradeRequest(message, server.trustProxy);
    if (!this.#drain.admits) {
      traffic.refused.draining += 1;
      return refuseUpgrade(socket, 503, 'The server is draining.\n');
    }
    const { host } = message.headers;
    if (!this.#hosts.answers(host)) {
      traffic.refused.host += 1;
      this.#parts.logger.info({ host }, 'host name refused');
      return refuseUpgrade(socket, 403, refusedHost(host ?? ''));
    }
    const route = this.#routes.find(request.host, plainPath(request.path));
    if (route === undefined) {
      traffic.refused.route += 1;
      return refuseUpgrade(socket, 404, `No route has this address. Routes: ${this.#routes.paths.join(', ')}\n`);
    }
    if (!originAllowed(request.headers.origin, request, server.origins)) {
      traffic.refused.origin += 1;
      this.#parts.logger.info({ route: route.name, origin: request.headers.origin }, 'origin refused');
      return refuseUpgrade(socket, 403, 'This origin may not connect; see server.origins.\n');
    }
    if (!isHandshake(message)) return this.#webSockets.handleUpgrade(message, socket, head, (webSocket) => webSocket.terminate());
    const banned = this.#parts.banned?.({ address: request.remoteAddress });
    if (banned !== undefined) {
      traffic.refused.ban += 1;
      return this.#refuse(message, socket, head, banned);
    }
    if (!this.#limits.take(request.remoteAddress)) {
      traffic.refused.limit += 1;
      this.#parts.logger.warn({ route: route.name, remoteAddress: request.remoteAddress, open: this.#limits.open }, 'too many connections');
      return this.#refuse(message, socket, head, CLOSE.OVERLOADED);
    }
    this.#sockets.set(socket, request.remoteAddress);
    this.#clients.set(route, this.clients(route) + 1);
    const { telemetry } = this.#parts;
    const connection = randomUUID();
    const trace = telemetry && new ConnectionTrace(telemetry, route.name, request);
    const answer = await this.#admit(route, { ...request, connection, ...(trace && { trace: trace.headers }) }).catch((error: unknown) => {
      trace?.abandoned();
      this.#leave(route);
      throw error;
    });
    if ('refused' in answer) {
      trace?.refused(answer.refused);
      this.#leave(route);
      traffic.refused.backend += 1;
      return this.#refuse(message, socket, head, answer.refused);
    }
    if (!this.#drain.admits || socket.destroyed || !socket.readable || !socket.writable) {
      answer.abandon();
      trace?.abandoned();
      this.#leave(route);
      return refuseUpgrade(socket, 503, 'The server is draining.\n');
    }
    const bannedMeanwhile = this.#parts.banned?.({ address: request.remoteAddress, user: connection });
    if (bannedMeanwhile !== undefined) {
      answer.abandon();
      trace?.refused(bannedMeanwhile);
      this.#leave(route);
      traffic.refused.ban += 1;
      return this.#refuse(message, socket, head, bannedMeanwhile);
    }
    if (answer.subprotocol !== undefined) this.#subprotocols.set(message, answer.subprotocol);
    let completed = false;
    this.#webSockets.handleUpgrade(message, socket, head, (webSocket) => {
      completed = true;
      this.#connect(route, { ...request, connection }, { socket: webSocket, raw: socket, admission: answer, trace });
    });
    if (completed) return;
    answer.abandon();
    trace?.abandoned();
    this.#leave(route);
  }

  /** The backend's answer, or a refusal if it takes longer than `server.handshakeTimeoutMs`. */
  async #admit(route: Route, request: UpgradeRequest): Promise<Admission | { readonly refused: Close }> {
    const admitting = route.backend.admit(request);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#parts.server.handshakeTimeoutMs);
    });
    const answer = await Promise.race([admitting, late]).finally(() => clearTimeout(timer));
    if (answer !== 'late') return answer;
    admitting.then((admission) => 'refused' in admission || admission.abandon()).catch(() => {});
    return { refused: CLOSE.OVERLOADED };
  }

  #connect(route: Route, request: UpgradeRequest & { readonly connection: string }, parts: Omit<ConnectionParts, 'context'>): void {
    this.#lastHandle = (this.#lastHandle + 1) >>> 0;
    const context: ConnectionContext = {
      handle: this.#lastHandle,
      version: 1,
      id: request.connection,
      route: route.name,
      host: request.host,
      path: request.path,
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !SECRET_HEADERS.has(name))),
      remoteAddress: request.remoteAddress,
      subprotocol: parts.socket.protocol,
      connectedAt: Date.now(),
    };
    this.#parts.logger.debug({ connection: context.id, route: route.name, remoteAddress: context.remoteAddress }, 'connected');
    parts.trace?.connected(context.id);
    this.#connections.add(new Connection(this.#homeOf(route), { ...parts, context }));
  }

  /** Its clients share it, also when the route has been removed. */
  #homeOf(route: Route): ConnectionHome {
    const known = this.#homes.get(route);
    if (known !== undefined) return known;
    const meter = this.traffic.meter(route.name);
    const { connection, maxInFlightBytes, heartbeat, logger } = this.#parts;
    const home: ConnectionHome = {
      get chain() {
        return route.chain;
      },
      backend: route.backend,
      options: connection,
      maxInFlightBytes,
      heartbeat,
      logger,
      meter,
      noted: (context, hook, frame, notes) => this.#noted(context, meter, hook, frame, notes),
      closed: (done) => {
        const open: Set<ConnectionView> = this.#connections;
        open.delete(done);
        this.#leave(route);
        this.#drain.left();
      },
    };
    this.#homes.set(route, home);
    return home;
  }

  #forget(socket: Duplex): void {
    const address = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (address !== undefined) this.#limits.release(address);
  }

  #leave(route: Route): void {
    const left = this.clients(route) - 1;
    if (left > 0) this.#clients.set(route, left);
    else this.#clients.delete(route);
    if (left === 0) this.#parts.onVacant?.(route);
  }

  #noted({ id, route }: ConnectionContext, meter: RouteMeter, hook: Hook, frame: number, notes: Outcome['notes']): void {
    const at = Date.now();
    for (const note of notes) {
      meter.noted(hook, note);
      this.traffic.recent.add(note, { at, route, connection: id, hook });
      if (note.kind === 'fault') this.#parts.onFault?.(route, note.plugin);
      const fields = { connection: id, route, hook, frame, ...note };
      if (note.kind === 'fault') this.#logFault(fields);
      else this.#parts.logger.debug(fields, 'plugin');
    }
  }

  /** A client that knows what a plugin fails on could fill the disk. */
  #logFault(fields: { readonly route: string; readonly plugin: string }): void {
    const { route, plugin } = fields;
    const key = `${plugin} ${route}`;
    let meter = this.#faultLines.get(key);
    if (meter === undefined) {
      meter = new LineMeter(FAULT_LINES);
      this.#faultLines.set(key, meter);
    }
    const { write, first, left } = meter.take();
    if (write) this.#parts.logger.warn(left > 0 ? { ...fields, suppressed: left } : fields, 'plugin');
    else if (first) this.#parts.logger.warn({ route, plugin, linesPerSecond: FAULT_LINES }, 'plugin-faults-suppressed');
  }

  /** Completes the handshake and closes: unlike an HTTP status, a browser shows a close code to its page. */
  #refuse(message: IncomingMessage, socket: Duplex, head: Buffer, close: Close): void {
    if (this.#refusing >= MAX_REFUSALS) {
      refuseUpgrade(socket, 503, `${close.reason}\n`);
      return;
    }
    this.#refusing++;
    socket.once('close', () => this.#refusing--);
    this.#webSockets.handleUpgrade(message, socket, head, (webSocket) => {
      webSocket.on('error', () => {});
      webSocket.close(close.code, close.reason);
    });
  }

  /** A name to bind, such as localhost, is known as an address once it is bound. */
  #hostNames(): HostNames {
    const { bound, routes } = this.#hostParts;
    return new HostNames(
      this.#parts.server.hosts,
      bound,
      routes.flatMap(({ host }) => host ?? []),
    );
  }
}

function destroySelf(this: Duplex): void {
  this.destroy();
}

/** What `ws` will insist on; checked before a backend is asked. */
function isHandshake(message: IncomingMessage): boolean {
  const { headers, method } = message;
  const key = headers['sec-websocket-key'];
  const version = headers['sec-websocket-version'];
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    key !== undefined &&
    /^[+/0-9A-Za-z]{22}==$/.test(key) &&
    (version === '13' || version === '8')
  );
}

function compression(options: ConnectionOptions['compression']): false | object {
  if (options === false) return false;
  return {
    threshold: options.threshold,
    concurrencyLimit: options.concurrency,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: options.windowBits,
    zlibDeflateOptions: { memLevel: 7, level: 3 },
  };
}
