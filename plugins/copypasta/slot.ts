/** What the table remembers of one message. */
export interface Slot {
  readonly key: string;
  /** When it was written lately, in milliseconds; oldest first. */
  readonly times: readonly number[];
  /** In prison until then; 0: it is free. */
  readonly releasedAt: number;
}

export interface Rule {
  readonly maxOccurrences: number;
  readonly intervalMs: number;
  readonly prisonMs: number;
}

/** `slot`: to be stored for `ttl` ms; undefined: nothing changes. */
export interface Ruling {
  readonly caught: boolean;
  readonly slot?: Slot;
  readonly ttl: number;
}

/**
 * Rules on a message that lands on a slot of the table. The occurrence that makes it `maxOccurrences` inside `intervalMs` is caught
 * and imprisons the message for `prisonMs`; what is written meanwhile is caught and prolongs nothing. Another message's slot is
 * taken over unless that one is in prison.
 */
export function rule(slot: Slot | undefined, key: string, now: number, { maxOccurrences, intervalMs, prisonMs }: Rule): Ruling {
  const own = slot?.key === key ? slot : undefined;
  if (slot !== undefined && slot.releasedAt > now) return { caught: own !== undefined, ttl: 0 };
  // A message that leaves prison has served for what it was caught for.
  const times = (own === undefined || own.releasedAt > 0 ? [] : own.times).filter((time) => now - time < intervalMs);
  if (times.length + 1 >= maxOccurrences) return { caught: true, slot: { key, times: [], releasedAt: now + prisonMs }, ttl: prisonMs };
  return { caught: false, slot: { key, times: [...times, now], releasedAt: 0 }, ttl: intervalMs };
}

/** As it is stored. */
export type StoredSlot = [key: string, releasedAt: number, ...times: number[]];

export function encodeSlot(slot: Slot): StoredSlot {
  return [slot.key, slot.releasedAt, ...slot.times];
}

/** Undefined for what is not a slot: an earlier version of the plugin may have stored something else under the key. */
export function decodeSlot(stored: unknown): Slot | undefined {
  if (!Array.isArray(stored)) return undefined;
  const key: unknown = stored[0];
  const releasedAt: unknown = stored[1];
  if (typeof key !== 'string' || typeof releasedAt !== 'number') return undefined;
  return { key, releasedAt, times: stored.slice(2).filter((time) => typeof time === 'number') };
}
