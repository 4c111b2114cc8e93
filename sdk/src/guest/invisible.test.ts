import { describe, expect, it } from 'vitest';
import { BLANKS, stripInvisible } from './invisible.js';

describe('stripInvisible', () => {
  it.each([
    ['control characters', '\0\u0001\u001f\u007f\u0080\u009f'],
    ['zero-width characters and marks of direction', '\u200b\u200c\u200d\u2060\ufeff\u200e\u202e\u2066'],
    ['soft hyphens and joiners', '\u00ad\u034f\u061c\u180e'],
    ['variation selectors', '\ufe00\ufe0f\u{e0100}\u180b'],
    ['tags', '\u{e0001}\u{e0041}\u{e007f}'],
    ['fillers and the empty Braille cell', BLANKS],
    ['invisible operators and annotations', '\u2061\u2064\ufff9\ufffb'],
  ])('removes %s', (_, hidden) => {
    for (const char of hidden) expect(stripInvisible(`a${char}b`), char.codePointAt(0)?.toString(16)).toBe('ab');
  });

  it('leaves white space, letters, marks and emoji', () => {
    const text = 'a\t\n\v\f\r\u0085\u00a0\u2028\u3000 é e\u0301 字 👍🏽 🇩🇪';
    expect(stripInvisible(text)).toBe(text);
  });
});
