import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from './printable.js';

describe('printable', () => {
  it.each([
    ['\x1b[31mred\x1b[0m', '\\u001b[31mred\\u001b[0m'],
    ['\x9b31m', '\\u009b31m'],
    ['title \x1b]0;owned\x07', 'title \\u001b]0;owned\\u0007'],
    ['a\rb\x08\x7f', 'a\\u000db\\u0008\\u007f'],
    ['\u202etxt.exe\u2066', '\\u202etxt.exe\\u2066'],
    ['a\u2028b', 'a\\u2028b'],
    ['two\n\tlines, ü 看 😀', 'two\n\tlines, ü 看 😀'],
  ])('shows %j as %j', (text, shown) => expect(printable(text)).toBe(shown));

  it('leaves JSON what it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(printable(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
  });
});
