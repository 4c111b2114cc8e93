import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Uri } from './uri.js';

describe('a URI', () => {
  const segment = fc.constantFrom('a', 'b', '.', '..', 'c.json', '');
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => segments.join('/'));
  const reference = fc.tuple(fc.constantFrom('', '/', './', '../', '?q=1'), path, fc.constantFrom('', '#', '#/$defs/x', '#anchor'));

  it('resolves references as the platform does', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('https://example.com', 'https://example.com/a/b.json', 'https://example.com/a/b/?x#y'),
        reference,
        (base, parts) => {
          const text = parts.join('');
          // Empty segments are kept by both, but `//` in front is an authority.
          fc.pre(!/^\/\//.test(text) && !text.startsWith('?'));
          const expected = new URL(text, new URL(base).href);
          const actual = new Uri(text, new URL(base).href);
          expect(actual.hash).toBe(expected.hash);
          expect(actual.href.replace(/#$/, '')).toBe(expected.href.replace(/#$/, ''));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes the fragment that it is given', () => {
    const uri = new Uri('https://example.com/a#b');
    uri.hash = '/c';
    expect(uri.href).toBe('https://example.com/a#/c');
    uri.hash = '';
    expect(uri.href).toBe('https://example.com/a');
    expect(new Uri('urn:a:b').href).toBe('urn:a:b');
    expect(() => new Uri('a/b')).toThrow('Invalid URL');
  });
});
