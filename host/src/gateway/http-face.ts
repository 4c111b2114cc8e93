import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusedHost } from './host-names.js';
import type { StaticFiles } from './static-files.js';

export interface HttpFaceParts {
  /** `undefined`: the page is turned off, was not built, or there is no chat. */
  readonly page: () => StaticFiles | undefined;
  /** The routes' paths, for whoever opens one of them without a WebSocket. */
  readonly paths: () => readonly string[];
  /** Whether a request with this `Host` is answered. */
  readonly answers: (host: string | undefined) => boolean;
  readonly health: () => { readonly draining: boolean; readonly connections: number };
}

/** What is answered to plain HTTP: the page, /healthz, /readyz, and a word of help for everything else. */
export class HttpFace {
  readonly #parts: HttpFaceParts;

  constructor(parts: HttpFaceParts) {
    this.#parts = parts;
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const { page, answers } = this.#parts;
    const { host } = request.headers;
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    if (!answers(host)) {
      text(response, 403, refusedHost(host ?? ''));
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      text(response, 405, 'Only GET and HEAD are answered here.\n');
    } else if (path === '/healthz' || path === '/readyz') {
      this.#health(response, path === '/healthz' ? 'ok' : 'ready');
    } else if (!page()?.serve(path, request, response)) {
      const paths = this.#parts.paths();
      const routes = `WebSocket routes: ${paths.join(', ')}\n`;
      if (paths.includes(path)) {
        response.setHeader('upgrade', 'websocket');
        text(response, 426, 'This address speaks WebSocket.\n');
      } else if (path === '/') text(response, 200, `framegate is running. ${routes}`);
      else text(response, 404, `Nothing is at ${JSON.stringify(path)}. ${routes}`);
    }
  }

  /** For whatever sends clients here: 503 from the start of a drain on. */
  #health(response: ServerResponse, well: 'ok' | 'ready'): void {
    const { draining, connections } = this.#parts.health();
    response.setHeader('cache-control', 'no-store');
    response.writeHead(draining ? 503 : 200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(`${JSON.stringify({ status: draining ? 'draining' : well, connections })}\n`);
  }
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
