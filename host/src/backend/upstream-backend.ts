import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { CLOSE } from '../close-codes.js';
import type { UpstreamOptions } from '../config/route-schema.js';
import type { Frame } from '../frame.js';
import type { Heartbeat } from '../gateway/heartbeat.js';
import { plainPath } from '../gateway/upgrade-request.js';
import type { Logger } from '../logger.js';
import type { Close } from '../verdict.js';
import type { Admission, Backend, UpgradeRequest } from './backend.js';
import { upstreamHeaders } from './upstream-headers.js';
import { type UpstreamHome, UpstreamSession } from './upstream-session.js';

export interface UpstreamParts {
  /** The route's name, for the log. */
  readonly route: string;
  readonly options: UpstreamOptions;
  /** Bytes of one message from the upstream, unless the options say otherwise. */
  readonly maxPayload: number;
  readonly closeTimeoutMs: number;
  readonly heartbeat: Heartbeat;
  readonly logger: Logger;
}

/**
 * Gateway mode: every client gets a socket of its own to a WebSocket server behind us, opened before the client's handshake is
 * answered, so that the upstream's choice of a subprotocol and its refusal both reach the client (1014 with a reason).
 */
export class UpstreamBackend implements Backend {
  readonly #parts: UpstreamParts;
  readonly #home: UpstreamHome;
  readonly #sockets = new Set<WebSocket>();

  constructor(parts: UpstreamParts) {
    this.#parts = parts;
    const { options, heartbeat, logger } = parts;
    const upstream = plainUrl(options.url);
    this.#home = {
      maxQueuedBytes: options.maxQueuedBytes,
      heartbeat,
      unanswered: (connection) => logger.warn({ ...connection, upstream }, 'upstream did not answer a ping'),
    };
  }

  admit(request: UpgradeRequest): Promise<Admission | { readonly refused: Close }> {
    return this.#admission(this.#open(request), request.connection);
  }

  #open(request: UpgradeRequest): WebSocket {
    const { options, maxPayload, closeTimeoutMs } = this.#parts;
    return new WebSocket(upstreamUrl(options.url, request.path), [...request.subprotocols], {
      headers: upstreamHeaders(request, options.forwardHeaders, options.headers),
      maxPayload: options.maxPayload ?? maxPayload,
      perMessageDeflate: false,
      closeTimeout: closeTimeoutMs,
    } as ConstructorParameters<typeof WebSocket>[2]);
  }

  /** Its listeners live as long as the connection: the client's request is out of their reach. */
  #admission(socket: WebSocket, connection: string | undefined): Promise<Admission | { readonly refused: Close }> {
    const { options, logger, route } = this.#parts;
    return new Promise((resolve) => {
      this.#sockets.add(socket);
      let raw: Duplex | undefined;
      const refuse = (reason: string): void => {
        clearTimeout(timer);
        logger.warn({ connection, route, upstream: plainUrl(options.url), why: reason }, 'upstream unavailable');
        resolve({ refused: { code: CLOSE.UPSTREAM_UNAVAILABLE.code, reason: reason.slice(0, 120) } });
      };
      const timer = setTimeout(() => {
        refuse(`upstream did not answer within ${options.connectTimeoutMs} ms`);
        socket.terminate();
      }, options.connectTimeoutMs);
      const failed = (error: Error): void => refuse(reasonOf(error));
      socket.on('error', failed);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.once('unexpected-response', (clientRequest, response) => {
        refuse(`upstream answered HTTP ${response.statusCode}`);
        clientRequest.destroy();
      });
      socket.once('upgrade', (response) => {
        raw = response.socket;
      });
      socket.once('open', () => {
        clearTimeout(timer);
        socket.off('error', failed);
        const session = new UpstreamSession(socket, raw as Duplex, this.#home);
        resolve({
          ...(socket.protocol === '' ? {} : { subprotocol: socket.protocol }),
          start: (peer, onDrain) => {
            session.start(peer, onDrain);
            return session;
          },
          abandon: () => session.disconnected({ code: 1001, reason: 'client went away' }),
        });
      });
    });
  }

  /** The upstream's protocol is unknown here: a notice looks as the chat's does (docs/protocol.md). */
  notice(code: string, message: string): Frame | undefined {
    if (!this.#parts.options.notices) return undefined;
    return { kind: 'text', payload: Buffer.from(JSON.stringify({ type: 'notice', code, content: message })) };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** The upstream's address, with the client's path if it has none of its own, and the client's query added to its own. */
function upstreamUrl(url: string, path: string): URL {
  const target = new URL(url);
  if (target.pathname === '/') target.pathname = plainPath(path);
  const query = path.indexOf('?');
  if (query >= 0) target.search = target.search === '' ? path.slice(query) : `${target.search}&${path.slice(query + 1)}`;
  return target;
}

/** Without what may be secret in it: credentials and query. */
function plainUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function reasonOf(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'upstream refused the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'upstream host name was not found';
    case 'ECONNRESET':
      return 'upstream ended the connection during the handshake';
    default:
      return `upstream failed: ${error.message}`;
  }
}
