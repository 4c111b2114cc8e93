import { type AddressRange, parseAddressRange, rangeAround } from './address-range.js';
import type { Ban, BanCandidate, BanStore, BanSubject } from './bans.js';
import { foldLookAlikes } from './look-alikes.js';
import { nameKey } from './names.js';

/** Bans in this process's memory: they end with it. */
export class BansMemory implements BanStore {
  readonly #max: number;
  readonly #bans = new Map<string, Ban>();
  /** How many bans there are of ranges, by family and bits: how many look-ups an address takes. */
  readonly #ranges = new Map<string, { readonly family: AddressRange['family']; readonly bits: number; count: number }>();

  /** `max`: bans and mutes, all together. */
  constructor(max: number) {
    this.#max = max;
  }

  add(ban: Ban, now: number): boolean {
    const key = keyOf(ban.kind, ban.subject);
    if (!this.#bans.has(key) && this.#bans.size >= this.#max) this.#sweep(now);
    if (!this.#bans.has(key) && this.#bans.size >= this.#max) return false;
    this.#drop(key);
    this.#bans.set(key, ban);
    this.#count(ban, 1);
    return true;
  }

  remove(id: string): Ban | undefined {
    for (const [key, ban] of this.#bans) {
      if (ban.id !== id) continue;
      this.#drop(key);
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
    if (this.#ranges.size > 0) for (const range of this.#rangesAround(address)) look('address', range);
    look('user', user);
    look('name', name);
    return found;
  }

  async saved(): Promise<void> {}

  #rangesAround(text: string): string[] {
    const address = parseAddressRange(text);
    if (address === undefined) return [];
    return Array.from(this.#ranges.values(), ({ family, bits }) => rangeAround(address, family, bits)?.text ?? '');
  }

  #drop(key: string): void {
    const ban = this.#bans.get(key);
    if (ban === undefined) return;
    this.#bans.delete(key);
    this.#count(ban, -1);
  }

  #count({ subject: { by, value } }: Ban, change: 1 | -1): void {
    const range = by === 'address' && value.includes('/') ? parseAddressRange(value) : undefined;
    if (range === undefined) return;
    const { family, bits } = range;
    const counted = this.#ranges.get(`${family} ${bits}`) ?? { family, bits, count: 0 };
    counted.count += change;
    if (counted.count > 0) this.#ranges.set(`${family} ${bits}`, counted);
    else this.#ranges.delete(`${family} ${bits}`);
  }

  #sweep(now: number): void {
    for (const [key, ban] of this.#bans) if (lasts(ban) <= now) this.#drop(key);
  }
}

function lasts({ expiresAt = Number.POSITIVE_INFINITY }: Ban): number {
  return expiresAt;
}

function keyOf(kind: Ban['kind'], { by, value }: BanSubject): string {
  return `${kind} ${by} ${by === 'name' ? nameKey(foldLookAlikes(value)) : by === 'address' ? addressKey(value) : value}`;
}

/** What a trusted proxy names as an address need not be one. */
function addressKey(value: string): string {
  return parseAddressRange(value)?.text ?? value.toLowerCase();
}
