import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInShare } from './share.js';

const percents = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);

describe('a share of the connections', () => {
  it('is the same at every look, and only grows with its percentage', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), percents, percents, (key, salt, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(isInShare(key, salt, less)).toBe(isInShare(key, salt, less));
        if (isInShare(key, salt, less)) expect(isInShare(key, salt, more)).toBe(true);
        expect(isInShare(key, salt, 0)).toBe(false);
        expect(isInShare(key, salt, 100)).toBe(true);
      }),
      { verbose: true },
    );
  });

  it('has as many keys in it as it says, whatever they look like, and others with another salt', () => {
    const COUNT = 20_000;
    for (const name of [(index: number) => `user ${index}`, (index: number) => String(index), (index: number) => `${index}`.repeat(9)]) {
      for (const percent of [1, 10, 50]) {
        const chosen = Array.from({ length: COUNT }, (_, index) => isInShare(name(index), 'a', percent));
        const others = Array.from({ length: COUNT }, (_, index) => isInShare(name(index), 'b', percent));
        const expected = (COUNT * percent) / 100;
        // Five standard deviations of as many coin tosses; the keys are fixed, so that it holds always or never.
        const tolerance = 5 * Math.sqrt(expected * (1 - percent / 100));
        expect(Math.abs(chosen.filter(Boolean).length - expected)).toBeLessThan(tolerance);
        const both = chosen.filter((mine, index) => mine && others[index]).length;
        expect(Math.abs(both - (expected * percent) / 100)).toBeLessThan(5 * Math.sqrt(expected * (percent / 100)) + 1);
      }
    }
  });
});
