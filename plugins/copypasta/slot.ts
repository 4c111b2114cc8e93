import type { Fingerprint } from './fingerprint.js';

/** What the table remembers of one message. */
export interface Slot {
  readonly key: Fingerprint;
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
export function rule(slot: Slot | undefined, key: Fingerprint, now: number, { maxOccurrences, intervalMs, prisonMs }: Rule): Ruling {
  const own = slot?.key.low === key.low && slot.key.high === key.high ? slot : undefined;
  if (slot !== undefined && slot.releasedAt > now) return { caught: own !== undefined, ttl: 0 };
  // A message that leaves prison has served for what it was caught for.
  const times = (own === undefined || own.releasedAt > 0 ? [] : own.times).filter((time) => now - time < intervalMs);
  if (times.length + 1 >= maxOccurrences) return { caught: true, slot: { key, times: [], releasedAt: now + prisonMs }, ttl: prisonMs };
  return { caught: false, slot: { key, times: [...times, now], releasedAt: 0 }, ttl: intervalMs };
}

const TIME_BYTES = 8;
/** The message's fingerprint: two words. */
const KEY_BYTES = 8;
/** A message that was written once, as the host itself enters it (`firstSight` in docs/abi.md). */
const ONCE_BYTES = KEY_BYTES + TIME_BYTES;

/** As it is stored: the fingerprint and the time when it was written, or, so that it is longer, the fingerprint, 0, its release and the times. */
export function encodeSlot({ key, times, releasedAt }: Slot): Uint8Array {
  const numbers = times.length === 1 && releasedAt === 0 ? times : [0, releasedAt, ...times];
  const bytes = new Uint8Array(KEY_BYTES + numbers.length * TIME_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, key.low, true);
  view.setUint32(4, key.high, true);
  for (const [index, number] of numbers.entries()) view.setFloat64(KEY_BYTES + index * TIME_BYTES, number, true);
  return bytes;
}

/** Undefined for what is not a slot: an earlier version of the plugin may have stored something else under the key. */
export function decodeSlot(stored: Uint8Array | undefined): Slot | undefined {
  if (stored === undefined || stored.length < ONCE_BYTES || stored.length % TIME_BYTES !== 0) return undefined;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const key = { low: view.getUint32(0, true), high: view.getUint32(4, true) };
  const numbers: number[] = [];
  for (let at = KEY_BYTES; at < stored.length; at += TIME_BYTES) numbers.push(view.getFloat64(at, true));
  return stored.length === ONCE_BYTES
    ? { key, times: numbers, releasedAt: 0 }
    : { key, times: numbers.slice(2), releasedAt: numbers[1] as number };
}
