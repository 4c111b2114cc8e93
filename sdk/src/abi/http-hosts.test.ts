import { describe, expect, it } from 'vitest';
import { coversHttpHost, type HttpHost, matchesHttpHost, parseHttpHost } from './http-hosts.js';

function host(text: string): HttpHost {
  const parsed = parseHttpHost(text);
  if (!parsed) throw new Error(`${text} is no pattern`);
  return parsed;
}

function matches(pattern: string, url: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  return matchesHttpHost(host(pattern), scheme, hostname, port === '' ? (scheme === 'https' ? 443 : 80) : Number(port));
}

describe('http hosts', () => {
  it.each([
    ['api.example.com', 'https://api.example.com/x', true],
    ['api.example.com', 'http://api.example.com/x', true],
    ['API.example.com', 'http://api.EXAMPLE.com./x', true],
    ['api.example.com', 'https://api.example.com:8443/', false],
    ['api.example.com', 'http://api.example.com:443/', false],
    ['api.example.com:8443', 'https://api.example.com:8443/', true],
    ['api.example.com:8443', 'https://api.example.com/', false],
    ['api.example.com:443', 'https://api.example.com/', true],
    ['api.example.com:*', 'https://api.example.com:1/', true],
    ['https://api.example.com', 'https://api.example.com/', true],
    ['https://api.example.com', 'http://api.example.com/', false],
    ['*.example.com', 'https://a.b.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://notexample.com/', false],
    ['*', 'https://anything.test/', true],
    ['*', 'https://anything.test:81/', false],
    ['127.0.0.1:8080', 'http://0x7f.1:8080/', true],
    ['[::1]:8080', 'http://[0:0:0:0:0:0:0:1]:8080/', true],
  ])('%s stands for %s: %s', (pattern, url, wanted) => expect(matches(pattern, url)).toBe(wanted));

  it.each(['', 'a b', 'http://', 'a/b', 'a:0', 'a:65536', 'a:b', '*.', 'b.*', 'ftp://a', 'user@a', '.a', 'a.', 'a?b', '[::1'])(
    'refuses %j',
    (text) => expect(parseHttpHost(text)).toBeUndefined(),
  );

  it('covers no more than it stands for', () => {
    const patterns = ['*', '*.a.b', 'x.a.b', 'a.b'].flatMap((name) =>
      ['', ':80', ':443', ':8080', ':*'].flatMap((port) => ['', 'http://', 'https://'].map((scheme) => `${scheme}${name}${port}`)),
    );
    const urls = ['a.b', 'x.a.b', 'y.x.a.b', 'xa.b', 'c'].flatMap((name) =>
      ['', ':80', ':443', ':8080', ':1'].flatMap((port) => ['http', 'https'].map((scheme) => `${scheme}://${name}${port}/`)),
    );
    const wrong = patterns.flatMap((granted) =>
      patterns
        .filter((asked) => coversHttpHost(host(granted), host(asked)))
        .flatMap((asked) => urls.filter((url) => matches(asked, url) && !matches(granted, url)).map((url) => [granted, asked, url])),
    );
    expect(wrong).toEqual([]);
    for (const pattern of patterns) expect(coversHttpHost(host(pattern), host(pattern)), pattern).toBe(true);
  });
});
