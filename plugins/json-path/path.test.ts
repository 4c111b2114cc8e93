import fc from 'fast-check';
import { JSONPathEnvironment, type JSONPathQuery } from 'json-p3';
import { describe, expect, it } from 'vitest';
import { compilePath } from './path.js';

const library = new JSONPathEnvironment();
// The library matches the text of null and of numbers, where the RFC wants a text or nothing.
for (const name of ['match', 'search']) {
  const called = library.functionRegister.get(name);
  const run = called?.call.bind(called);
  if (called !== undefined) called.call = (text: unknown, pattern: unknown) => typeof text === 'string' && run?.(text, pattern);
}
const NAMES = ['a', 'b', '0', 'constructor', '__proto__', "it's", '', '\u{1f600}'];
const name = fc.constantFrom(...NAMES);
const int = fc.integer({ min: -3, max: 3 }).map(String);
const maybeInt = fc.option(int, { nil: '' });
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, 1, -1.5, 'text', 'a', ''),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => JSON.parse(toJson(members))),
  ),
})).value;

function toJson(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** Whole queries, as RFC 9535 writes them, with all that a filter may hold. */
const query = fc.letrec<Record<'singular' | 'selector' | 'segments' | 'value' | 'basic' | 'truth', string>>((tie) => ({
  singular: fc
    .array(
      fc.oneof(
        name.map((text) => `[${JSON.stringify(text)}]`),
        int.map((index) => `[${index}]`),
      ),
      { maxLength: 3 },
    )
    .map((steps) => steps.join('')),
  selector: fc.oneof(
    { maxDepth: 3 },
    name.map((text) => JSON.stringify(text)),
    name.map((text) => `'${text.replace(/'/g, "\\'")}'`),
    int,
    fc.constant('*'),
    fc
      .tuple(maybeInt, maybeInt, fc.option(int, { nil: undefined }))
      .map(([from, to, step]) => `${from} :${to}${step === undefined ? '' : `: ${step}`}`),
    tie('truth').map((test) => `?${test}`),
  ),
  segments: fc
    .array(
      fc.oneof(
        fc.constantFrom('.a', '..b', '.*', '..*'),
        tie('selector').map((one) => `[${one}]`),
        fc.tuple(tie('selector'), tie('selector')).map(([one, other]) => `[ ${one} , ${other} ]`),
      ),
      { maxLength: 3 },
    )
    .map((segments) => segments.join('')),
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('1', '-1.5', '0e1', '"a"', "'text'", 'true', 'null', '""'),
    tie('singular').map((steps) => `@${steps}`),
    tie('singular').map((steps) => `$${steps}`),
    tie('segments').map((segments) => `count(@${segments})`),
    tie('segments').map((segments) => `value($${segments})`),
    tie('value').map((value) => `length(${value})`),
  ),
  basic: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(tie('value'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('value')).map((parts) => parts.join(' ')),
    fc.tuple(fc.constantFrom('', '!'), fc.constantFrom('@', '$'), tie('segments')).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('match', 'search'), tie('value'), fc.constantFrom('"a|t.*"', "'[^b]+'", '"("', '"\\\\p{L}{1,4}"'))
      .map(([called, text, pattern]) => `${called}(${text}, ${pattern})`),
    tie('truth').map((test) => `!( ${test} )`),
  ),
  truth: fc
    .array(
      fc.array(tie('basic'), { minLength: 1, maxLength: 2 }).map((tests) => tests.join(' && ')),
      { minLength: 1, maxLength: 2 },
    )
    .map((alternatives) => alternatives.join('||')),
})).segments;

const sorted = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

/** Undefined for what the library cannot read: a slice behind a filter inside a function's argument. */
function compileByLibrary(path: string): JSONPathQuery | undefined {
  try {
    return library.compile(path);
  } catch {
    return undefined;
  }
}

describe('a path', () => {
  it('of names and indexes finds what the library finds', () => {
    const step = fc.oneof(
      name.map((text) => `[${JSON.stringify(text)}]`),
      int.map((index) => `[${index}]`),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), document, (steps, value) => {
        const path = `$${steps.join('')}`;
        const found = library.match(path, value as never);
        expect(compilePath(path)(value as never)).toEqual(found?.value);
      }),
      { numRuns: 2000 },
    );
  });

  it('of any kind finds what the library finds', () => {
    fc.assert(
      fc.property(query, document, (segments, value) => {
        const path = `$${segments}`;
        const ours = compilePath(path)(value as never);
        const theirs = compileByLibrary(path);
        fc.pre(theirs !== undefined);
        if (theirs.singularQuery()) expect(ours).toEqual(theirs.match(value as never)?.value);
        else expect(sorted(ours as unknown[])).toEqual(sorted(theirs.query(value as never).values()));
      }),
      { numRuns: 3000 },
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

  it.each([
    ['a.b', '"$" was expected at 0, got "a.b"'],
    ['$.a[', 'a name in quotes, an index, a slice, "*" or "?" was expected at 4, got the end'],
    ['$.a ', '".", "[" or the end was expected at 3, got " "'],
    ['$. a', 'a name, "*" or "[" was expected at 2'],
    ['$[01]', '"]" was expected at 3'],
    ['$[-0]', 'was expected at 2'],
    ['$[9007199254740992]', 'within ±(2^53 - 1)'],
    ['$["\\ud800"]', 'the escapes of JSON'],
    ['$["\t"]', 'the escapes of JSON'],
    ["$['\\\"']", 'was expected at 2'],
    ['$[?1]', 'a comparison of the value'],
    ['$[?length(@)]', 'a comparison of what the function gives'],
    ['$[?match(@.a, "x") == true]', 'a value instead of the result of match or search'],
    ['$[?@.* == 1]', 'a path of names and indexes'],
    ['$[?count(1) == 1]', 'a path as the argument'],
    ['$[?length(@, 1) == 1]', 'one argument of length'],
    ['$[?upper(@) == 1]', 'one of the functions length, count, value, match, search instead of upper'],
    ['$[?!@.a == 1]', 'a parenthesis around what is negated'],
    [`$[?${'('.repeat(200)}`, 'less than 100 levels'],
  ])('is refused with the place: %s', (source, message) => {
    expect(() => compilePath(source)).toThrow(SyntaxError);
    expect(() => compilePath(source)).toThrow(message);
  });
});
