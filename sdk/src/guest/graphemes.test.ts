import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countGraphemes, graphemes } from './graphemes.js';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const pieces = [
  'a',
  'Z',
  '7',
  ' ',
  '\n',
  '\r\n',
  'é',
  'e\u0301',
  'ñ\u0303\u0320',
  '👍',
  '👍🏽',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  '🇩🇪',
  '🇫🇷',
  '❤️',
  '1️⃣',
  '한',
  '각',
  '\u1100\u1161\u11a8',
  'か\u3099',
  'ß',
  '字',
  'я',
  '\u0000',
  '🏴\u{e0067}\u{e0062}\u{e007f}',
  '𝔞',
  '™',
  '\ud800',
];

describe('graphemes', () => {
  it.each(pieces)('counts %j as one', (piece) => {
    expect(graphemes(piece)).toEqual([piece]);
    expect(countGraphemes(piece)).toBe(1);
  });

  it('agrees with Intl.Segmenter on mixed text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((list) => list.join('')),
        (text) => {
          const expected = [...segmenter.segment(text)].map((part) => part.segment);
          expect(graphemes(text)).toEqual(expected);
          expect(countGraphemes(text)).toBe(expected.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('loses nothing of any string', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => graphemes(text).join('') === text));
  });

  it('counts a flood of marks as more than one', () => {
    expect(countGraphemes(`a${'\u0336'.repeat(320)}`)).toBe(11);
  });

  it('stops above the limit', () => {
    expect(countGraphemes('字'.repeat(1_000_000), 140)).toBe(141);
  });
});
