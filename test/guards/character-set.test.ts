import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CharacterSet } from '../../host/src/engine/guard/character-set.js';

it('rules out printable ASCII in which none of the characters stands, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), fc.string({ maxLength: 4 }), fc.nat(3), (text, characters, start) => {
      const payload = new TextEncoder().encode(`${'.'.repeat(start)}${text}.`);
      const expected = [...text].some(
        (char) => !/[ -~]/.test(char) || characters.includes(char) || (char === '\\' && [...characters].some((one) => one < ' ')),
      );
      expect(new CharacterSet(characters).mayOccurIn(payload, start, payload.length - 1)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
  for (const text of ['é', '。', '\u0085']) {
    const payload = new TextEncoder().encode(text);
    expect(new CharacterSet('.').mayOccurIn(payload, 0, payload.length), text).toBe(true);
  }
});
