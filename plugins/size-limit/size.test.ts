import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countBytes, countCodePoints, exceeds } from './size.js';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string(), fc.constant('\ud800a\udc00'));
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

describe('size', () => {
  it('counts code points and bytes as the platform does', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(countCodePoints(value)).toBe([...value].length);
        expect(countBytes(value)).toBe(new TextEncoder().encode(value).length);
      }),
    );
  });

  it('agrees with the plain count about every limit', () => {
    fc.assert(
      fc.property(text, fc.nat(60), (value, max) => {
        expect(exceeds(value, max, 'characters')).toBe(value.length > max);
        expect(exceeds(value, max, 'codepoints')).toBe([...value].length > max);
        expect(exceeds(value, max, 'bytes')).toBe(new TextEncoder().encode(value).length > max);
      }),
    );
  });

  it('counts graphemes as a reader does', () => {
    const sample = 'Zoë 👩‍👩‍👧‍👦 e\u0301 🇩🇪 한국';
    const count = [...segmenter.segment(sample)].length;
    expect(exceeds(sample, count, 'graphemes')).toBe(false);
    expect(exceeds(sample, count - 1, 'graphemes')).toBe(true);
  });
});
