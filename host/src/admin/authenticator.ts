import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { AdminError } from './admin-error.js';
import type { AdminOptions } from './admin-options.js';
import { ApiKeys } from './api-keys.js';
import { JwtVerifier } from './jwt.js';
import type { Identity } from './principal.js';
import { Sessions } from './sessions.js';

export const SESSION_COOKIE = 'framegate_admin';

/** Tells who makes a request: by `Authorization: Bearer` with a key or a token, or by the cookie of a login. */
export class Authenticator {
  readonly sessions: Sessions;
  readonly #keys: ApiKeys;
  readonly #jwt: JwtVerifier | undefined;

  /** Throws a HostError (CONFIG_INVALID) for a secret that is not where the options say. */
  constructor(options: AdminOptions, now: () => number) {
    this.sessions = new Sessions(options.sessionMs, options.maxSessions, now);
    this.#keys = new ApiKeys(options.apiKeys);
    this.#jwt = options.jwt === undefined ? undefined : new JwtVerifier(options.jwt, now);
  }

  /** Rejects with an AdminError (503) for a token when its issuer's keys can't be had. */
  async credential(text: string): Promise<Identity> {
    const principal = this.#keys.find(text);
    if (principal !== undefined) return { principal };
    if (text.split('.').length !== 3) return { refused: 'wrong', reason: 'no such key' };
    return this.#jwt?.find(text) ?? { refused: 'wrong', reason: 'no such key, and admin.jwt is not configured for tokens' };
  }

  /** `missing`: it does not say who it is. Rejects with an AdminError for a cookie that a strange page sends. */
  async request(context: Context): Promise<Identity | { readonly refused: 'missing' }> {
    const header = context.req.header('authorization');
    if (header !== undefined) {
      const [, credential] = /^Bearer +(\S+)$/i.exec(header) ?? [];
      return credential === undefined
        ? { refused: 'wrong', reason: 'the header Authorization is not Bearer with a key or a token' }
        : this.credential(credential);
    }
    const cookie = getCookie(context, SESSION_COOKIE);
    const principal = cookie === undefined ? undefined : this.sessions.find(cookie);
    if (principal === undefined) return { refused: 'missing' };
    refuseStrangePage(context);
    return { principal };
  }
}

/**
 * A browser sends the cookie along with what any page on the same host name asks, whatever its port: whoever changes something by
 * cookie has to be a page of this very origin, and every browser says of a POST or DELETE where it comes from.
 */
function refuseStrangePage(context: Context): void {
  if (context.req.method === 'GET' || context.req.method === 'HEAD') return;
  if (context.req.header('origin') !== undefined) return; // judged for every request already
  if (context.req.header('sec-fetch-site') === 'same-origin') return;
  throw new AdminError(403, 'origin', 'A change that is made with a login has to come from a page of this address (no Origin header).');
}
