import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { AdminError } from './admin-error.js';
import { ROLES } from './admin-options.js';
import { type Authenticator, SESSION_COOKIE } from './authenticator.js';
import { type AdminApp, jsonBody, operation } from './operation.js';

export const LOGIN_PATH = '/login';
/** The cookie goes to the API alone, not to other servers' paths under the same host name. */
const COOKIE_PATH = '/api/v1';

const whoSchema = z
  .object({ name: z.string(), role: z.enum(ROLES), via: z.enum(['key', 'jwt', 'session']), expiresAt: z.number().optional() })
  .openapi('Who');

/** Logins: a key or a token once, then a cookie that no script can read. `secure`: the request came through TLS. */
export function addSessionRoutes(app: AdminApp, authenticator: Authenticator, secure: (context: Context) => boolean): void {
  const login = operation({
    method: 'post',
    path: LOGIN_PATH,
    role: 'viewer',
    tag: 'session',
    summary: 'Log in with a key or a token; the answer sets the session cookie',
    request: { body: jsonBody(z.strictObject({ credential: z.string().min(1).max(8_192) })) },
    answer: whoSchema,
  });
  // who may log in, the app has decided from the body before this runs
  app.openapi(login, (context) => {
    const principal = context.get('principal');
    const { token, expiresAt } = authenticator.sessions.open(principal);
    setCookie(context, SESSION_COOKIE, token, {
      path: COOKIE_PATH,
      httpOnly: true,
      sameSite: 'Strict',
      secure: secure(context),
      expires: new Date(expiresAt),
    });
    context.set('audit', { action: 'session.open', target: {} });
    return context.json({ name: principal.name, role: principal.role, via: 'session' as const, expiresAt }, 200);
  });

  const logout = operation({
    method: 'post',
    path: '/logout',
    role: 'viewer',
    tag: 'session',
    summary: 'End the session',
    answer: z.object({ closed: z.boolean() }),
  });
  app.openapi(logout, (context) => {
    const token = getCookie(context, SESSION_COOKIE);
    if (token !== undefined) authenticator.sessions.close(token);
    deleteCookie(context, SESSION_COOKIE, { path: COOKIE_PATH });
    context.set('audit', { action: 'session.close', target: {} });
    return context.json({ closed: token !== undefined }, 200);
  });

  const who = operation({ method: 'get', path: '/session', role: 'viewer', tag: 'session', summary: 'Who is asking', answer: whoSchema });
  app.openapi(who, (context) => context.json(context.get('principal'), 200));
}

/** The credential in a login's body. Rejects with an AdminError (400). */
export async function readCredential(context: Context): Promise<string> {
  const body: unknown = await context.req.json().catch(() => undefined);
  if (typeof body === 'object' && body !== null && 'credential' in body && typeof body.credential === 'string' && body.credential !== '') {
    return body.credential;
  }
  throw new AdminError(400, 'invalid', 'credential: expected a key or a token as text.', 'credential');
}
