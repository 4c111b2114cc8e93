import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { AdminError } from './admin-error.js';
import type { AdminOptions } from './admin-options.js';
import { ApiKeys } from './api-keys.js';
import { JwtVerifier } from './jwt.js';
import type { Principal } from './principal.js';
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

  /** `undefined`: neither a key nor a token that is valid here. */
  async credential(text: string): Promise<Principal | undefined> {
    const principal = this.#keys.find(text);
    if (principal !== undefined || this.#jwt === undefined || text.split('.').length !== 3) return principal;
    return this.#jwt.find(text);
  }

  /** `missing`: it does not say who it is. `wrong`: it says it in vain. Rejects with an AdminError for a cookie that a strange page sends. */
  async request(context: Context): Promise<Principal | 'missing' | 'wrong'> {
    const header = context.req.header('authorization');
    if (header !== undefined) {
      const [, credential] = /^Bearer +(\S+)$/i.exec(header) ?? [];
      return (credential === undefined ? undefined : await this.credential(credential)) ?? 'wrong';
    }
    const cookie = getCookie(context, SESSION_COOKIE);
    if (cookie === undefined) return 'missing';
    const principal = this.sessions.find(cookie);
    if (principal === undefined) return 'missing';
    refuseStrangePage(context);
    return principal;
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
