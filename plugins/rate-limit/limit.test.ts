import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BucketLimit, type Limit, rule, type Stored, type WindowLimit } from './limit.js';

const START = Date.UTC(2026, 0, 1);
const pauses = fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 60 });

/** Which of the frames pass that come after these pauses; expired memory is forgotten as the state store does it. */
function run(limit: Limit, gaps: readonly number[]): { at: number; passed: boolean; retryMs: number }[] {
  let memory: { stored: Stored; until: number } | undefined;
  let at = START;
  return gaps.map((gap) => {
    at += gap;
    if (memory !== undefined && memory.until <= at) memory = undefined;
    const ruling = rule(limit, memory?.stored, at);
    if (ruling.kind === 'allowed') memory = { stored: ruling.stored, until: at + ruling.ttl };
    return { at, passed: ruling.kind === 'allowed', retryMs: ruling.kind === 'exceeded' ? ruling.retryMs : 0 };
  });
}

describe('a limit', () => {
  const window = fc.record({
    kind: fc.constant('window' as const),
    max: fc.integer({ min: 1, max: 6 }),
    windowMs: fc.integer({ min: 1, max: 3000 }),
  });
  const bucket = fc.record({
    kind: fc.constant('bucket' as const),
    capacity: fc.integer({ min: 1, max: 6 }),
    refill: fc.integer({ min: 1, max: 7 }),
    intervalMs: fc.integer({ min: 1, max: 3000 }),
  });

  it('of a window lets a frame pass exactly when fewer than max others did in the window before it', () => {
    fc.assert(
      fc.property(window, pauses, (limit: WindowLimit, gaps) => {
        const passed: number[] = [];
        for (const frame of run(limit, gaps)) {
          const recent = passed.filter((time) => frame.at - time < limit.windowMs).length;
          expect(frame.passed).toBe(recent < limit.max);
          if (frame.passed) passed.push(frame.at);
        }
      }),
    );
  });

  it('of a bucket agrees with tokens that are counted one by one, in fractions', () => {
    fc.assert(
      fc.property(bucket, pauses, ({ kind, capacity, refill, intervalMs }: BucketLimit, gaps) => {
        // Tokens times intervalMs: whole numbers.
        let tokens = capacity * intervalMs;
        let before = START;
        for (const frame of run({ kind, capacity, refill, intervalMs }, gaps)) {
          tokens = Math.min(capacity * intervalMs, tokens + (frame.at - before) * refill);
          before = frame.at;
          expect(frame.passed).toBe(tokens >= intervalMs);
          if (frame.passed) tokens -= intervalMs;
        }
      }),
    );
  });

  it('says when to try again: then a frame passes, and a millisecond earlier none does', () => {
    fc.assert(
      fc.property(fc.oneof(window, bucket), pauses, (limit, gaps) => {
        for (const [index, frame] of run(limit, gaps).entries()) {
          if (frame.passed) continue;
          const until = gaps.slice(0, index + 1);
          expect(run(limit, [...until, frame.retryMs]).at(-1)?.passed).toBe(true);
          expect(run(limit, [...until, frame.retryMs - 1]).at(-1)?.passed).toBe(false);
        }
      }),
    );
  });

  it.each([undefined, null, 'junk', {}, [], ['x'], [{}]])('begins anew with %j in its memory', (stored) => {
    expect(rule({ kind: 'window', max: 1, windowMs: 1000 }, stored, START)).toEqual({ kind: 'allowed', stored: [START], ttl: 1000 });
    expect(rule({ kind: 'bucket', capacity: 1, refill: 2, intervalMs: 1000 }, stored, START)).toEqual({
      kind: 'allowed',
      stored: START * 2 + 1000,
      ttl: 500,
    });
  });
});
