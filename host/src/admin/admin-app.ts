import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { HostNames } from '../gateway/host-names.js';
import { originAllowed } from '../gateway/origin.js';
import type { StaticFiles } from '../gateway/static-files.js';
import { Exposition } from '../metrics/exposition.js';
import { AdminError } from './admin-error.js';
import type { AdminHost } from './admin-host.js';
import type { AdminOptions } from './admin-options.js';
import { AuditLog } from './audit-log.js';
import { Authenticator } from './authenticator.js';
import { invalidRequest } from './invalid-request.js';
import { LiveFeed } from './live-feed.js';
import type { AdminApp, AdminEnv } from './operation.js';
import type { Identity } from './principal.js';
import { GuessLimit, RequestLimit, Throttled } from './rate-limits.js';
import { inRequestSpan } from './request-span.js';
import { addChatRoutes } from './routes-chat.js';
import { addConnectionRoutes } from './routes-connections.js';
import { addEventRoutes } from './routes-events.js';
import { addHostRoutes } from './routes-host.js';
import { addPluginRoutes } from './routes-plugins.js';
import { addSessionRoutes, LOGIN_PATH, readCredential } from './routes-session.js';
import { addStateRoutes } from './routes-state.js';
import { addTrialRoutes } from './routes-trials.js';

const API = '/api/v1';
const MAX_BODY_BYTES = 65_536;

export interface AdminAppParts {
  readonly host: AdminHost;
  readonly options: AdminOptions;
  /** The page at /; `undefined`: it was not built. */
  readonly dashboard: StaticFiles | undefined;
  /** Which `Host` headers are answered, as of now. */
  readonly hosts: () => HostNames;
}

/** Everything that the admin listener answers. The order of the checks: host name, origin, rate, who it is, role, input. */
export class AdminApplication {
  readonly app: AdminApp;
  readonly #parts: AdminAppParts;
  readonly #authenticator: Authenticator;
  readonly #requests: RequestLimit;
  readonly #guesses: GuessLimit;
  /** Guesses elsewhere do not blind who watches the host, and guesses here do not lock operators out. */
  readonly #metricsGuesses: GuessLimit;
  readonly #audit: AuditLog;
  readonly #feed: LiveFeed;

  /** Throws a HostError (CONFIG_INVALID) for a secret that is not where the options say. */
  constructor(parts: AdminAppParts) {
    const { host, options } = parts;
    this.#parts = parts;
    this.#authenticator = new Authenticator(options, host.now);
    this.#requests = new RequestLimit(options.requestsPerMinute);
    this.#guesses = new GuessLimit(options.failuresPerMinute);
    this.#metricsGuesses = new GuessLimit(options.failuresPerMinute);
    this.#audit = new AuditLog(options.auditSize, host.logger);
    this.#feed = new LiveFeed(host, options.maxEventStreams);
    this.app = this.#create();
  }

  /** Ends the event streams. */
  close(): void {
    this.#feed.close();
  }

  #create(): AdminApp {
    const app = new OpenAPIHono<AdminEnv>();
    app.onError((error, context) => this.#explain(error, context));
    app.notFound((context) =>
      this.#explain(new AdminError(404, 'not_found', `Nothing is at ${context.req.path}; /openapi.json lists what is.`), context),
    );
    app.use(async (context, next) => {
      await next();
      this.#parts.host.admin.answered(context.req.method, context.res.status);
    });
    app.use(async (context, next) => {
      context.header('cache-control', 'no-store');
      context.header('x-content-type-options', 'nosniff');
      context.header('referrer-policy', 'no-referrer');
      this.#guard(context);
      await next();
    });
    this.#probes(app);
    app.use(async (context, next) => {
      const address = addressOf(context);
      await this.#guesses.admit(address);
      await this.#requests.admit(address);
      await next();
    });
    this.#openRoutes(app);
    app.use(
      bodyLimit({
        maxSize: MAX_BODY_BYTES,
        onError: () => Promise.reject(new AdminError(413, 'too_large', `A body has at most ${MAX_BODY_BYTES} bytes.`)),
      }),
    );
    app.use(`${API}/*`, async (context, next) => {
      refuseOtherThanJson(context);
      await next();
    });
    const { tracer } = this.#parts.host;
    if (tracer !== undefined) app.use(`${API}/*`, (context, next) => inRequestSpan(tracer, context, next));
    app.use(`${API}/*`, async (context, next) => {
      await this.#identify(context, this.#guesses);
      await next();
      this.#record(context);
    });
    app.route(API, this.#api());
    app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
    app.openAPIRegistry.registerComponent('securitySchemes', 'session', { type: 'apiKey', in: 'cookie', name: 'framegate_admin' });
    return app;
  }

  /** What watches the host is never throttled: others behind the same proxy could have it restarted. */
  #probes(app: AdminApp): void {
    const { host, options } = this.#parts;
    const exposition = new Exposition(host);
    app.get('/healthz', (context) => context.json({ status: 'ok' }));
    app.get('/readyz', (context) => {
      const { phase } = host.drainStatus();
      return phase === 'serving' ? context.json({ status: 'ready' }) : context.json({ status: 'draining' }, 503);
    });
    app.get('/metrics', async (context) => {
      if (!options.publicMetrics) {
        await this.#metricsGuesses.admit(addressOf(context));
        await this.#identify(context, this.#metricsGuesses);
      }
      return context.body(await exposition.text(), 200, { 'content-type': exposition.contentType });
    });
  }

  #openRoutes(app: AdminApp): void {
    const { host } = this.#parts;
    app.get('*', (context, next) => {
      const { host: name = '', 'if-none-match': ifNoneMatch, 'accept-encoding': acceptEncoding } = context.req.header();
      const answer = this.#parts.dashboard?.answer(context.req.path, { host: name, ifNoneMatch, acceptEncoding });
      if (answer === undefined) return next();
      const { body, status, headers } = answer;
      return Promise.resolve(
        body === undefined ? context.body(null, status, headers) : context.body(new Uint8Array(body), status, headers),
      );
    });
    app.get('/openapi.json', (context) =>
      context.json(
        app.getOpenAPI31Document({
          openapi: '3.1.0',
          info: { title: 'framegate admin API', version: host.version },
          servers: [{ url: '/' }],
        }),
      ),
    );
  }

  #api(): AdminApp {
    const { host } = this.#parts;
    const api: AdminApp = new OpenAPIHono<AdminEnv>({
      defaultHook: (result) => {
        if (result.success) return;
        throw invalidRequest(result);
      },
    });
    addSessionRoutes(api, this.#authenticator, (context) => context.req.header('x-forwarded-proto') === 'https');
    addHostRoutes(api, host, this.#audit);
    addConnectionRoutes(api, host);
    addChatRoutes(api, host);
    addPluginRoutes(api, host);
    addTrialRoutes(api, host);
    addStateRoutes(api, host);
    addEventRoutes(api, host, this.#feed);
    return api;
  }

  #guard(context: Context<AdminEnv>): void {
    const { host, origin } = context.req.header();
    if (!this.#parts.hosts().answers(host)) {
      throw new AdminError(
        403,
        'host',
        'This listener does not answer to that name. Reach it as localhost, or add the name to admin.hosts.',
      );
    }
    if (!originAllowed(origin, { host: host ?? '' }, 'same-host'))
      throw new AdminError(403, 'origin', 'Pages of another origin may not ask here.');
  }

  async #identify(context: Context<AdminEnv>, guesses: GuessLimit): Promise<void> {
    const found = await this.#principal(context);
    if ('principal' in found) {
      context.set('principal', found.principal);
      return;
    }
    if (found.refused === 'missing')
      throw new AdminError(401, 'unauthorized', 'Say who you are: Authorization: Bearer with a key or a token.');
    const { reason } = found;
    this.#parts.host.logger.warn({ address: addressOf(context), path: context.req.path, reason }, 'admin credential refused');
    if (found.refused === 'no-role') throw new AdminError(403, 'no_role', `This token is valid, and gives no role here: ${reason}.`);
    await guesses.failed(addressOf(context));
    throw new AdminError(401, 'unauthorized', 'This key or token is not valid here.');
  }

  async #principal(context: Context<AdminEnv>): Promise<Identity | { readonly refused: 'missing' }> {
    if (context.req.method !== 'POST' || context.req.path !== `${API}${LOGIN_PATH}`) return this.#authenticator.request(context);
    return this.#authenticator.credential(await readCredential(context));
  }

  #record(context: Context<AdminEnv>): void {
    const audit = context.get('audit') as AdminEnv['Variables']['audit'] | undefined;
    const { method, path } = context.req;
    if (method === 'GET' || method === 'HEAD') return;
    const { name: actor, role, via } = context.get('principal');
    this.#audit.add({
      at: new Date(this.#parts.host.now()).toISOString(),
      actor,
      role,
      via,
      address: addressOf(context),
      // one that was refused before it knew its action
      action: audit?.action ?? `${method} ${path}`,
      target: audit?.target ?? {},
      status: context.res.status,
      ...(context.error instanceof AdminError ? { reason: context.error.message } : {}),
    });
  }

  #explain(error: Error, context: Context<AdminEnv>): Response {
    const known = error instanceof HTTPException ? new AdminError(400, 'invalid', error.message || 'The body is not JSON.', 'body') : error;
    if (!(known instanceof AdminError)) {
      this.#parts.host.logger.error({ error: String(error), path: context.req.path }, 'an admin request failed');
      return context.json({ error: { code: 'internal', message: 'The request failed; the log says why.' } }, 500);
    }
    if (known.status === 503)
      this.#parts.host.logger.warn({ code: known.code, error: causeOf(known) }, 'an admin request could not be answered');
    if (known.status === 401) context.header('www-authenticate', 'Bearer realm="framegate"');
    if (known instanceof Throttled) context.header('retry-after', String(known.retryAfterSeconds));
    const { code, message, field, status } = known;
    return context.json({ error: { code, message, ...(field === undefined ? {} : { field }) } }, status);
  }
}

/** A body of another kind would be passed over where it is optional. */
function refuseOtherThanJson(context: Context<AdminEnv>): void {
  const { 'content-type': type = '', 'content-length': length = '0', 'transfer-encoding': transfer } = context.req.header();
  if ((length === '0' && transfer === undefined) || /^application\/json *(;|$)/i.test(type)) return;
  throw new AdminError(415, 'media_type', 'Send the body as JSON, with the header Content-Type: application/json.');
}

/** A failed request says what failed only in its own cause. */
function causeOf({ cause }: Error): string {
  return cause instanceof Error && cause.cause !== undefined ? `${cause} (${cause.cause})` : String(cause);
}

function addressOf(context: Context<AdminEnv>): string {
  return context.env.incoming.socket.remoteAddress ?? '';
}
