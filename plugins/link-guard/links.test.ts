import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLinks } from './links.js';

const hosts = (text: string, bare: 'known' | 'any' | 'ignore' = 'known') => findLinks(text, bare, 100).flatMap((link) => link.hosts);

describe('findLinks', () => {
  it.each([
    ['see https://evil.com/a?b#c', ['evil.com']],
    ['HTTPS://EVIL.COM.', ['evil.com']],
    ['evil.com', ['evil.com']],
    ['(evil.com)', ['evil.com']],
    ['<a href="https://evil.com">', ['evil.com']],
    ['[good.com](https://evil.com)', ['evil.com', 'good.com']],
    ['[https://good.com](https://evil.com)', ['good.com', 'evil.com']],
    ['www.anything.goes', ['www.anything.goes']],
    ['hxxps://evil[.]com', ['evil.com']],
    ['h**p://evil(dot)com', ['evil.com']],
    ['https[:]//evil{.}com', ['evil.com']],
    ['http:evil.com', ['evil.com']],
    ['http:\\\\evil.com', ['evil.com']],
    ['http:///evil.com', ['evil.com']],
    ['//evil.com', ['evil.com']],
    ['ev\u200bil.com', ['evil.com']],
    ['ev\ufeffil.com', ['evil.com']],
    ['ｅｖｉｌ．ｃｏｍ', ['evil.com']],
    ['evil。com', ['evil.com']],
    ['evil.com:8080/x', ['evil.com']],
    ['http://%65vil.com', ['evil.com', '65vil.com']],
    ['看evil.com吧', ['xn--evil-k47j.xn--com-s63e', 'evil.com']],
    ['http://0x7f.1/', ['127.0.0.1']],
    ['http://017700000001', ['127.0.0.1']],
    ['http://2130706433/', ['127.0.0.1']],
    ['http://[::ffff:127.0.0.1]/', ['[::ffff:7f00:1]', '127.0.0.1']],
    ['10.0.0.1/admin', ['10.0.0.1']],
    ['https://good.com/?to=https://evil.com', ['good.com', 'evil.com']],
    ['https://bücher.de', ['xn--bcher-kva.de']],
    ['bücher.de', ['xn--bcher-kva.de']],
    ['www.bücher.de', ['www.xn--bcher-kva.de']],
    ['https://bu\u0308cher.de/ä', ['xn--bcher-kva.de']],
    ['яндекс.com', ['xn--d1acpjx3f.com']],
    ['https://看evil.com', ['xn--evil-k47j.com', 'evil.com']],
    ['https://evil.comé', ['evil.xn--com-dma', 'evil.com']],
    ['×evil.com', ['xn--evil-pma.com', 'evil.com']],
  ])('finds %s', (text, expected) => {
    expect(hosts(text)).toEqual(expected);
  });

  it.each([
    'hello',
    'e.g. this',
    'node.js',
    'v1.2.3',
    '127.0.0.1',
    '3.14',
    'wait...what',
    'ann@example.com',
    'john.me@example.com',
    'http://',
    'https://...',
    'a:b',
    'x.',
    '.y',
  ])('takes %s for no link', (text) => {
    expect(hosts(text)).toEqual([]);
  });

  it('sees who stands in front of the host', () => {
    for (const text of [
      'https://good.com@evil.com',
      'https://good.com:x@y@evil.com/',
      'https://good.com%2f@evil.com',
      'good.com@evil.com/x',
    ])
      expect(findLinks(text, 'known', 10)).toMatchObject([{ hosts: ['evil.com'], hasUserinfo: true }]);
    expect(findLinks('https://good.com\\@evil.com', 'known', 10)).toMatchObject([{ hosts: ['good.com', 'evil.com'], hasUserinfo: true }]);
    expect(findLinks('https://good.com/@ann', 'known', 10)).toMatchObject([{ hosts: ['good.com'], hasUserinfo: false }]);
  });

  it('counts links without a scheme as it is told to', () => {
    expect([hosts('made.up', 'known'), hosts('made.up', 'any'), hosts('evil.com', 'ignore'), hosts('http://made.up', 'ignore')]).toEqual([
      [],
      ['made.up'],
      [],
      ['made.up'],
    ]);
  });

  it('names the places of links, and gives up above the most', () => {
    const text = 'a https://evil.com/x, b evil.org! c ｅvil.net';
    expect(findLinks(text, 'known', 9).map(({ start, end }) => text.slice(start, end))).toEqual([
      'https://evil.com/x,',
      'evil.org!',
      'ｅvil.net',
    ]);
    expect(findLinks('a.com '.repeat(1000), 'known', 3)).toHaveLength(4);
    expect(findLinks('http:a/'.repeat(1000), 'known', 3)).toHaveLength(4);
  });

  it('gets through whatever text there is', () => {
    const part = fc.constantFrom('http:', '//', '\\', '@', '.', 'com', '[', ']', ':', 'é', '\u200b', '。', ' ', 'xn--', '%', '[dot]', '1');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        for (const { start, end, hosts } of findLinks(text, 'any', 5)) {
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(hosts).not.toHaveLength(0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
