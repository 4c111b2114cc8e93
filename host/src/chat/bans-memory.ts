import type { Ban, BanCandidate, BanStore, BanSubject } from './bans.js';
import { foldLookAlikes } from './look-alikes.js';
import { nameKey } from './names.js';

/** Bans in this process's memory: they end with it. */
export class BansMemory implements BanStore {
  readonly #max: number;
  readonly #bans = new Map<string, Ban>();

  /** `max`: bans and mutes, all together. */
  constructor(max: number) {
    this.#max = max;
  }

  add(ban: Ban, now: number): boolean {
    const key = keyOf(ban.kind, ban.subject);
    if (!this.#bans.has(key) && this.#bans.size >= this.#max) this.#sweep(now);
    if (!this.#bans.has(key) && this.#bans.size >= this.#max) return false;
    this.#bans.delete(key);
    this.#bans.set(key, ban);
    return true;
  }

  remove(id: string): Ban | undefined {
    for (const [key, ban] of this.#bans) {
      if (ban.id !== id) continue;
      this.#bans.delete(key);
      return ban;
    }
    return undefined;
  }

  list(now: number): Ban[] {
    this.#sweep(now);
    return [...this.#bans.values()].sort((a, b) => a.createdAt - b.createdAt);
  }

  find(kind: Ban['kind'], { name, address, user }: BanCandidate, now: number): Ban | undefined {
    if (this.#bans.size === 0) return undefined;
    let found: Ban | undefined;
    const look = (by: BanSubject['by'], value: string | undefined): void => {
      const ban = value === undefined ? undefined : this.#bans.get(keyOf(kind, { by, value }));
      if (ban !== undefined && lasts(ban) > now && (found === undefined || lasts(ban) > lasts(found))) found = ban;
    };
    look('address', address);
    look('user', user);
    look('name', name);
    return found;
  }

  #sweep(now: number): void {
    for (const [key, ban] of this.#bans) if (lasts(ban) <= now) this.#bans.delete(key);
  }
}

function lasts({ expiresAt = Number.POSITIVE_INFINITY }: Ban): number {
  return expiresAt;
}

function keyOf(kind: Ban['kind'], { by, value }: BanSubject): string {
  return `${kind} ${by} ${by === 'name' ? nameKey(foldLookAlikes(value)) : by === 'address' ? value.toLowerCase() : value}`;
}
