import { createHash, randomBytes } from 'node:crypto';
import type { Principal } from './principal.js';

/** Logins of the dashboard, in memory: a restart ends them all. Only hashes of their tokens are kept. */
export class Sessions {
  readonly #lastMs: number;
  readonly #max: number;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Principal & { readonly expiresAt: number }>();

  constructor(lastMs: number, max: number, now: () => number) {
    this.#lastMs = lastMs;
    this.#max = max;
    this.#now = now;
  }

  /** Ends with what it was opened with, if that ends first. Of too many the oldest goes. */
  open({ name, role, expiresAt = Number.POSITIVE_INFINITY }: Principal): { readonly token: string; readonly expiresAt: number } {
    const token = randomBytes(32).toString('base64url');
    const end = Math.min(expiresAt, this.#now() + this.#lastMs);
    if (this.#sessions.size >= this.#max) this.#sessions.delete(this.#sessions.keys().next().value ?? '');
    this.#sessions.set(keyOf(token), { name, role, via: 'session', expiresAt: end });
    return { token, expiresAt: end };
  }

  find(token: string): Principal | undefined {
    const key = keyOf(token);
    const session = this.#sessions.get(key);
    if (session === undefined || session.expiresAt > this.#now()) return session;
    this.#sessions.delete(key);
    return undefined;
  }

  close(token: string): void {
    this.#sessions.delete(keyOf(token));
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
