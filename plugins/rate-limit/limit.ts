/** At most `max` frames in any `windowMs` milliseconds. */
export interface WindowLimit {
  readonly kind: 'window';
  readonly max: number;
  readonly windowMs: number;
}

/** A bucket of `capacity` tokens, full at first; a frame takes one, and `refill` come back evenly in `intervalMs` milliseconds. */
export interface BucketLimit {
  readonly kind: 'bucket';
  readonly capacity: number;
  readonly refill: number;
  readonly intervalMs: number;
}

export type Limit = WindowLimit | BucketLimit;

/** What a limit makes of one more frame. `stored` is what to remember, for `ttl` milliseconds; `retryMs`: when one would be let through. */
export type Ruling =
  | { readonly kind: 'allowed'; readonly stored: Stored; readonly ttl: number }
  | { readonly kind: 'exceeded'; readonly retryMs: number };

/** Of a window the times of the frames in it, oldest first; of a bucket the moment when it is full again, times `refill`. */
export type Stored = number | readonly number[];

/** What a limit says of a frame at `now`; nothing is changed. `stored` of another shape, or of a configuration before this one, counts as far as it fits. */
export function rule(limit: Limit, stored: unknown, now: number): Ruling {
  return limit.kind === 'window' ? ruleWindow(limit, stored, now) : ruleBucket(limit, stored, now);
}

function ruleWindow({ max, windowMs }: WindowLimit, stored: unknown, now: number): Ruling {
  const times = Array.isArray(stored) ? stored.filter((time): time is number => typeof time === 'number' && now - time < windowMs) : [];
  const blocking = times.at(-max);
  if (blocking !== undefined) return { kind: 'exceeded', retryMs: blocking + windowMs - now };
  times.push(now);
  return { kind: 'allowed', stored: times, ttl: windowMs };
}

/**
 * The bucket as one number: the moment when it will be full (the generic cell rate algorithm). Kept as milliseconds times `refill`, so
 * that all of it is whole numbers and nothing is ever rounded.
 */
function ruleBucket({ capacity, refill, intervalMs }: BucketLimit, stored: unknown, now: number): Ruling {
  const present = now * refill;
  const full = Math.max(typeof stored === 'number' ? stored : present, present);
  const missing = full - present;
  const tooMuch = missing + intervalMs - capacity * intervalMs;
  if (tooMuch > 0) return { kind: 'exceeded', retryMs: Math.ceil(tooMuch / refill) };
  return { kind: 'allowed', stored: full + intervalMs, ttl: Math.ceil((missing + intervalMs) / refill) };
}
