import { afterEach } from 'vitest';
import { createHost, type Host, type HostConfigInput, type HostOptions, type Logger } from '../../host/src/index.js';
import { UpstreamServer } from './upstream-server.js';
import { type Closed, WsClient } from './ws-client.js';

/** Remembers what was logged. */
export class LogRecorder implements Logger {
  readonly lines: LogLine[] = [];
  readonly #waiting: { readonly message: string; readonly found: (line: LogLine) => void }[] = [];

  debug(fields: object, message: string): void {
    this.#add({ level: 'debug', message, fields });
  }

  info(fields: object, message: string): void {
    this.#add({ level: 'info', message, fields });
  }

  warn(fields: object, message: string): void {
    this.#add({ level: 'warn', message, fields });
  }

  error(fields: object, message: string): void {
    this.#add({ level: 'error', message, fields });
  }

  /** Resolves with the first line of that message, past or future. */
  seen(message: string): Promise<LogLine> {
    const line = this.lines.find((candidate) => candidate.message === message);
    return line === undefined ? new Promise((found) => this.#waiting.push({ message, found })) : Promise.resolve(line);
  }

  /** Resolves with the next line of that message. */
  next(message: string): Promise<LogLine> {
    return new Promise((found) => this.#waiting.push({ message, found }));
  }

  #add(line: LogLine): void {
    this.lines.push(line);
    for (const waiter of this.#waiting) if (waiter.message === line.message) waiter.found(line);
  }
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

export interface RunningHost {
  readonly host: Host;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  /** `http://127.0.0.1:port` */
  readonly http: string;
  readonly log: LogRecorder;
}

/** One route at /up without plugins, to a server at `url`. */
export function gatewayTo(url: string, backend: object = {}, rest: Partial<HostConfigInput> = {}): HostConfigInput {
  return { ...rest, routes: [{ path: '/up', backend: { kind: 'upstream', url, ...backend } }] };
}

const cleanups: (() => Promise<unknown>)[] = [];

/** Stops everything that the functions below have started, newest first. Call once at the top of a test file. */
export function stopAfterEach(): void {
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
}

/** A host on a free port of 127.0.0.1 with a recorded log. */
export async function startHost(config: HostConfigInput, options: HostOptions = {}): Promise<RunningHost> {
  const log = new LogRecorder();
  const host = await createHost({ ...config, server: { port: 0, ...config.server } }, { logger: log, ...options });
  cleanups.push(() => host.close());
  const { port } = await host.listen();
  return { host, log, url: `ws://127.0.0.1:${port}`, http: `http://127.0.0.1:${port}` };
}

export async function startUpstream(...parameters: Parameters<typeof UpstreamServer.start>): Promise<UpstreamServer> {
  const upstream = await UpstreamServer.start(...parameters);
  cleanups.push(() => upstream.stop());
  return upstream;
}

export async function connect(...parameters: Parameters<typeof WsClient.open>): Promise<WsClient> {
  const client = await WsClient.open(...parameters);
  cleanups.push(async () => client.socket.terminate());
  return client;
}

/** How a handshake or the connection after it ended. */
export async function refusal(
  ...parameters: Parameters<typeof WsClient.connecting>
): Promise<Closed | { readonly status: number; readonly body: string }> {
  const client = WsClient.connecting(...parameters);
  cleanups.push(async () => client.socket.terminate());
  return new Promise((resolve) => {
    client.socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    void client.closed.then(resolve);
  });
}
