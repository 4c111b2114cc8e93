import { describe, expect, it } from 'vitest';
import { translateIRegexp } from './i-regexp.js';
import { compilePath } from './path.js';

describe('an I-Regexp', () => {
  it.each(['', 'a', 'a|b|', '()', '(a|b)*c{2,}', '[^-a-z-]', '[\\-\\]]{1,3}', '\\p{Lu}\\P{N}', '[\\p{L}_]+', '\\.\\n\\{', '\u{1f600}?'])(
    'of the syntax is taken: %s',
    (pattern) => expect(new RegExp(translateIRegexp(pattern) as string, 'u')).toBeInstanceOf(RegExp),
  );

  it.each([
    '(',
    ')',
    '*',
    'a**',
    'a*?',
    '\\d',
    '\\w',
    '(?:a)',
    '(?=a)',
    '[',
    ']',
    '[]',
    'a{,2}',
    '\\p{Greek}',
    '\\p{Script=Greek}',
    '{1}',
    '\\1',
    '[a-\\p{L}]',
  ])('of any other is none: %s', (pattern) => expect(translateIRegexp(pattern)).toBeUndefined());

  it('takes `.` for anything but the end of a line, whole code points, and `-` for itself', () => {
    const found = (pattern: string, texts: string[]) => compilePath(`$[?match(@, ${JSON.stringify(pattern)})]`)(texts);
    expect(found('a.b', ['axb', 'a\nb', 'a\rb', 'a\u2028b', 'a\u{1f600}b', 'ab'])).toEqual(['axb', 'a\u2028b', 'a\u{1f600}b']);
    expect(found('a\\-b', ['a-b', 'a\\-b'])).toEqual(['a-b']);
    expect(found('[z-a]', ['a'])).toEqual([]);
  });
});
