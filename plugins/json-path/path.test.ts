import fc from 'fast-check';
import { JSONPathEnvironment } from 'json-p3';
import { describe, expect, it } from 'vitest';
import { compilePath } from './path.js';

const library = new JSONPathEnvironment();
const NAMES = ['a', 'b', '0', 'constructor', '__proto__', "it's", ''];
const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  name.map((text) => `[${JSON.stringify(text)}]`),
  fc.integer({ min: -3, max: 3 }).map((index) => `[${index}]`),
);
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, 'text'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => JSON.parse(toJson(members))),
  ),
})).value;

function toJson(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

describe('a path', () => {
  it('of names and indexes finds what the library finds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), document, (steps, value) => {
        const path = `$${steps.join('')}`;
        const found = library.match(path, value as never);
        expect(compilePath(path)(value as never)).toEqual(found?.value);
      }),
      { numRuns: 2000 },
    );
  });

  it('that can name several values gives them all, or an empty array', () => {
    const value = { a: [{ b: 1 }, { b: 2, c: [{ b: 3 }] }] };
    expect(compilePath('$.a[*].b')(value)).toEqual([1, 2]);
    expect(compilePath('$..b')(value)).toEqual([1, 2, 3]);
    expect(compilePath('$.a[0,1].b')(value)).toEqual([1, 2]);
    expect(compilePath('$.a[1:].b')(value)).toEqual([2]);
    expect(compilePath('$.a[?@.b == 2].c')(value)).toEqual([[{ b: 3 }]]);
    expect(compilePath('$.x[*]')(value)).toEqual([]);
    expect(compilePath("$.a[?match(@.d, 'x.*')]")(value)).toEqual([]);
  });
});
