export interface Backoff {
  /** Milliseconds before the first retry; doubled for each one after. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 800, maxMs: 30_000 };

/**
 * Milliseconds to wait before retry number `attempt` (from 0): exponential, the upper half of it random,
 * so that the clients of a restarted server do not all come back at once. `random` is in [0, 1).
 */
export function backoffDelay(attempt: number, { baseMs, maxMs }: Backoff, random: number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
