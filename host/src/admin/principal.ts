import { ROLES, type Role } from './admin-options.js';

/** Who makes a request. */
export interface Principal {
  /** The key's name, or the token's subject. */
  readonly name: string;
  readonly role: Role;
  readonly via: 'key' | 'jwt' | 'session';
  /** Milliseconds since the epoch; absent: a key, which does not expire. */
  readonly expiresAt?: number;
}

/** What a key or a token proves. `wrong`: nothing. `no-role`: a valid token for which there is no role. `reason` is for the log, and has nothing of the credential in it. */
export type Identity = { readonly principal: Principal } | { readonly refused: 'wrong' | 'no-role'; readonly reason: string };

export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
