import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { URL as GuestUrl } from './url.js';
import { URLSearchParams as GuestParams } from './url-search-params.js';

/** The reference implementation: Node 20's own differs from the standard in a dozen corners. It has no type declarations. */
const { URL, URLSearchParams } = createRequire(import.meta.url)('whatwg-url') as Pick<typeof globalThis, 'URL' | 'URLSearchParams'>;

const MEMBERS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;
const SETTABLE = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;

type AnyUrl = { -readonly [Member in (typeof MEMBERS)[number]]: string };

/** All members of a URL; what it throws has a name only. */
function read(make: () => AnyUrl): unknown {
  try {
    const url = make();
    return Object.fromEntries(MEMBERS.map((member) => [member, url[member]]));
  } catch (error) {
    return (error as Error).name;
  }
}

const piece = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...'abzAZ019:/\\?#@[]!$&()*+,;=-._~ "<>`{}|^%\'\t\n', '%41', '%2e', '%zz', '..', '.', '//', 'é', '€'),
  },
  { weight: 2, arbitrary: fc.constantFrom('http:', 'https://', 'ws://', 'wss:', 'file:///', 'mailto:', 'a+b:', 'C:', 'c|', 'localhost') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('example.com', '127.0.0.1', '0x7f.1', '[::1]', '[1:2::8]', ':80', ':8080', '1e5', '256', '[::1.2.3.4]'),
  },
);
const address = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const absolute = fc
  .tuple(fc.constantFrom('http://', 'https:', 'ws:/', 'file://', 'mailto:', 'data:', 'x://', 'x:/'), address)
  .map((parts) => parts.join(''));

describe('URL inside a plugin', () => {
  it("reads any address as the standard's reference implementation does", () => {
    fc.assert(
      fc.property(fc.oneof(address, absolute), (input) => {
        expect(read(() => new GuestUrl(input) as AnyUrl)).toEqual(read(() => new URL(input)));
      }),
      { numRuns: 3000 },
    );
  });

  it("resolves any reference as the standard's reference implementation does", () => {
    fc.assert(
      fc.property(address, absolute, (input, base) => {
        expect(read(() => new GuestUrl(input, base) as AnyUrl)).toEqual(read(() => new URL(input, base)));
      }),
      { numRuns: 3000 },
    );
  });

  it("takes any new member as the standard's reference implementation does", () => {
    const start = fc.constantFrom('http://u:p@example.com:81/a/b?c=d#e', 'wss://h/', 'file:///C:/x', 'mailto:me@h', 'x://h:1/p', 'x:/p');
    fc.assert(
      fc.property(start, fc.constantFrom(...SETTABLE), address, (input, member, value) => {
        const change = (url: AnyUrl): AnyUrl => {
          url[member] = value;
          return url;
        };
        expect(read(() => change(new GuestUrl(input) as AnyUrl))).toEqual(read(() => change(new URL(input))));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    'http://MÜNCHEN.de/',
    'https://例え.テスト/x',
    'http://faß.de',
    'http://ｅｘａｍｐｌｅ。com',
    'http://a\u00adb.de',
    'http://😀.la',
    'http://βόλος.com',
  ])('writes a domain in Punycode: %s', (input) => {
    expect(new GuestUrl(input).href).toBe(new URL(input).href);
  });

  it('says which address is none', () => {
    expect(() => new GuestUrl('no address')).toThrow('Invalid URL: "no address"');
    expect(() => new GuestUrl('x', 'y')).toThrow('Invalid URL: "x" against "y"');
    expect([GuestUrl.canParse('x'), GuestUrl.parse('x'), GuestUrl.canParse('x', 'http://h')]).toEqual([false, null, true]);
  });

  it('keeps its parameters and its query in step', () => {
    const url = new GuestUrl('http://h/?a=1&b=2');
    const params = url.searchParams;
    params.append('c', 'x y');
    params.delete('a');
    expect(url.search).toBe('?b=2&c=x+y');
    url.search = '?z=9';
    expect([...params]).toEqual([['z', '9']]);
    url.href = 'http://h/?q';
    expect(params.get('q')).toBe('');
    params.delete('q');
    expect(JSON.stringify({ url })).toBe('{"url":"http://h/"}');
  });
});

describe('URLSearchParams inside a plugin', () => {
  const query = fc
    .array(fc.constantFrom(...'ab&=+%#? é', '%41', '%C3%A9', '%e2%82', '%ff', '😀', '\ud800'), { maxLength: 12 })
    .map((parts) => parts.join(''));

  it("reads and writes any query as the standard's reference implementation does", () => {
    fc.assert(
      fc.property(query, (input) => {
        const [mine, node] = [new GuestParams(input), new URLSearchParams(input)];
        expect([[...mine], mine.toString(), mine.size]).toEqual([[...node], node.toString(), node.size]);
        mine.sort();
        node.sort();
        expect([...mine]).toEqual([...node]);
      }),
    );
  });

  it('sets, counts and walks', () => {
    for (const params of [new GuestParams('a=1&b=2&a=3'), new URLSearchParams('a=1&b=2&a=3')]) {
      params.set('a', '9');
      params.set('new', '%');
      const seen: string[] = [];
      params.forEach((value, name) => {
        seen.push(`${name}=${value}`);
      });
      expect([seen, params.has('a', '9'), params.has('a', '1'), params.getAll('b'), [...params.keys()], [...params.values()]]).toEqual([
        ['a=9', 'b=2', 'new=%'],
        true,
        false,
        ['2'],
        ['a', 'b', 'new'],
        ['9', '2', '%'],
      ]);
    }
    expect(new GuestParams([['a', 'b']]).toString()).toBe('a=b');
    expect(new GuestParams({ a: 'ü' }).toString()).toBe('a=%C3%BC');
    expect(() => new GuestParams([['a']])).toThrow('a pair [name, value]');
  });
});
