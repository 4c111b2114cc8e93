import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { AdminError } from './admin-error.js';
import type { AdminOptions } from './admin-options.js';
import { secretFrom } from './api-keys.js';
import { type Identity, mayAct, type Principal } from './principal.js';

type JwtOptions = NonNullable<AdminOptions['jwt']>;

/** Checks tokens of one issuer. */
export class JwtVerifier {
  readonly #options: JwtOptions;
  readonly #now: () => number;
  readonly #verify: (token: string) => Promise<JWTPayload>;

  constructor(options: JwtOptions, now: () => number, env: NodeJS.ProcessEnv = process.env) {
    this.#options = options;
    this.#now = now;
    const { issuer, audience, jwksUrl } = options;
    const checks = () => ({
      issuer,
      ...(audience === undefined ? {} : { audience }),
      currentDate: new Date(now()),
      requiredClaims: ['exp'],
    });
    if (jwksUrl !== undefined) {
      const keys = createRemoteJWKSet(new URL(jwksUrl));
      const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
      this.#verify = async (token) => (await jwtVerify(token, keys, { ...checks(), algorithms })).payload;
    } else {
      const secret = new TextEncoder().encode(
        options.secret ?? secretFrom(env, { variable: options.secretEnv ?? '', minLength: 32, option: 'admin.jwt.secretEnv' }),
      );
      this.#verify = async (token) => (await jwtVerify(token, secret, { ...checks(), algorithms: ['HS256'] })).payload;
    }
  }

  /** Rejects with an AdminError (503) when the issuer's keys can't be had. */
  async find(token: string): Promise<Identity> {
    try {
      return this.#identify(await this.#verify(token));
    } catch (error) {
      // jose names the claim or the part that is wrong, never its value
      if (isTokensFault(error)) return { refused: 'wrong', reason: `token: ${error.message}` };
      throw new AdminError(
        503,
        'issuer_unavailable',
        'The keys that this token is checked with cannot be had from its issuer now. Try again in a moment, or use an API key; the log says why.',
        undefined,
        { cause: error },
      );
    }
  }

  #identify(payload: JWTPayload): Identity {
    const { rolesClaim } = this.#options;
    const expiresAt = (payload.exp ?? 0) * 1000;
    if (expiresAt <= this.#now()) return { refused: 'wrong', reason: 'token: it has expired' };
    const role = this.#roleOf(payload);
    if (role !== undefined) return { principal: { name: payload.sub ?? 'token without a subject', role, via: 'jwt', expiresAt } };
    const reason = Object.hasOwn(payload, rolesClaim)
      ? `its claim "${rolesClaim}" has no value that admin.jwt.roles names`
      : `it has no claim "${rolesClaim}" (admin.jwt.rolesClaim)`;
    return { refused: 'no-role', reason };
  }

  #roleOf(payload: JWTPayload): Principal['role'] | undefined {
    const claim = payload[this.#options.rolesClaim];
    let highest: Principal['role'] | undefined;
    for (const value of Array.isArray(claim) ? claim : [claim]) {
      const role = typeof value === 'string' && Object.hasOwn(this.#options.roles, value) ? this.#options.roles[value] : undefined;
      if (role !== undefined && (highest === undefined || mayAct(role, highest))) highest = role;
    }
    return highest;
  }
}

/** Anything else is the issuer's or the network's: what jose throws when a JWKS does not come, is no JWKS or comes with another status than 200. */
function isTokensFault(error: unknown): error is Error {
  if (!(error instanceof errors.JOSEError)) return false;
  return !(error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC');
}
