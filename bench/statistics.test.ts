import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, Samples, slope } from './statistics.js';

function samplesOf(values: readonly number[]): Samples {
  const samples = new Samples();
  for (const value of values) samples.record(value);
  return samples;
}

describe('median', () => {
  it('is the middle value of an odd count, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two middle values of an even count', () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  it('sorts numbers as numbers', () => {
    expect(median([100, 9, 20])).toBe(20);
  });

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses to make a figure of nothing', () => {
    expect(() => median([])).toThrow('no values');
  });
});

describe('Samples', () => {
  it('gives the nearest rank', () => {
    const samples = samplesOf(Array.from({ length: 100 }, (_, index) => 100 - index));
    expect([50, 99, 99.5, 100].map((percent) => samples.percentile(percent))).toEqual([50, 99, 100, 100]);
  });

  it('gives the only sample for every percentile', () => {
    expect([0, 50, 99].map((percent) => samplesOf([7]).percentile(percent))).toEqual([7, 7, 7]);
  });

  it('takes samples after a percentile was read', () => {
    const samples = samplesOf([5, 6]);
    samples.percentile(50);
    samples.record(1);
    expect(samples.percentile(0)).toBe(1);
    expect(samples.count).toBe(3);
  });

  it('keeps every sample beyond its first capacity', () => {
    const samples = samplesOf(Array.from({ length: 10_000 }, (_, index) => index));
    expect(samples.count).toBe(10_000);
    expect(samples.percentile(100)).toBe(9_999);
  });

  it('refuses a percentile of nothing', () => {
    expect(() => new Samples().percentile(50)).toThrow('lengthen the measurement');
  });

  it('holds at least the asked share of samples at or below a percentile, and less below it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: 0, max: 1e9 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const found = samplesOf(values).percentile(percent);
          const needed = (percent / 100) * values.length;
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(Math.floor(needed));
          expect(values.filter((value) => value < found).length).toBeLessThan(Math.max(1, Math.ceil(needed)));
        },
      ),
    );
  });
});

describe('slope', () => {
  it('is that of the line through the points, whatever its height', () => {
    expect(slope([1, 2, 3, 4].map((x) => ({ x, y: 1_000 + 2.5 * x })))).toBeCloseTo(2.5);
    expect(slope([0, 1, 2, 3].map((x) => ({ x, y: x % 2 })))).toBeCloseTo(0.2);
  });

  it('refuses points that do not make a line', () => {
    expect(() => slope([{ x: 1, y: 1 }])).toThrow('through 1 points');
    expect(() => slope([])).toThrow('through 0 points');
  });
});
