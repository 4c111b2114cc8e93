import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linkify } from './linkify.js';

const links = (text: string) => linkify(text).flatMap((part) => (part.kind === 'link' ? [part.text] : []));

it.each([
  ['see https://example.org/a?b=c#d now', ['https://example.org/a?b=c#d']],
  ['(http://example.org/x_(y)).', ['http://example.org/x_(y)']],
  ['both http://a.example, https://b.example!', ['http://a.example', 'https://b.example']],
  ['<a href="https://example.org">', ['https://example.org']],
  ['HTTPS://EXAMPLE.ORG', ['HTTPS://EXAMPLE.ORG']],
])('finds the addresses in %j', (text, expected) => {
  expect(links(text)).toEqual(expected);
});

it.each(['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org', 'xhttps://example.org', 'https://', 'www.example.org'])(
  'leaves %j as text',
  (text) => {
    expect(links(text)).toEqual([]);
  },
);

it('neither loses nor adds a character, and links to http and https only', () => {
  const piece = fc.constantFrom('https://', 'http://a.b', 'javascript:', '(', ')', '.', ' ', '"', '<', 'é', 'x/');
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const parts = linkify(pieces.join(''));
      expect(parts.map(({ text }) => text).join('')).toBe(pieces.join(''));
      for (const part of parts) if (part.kind === 'link') expect(new URL(part.href).protocol).toMatch(/^https?:$/);
    }),
  );
});
