import { describe, expect, it } from 'vitest';
import { TimeLimitError, withinTime } from './time-limit.js';

describe('withinTime', () => {
  it.each<[string, () => unknown]>([
    ['a loop', () => Array.from({ length: 4_000_000_000 }, (_, index) => index)],
    ['a pattern', () => /^(a+)+$/.test(`${'a'.repeat(60)}!`)],
    [
      'a loop that catches what is thrown',
      () => {
        for (;;) {
          try {
            for (;;);
          } catch {
            // tried again
          }
        }
      },
    ],
  ])('stops %s', (_what, run) => {
    expect(() => withinTime(20, run)).toThrow(new TimeLimitError('takes more than 20 ms'));
  });

  it('gives what comes out, and throws what is thrown', () => {
    const value = {};
    expect(withinTime(1_000, () => value)).toBe(value);
    const mistake = new RangeError('no');
    expect(() =>
      withinTime(1_000, () => {
        throw mistake;
      }),
    ).toThrow(mistake);
  });
});
