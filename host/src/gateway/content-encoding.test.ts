import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEncoding, type Encoding } from './content-encoding.js';

const BOTH = ['br', 'gzip'] as const;

describe('the choice of an encoding', () => {
  it.each<[string | undefined, readonly Encoding[], Encoding | undefined]>([
    [undefined, BOTH, undefined],
    ['', BOTH, undefined],
    ['gzip, deflate, br, zstd', BOTH, 'br'],
    ['gzip, deflate', BOTH, 'gzip'],
    ['x-gzip', BOTH, 'gzip'],
    ['BR', BOTH, 'br'],
    ['br', ['gzip'], undefined],
    ['br, gzip', [], undefined],
    ['br;q=0.5, gzip', BOTH, 'gzip'],
    ['br;q=0, gzip;q=0.001', BOTH, 'gzip'],
    ['br ; q = 0', BOTH, undefined],
    ['*', BOTH, 'br'],
    ['br;q=0, *', BOTH, 'gzip'],
    ['*;q=0', BOTH, undefined],
    ['gzip;q=1.0;level=9', BOTH, 'gzip'],
    ['identity', BOTH, undefined],
    ['identity, br;q=0.9', BOTH, undefined],
    ['identity;q=0.5, br', BOTH, 'br'],
    ['identity, br', BOTH, 'br'],
    ['brotli, gzip2', BOTH, undefined],
    ['br;q=nonsense', BOTH, undefined],
  ])('of %j, of %j: %j', (accepted, available, chosen) => {
    expect(chooseEncoding(accepted, available)).toBe(chosen);
  });

  it('takes any header, and never what it rules out', () => {
    const coding = fc.record({ name: fc.constantFrom('br', 'gzip', 'identity', 'deflate'), q: fc.integer({ min: 0, max: 1000 }) });
    fc.assert(
      fc.property(fc.uniqueArray(coding, { selector: ({ name }) => name }), fc.subarray([...BOTH]), (codings, available) => {
        const weights = new Map<string, number>(codings.map(({ name, q }) => [name, q]));
        const chosen = chooseEncoding(codings.map(({ name, q }) => `${name};q=${q / 1000}`).join(', '), available);
        if (chosen === undefined) return;
        expect(available).toContain(chosen);
        expect(weights.get(chosen)).toBeGreaterThan(0);
        for (const other of [...available, 'identity']) expect(weights.get(chosen)).toBeGreaterThanOrEqual(weights.get(other) ?? 0);
      }),
    );
    fc.assert(fc.property(fc.string(), (accepted) => [undefined, ...BOTH].includes(chooseEncoding(accepted, BOTH))));
  });
});
