import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { chooseEncoding, ENCODINGS, type Encoding } from './content-encoding.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json; charset=utf-8',
};

/** Makes a Content-Security-Policy for the `Host` header of a request. */
export type PagePolicy = (host: string) => string;

/** What a request asks of a file beside its path. */
interface Question {
  readonly host: string;
  readonly ifNoneMatch: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** An answer for whichever server gives it. Without a body: the asker has the file already. */
export type StaticAnswer = { readonly headers: Readonly<Record<string, string>> } & (
  | { readonly status: 200; readonly body: Buffer }
  | { readonly status: 304; readonly body: undefined }
);

/** A file's bytes in one encoding. */
interface Copy {
  readonly body: Buffer;
  readonly etag: string;
}

interface StaticFile {
  readonly plain: Copy;
  /** As they lay beside it. */
  readonly encoded: ReadonlyMap<Encoding, Copy>;
  readonly type: string;
  /** The name has a hash of the content in it, so it can be kept for ever. */
  readonly immutable: boolean;
}

/**
 * A folder of built files, read once and served from memory by exact path: what was not there at the start can't be asked for,
 * so no path leads out of the folder. `/` is index.html. A compressed copy beside a file (`NAME.br`, `NAME.gz`) is what who takes it gets.
 */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;
  readonly #policy: PagePolicy;

  private constructor(files: ReadonlyMap<string, StaticFile>, policy: PagePolicy) {
    this.#files = files;
    this.#policy = policy;
  }

  /** `undefined` if the folder has no index.html. */
  static async load(folder: string, policy: PagePolicy = contentSecurityPolicy): Promise<StaticFiles | undefined> {
    const copies = new Map<string, Copy>();
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const body = await readFile(file);
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      copies.set(`/${relative(folder, file).split(sep).join('/')}`, { body, etag });
    }
    const files = new Map<string, StaticFile>();
    for (const [path, plain] of copies) {
      if (ENCODINGS.some(({ ending }) => path.endsWith(ending) && copies.has(path.slice(0, -ending.length)))) continue;
      const encoded = new Map<Encoding, Copy>();
      for (const { name, ending } of ENCODINGS) {
        const copy = copies.get(`${path}${ending}`);
        if (copy !== undefined) encoded.set(name, copy);
      }
      const immutable = path.startsWith('/assets/') && /-[\w-]{8,}\.\w+$/.test(path);
      files.set(path, { plain, encoded, immutable, type: TYPES[extname(path)] ?? 'application/octet-stream' });
    }
    const index = files.get('/index.html');
    if (index === undefined) return undefined;
    files.set('/', index);
    return new StaticFiles(files, policy);
  }

  /** Answers GET and HEAD of a file that exists, and returns true; otherwise leaves the response alone. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const { host = '', 'if-none-match': ifNoneMatch, 'accept-encoding': acceptEncoding } = request.headers;
    const answer = this.answer(path, { host, ifNoneMatch, acceptEncoding: acceptEncoding?.toString() });
    if (answer === undefined) return false;
    response.writeHead(answer.status, answer.headers);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
    return true;
  }

  /** `undefined`: there is no such file. */
  answer(path: string, { host, ifNoneMatch, acceptEncoding }: Question): StaticAnswer | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const encoding = chooseEncoding(acceptEncoding, [...file.encoded.keys()]);
    const { body, etag } = (encoding && file.encoded.get(encoding)) ?? file.plain;
    const headers = {
      etag,
      'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': this.#policy(host),
      ...(file.encoded.size > 0 && { vary: 'accept-encoding' }),
    };
    if (holds(ifNoneMatch, etag)) return { status: 304, headers, body: undefined };
    const about = { 'content-type': file.type, 'content-length': String(body.length), ...(encoding && { 'content-encoding': encoding }) };
    return { status: 200, headers: { ...headers, ...about }, body };
  }
}

/** Whether an `If-None-Match` names this tag; a weak one counts as well (RFC 9110 §13.1.2). */
function holds(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;
}

/** For the operators' dashboard: its own scripts, styles and requests, and nothing else; no page may frame it. */
export function dashboardPolicy(): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Everything from this host only. The WebSocket is named because not every browser counts ws: as 'self'. */
function contentSecurityPolicy(host: string): string {
  const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'self'",
    `connect-src 'self'${sockets}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
