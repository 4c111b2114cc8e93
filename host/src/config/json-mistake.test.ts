import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonMistake } from './json-mistake.js';

function told(text: string): string | undefined {
  const mistake = findJsonMistake(text);
  return mistake === undefined ? undefined : `${mistake.line}:${mistake.column} ${mistake.message}`;
}

describe('findJsonMistake', () => {
  it.each([
    ['{ "a": 1, }', '1:11 expected a key in double quotes, got "}": JSON has no comma before a closing bracket'],
    ['[1,\n  2,\n]', '3:1 expected a value, got "]": JSON has no comma before a closing bracket'],
    ['{\r\n  // why\r\n}', '2:3 expected a key in double quotes or }, got "//": JSON has no comments'],
    ["{ 'a': 1 }", '1:3 expected a key in double quotes or }, got "\'a\'": JSON has double quotes only'],
    ['{ a: 1 }', '1:3 expected a key in double quotes or }, got "a"'],
    ['{ "a" 1 }', '1:7 expected :, got "1"'],
    ['{ "a": 1 "b": 2 }', '1:10 expected , or }, got the text "b"'],
    ['{ "a": [1 2] }', '1:11 expected , or ], got "2"'],
    ['{ "a": ', '1:8 expected a value, got the end of the file'],
    ['', '1:1 expected a value, got the end of the file'],
    ['{ "a": "b\n" }', '1:10 expected the end of a text, got the end of the line'],
    ['{ "a": "b', '1:10 expected the end of a text, got the end of the file'],
    ['{ "a": "\\x" }', '1:9 expected an escape that JSON has, got "\\\\x"'],
    ['{ "a": "\\u12" }', '1:9 expected an escape that JSON has, got "\\\\u12"'],
    ['{ "a": 01 }', '1:9 expected , or }, got "1"'],
    ['{ "a": +1 }', '1:8 expected a value, got "+1"'],
    ['{ "a": True }', '1:8 expected a value, got "True"'],
    ['{} {}', '1:4 expected the end of the file, got "{"'],
  ])('says where and what in %j', (text, expected) => {
    expect(told(text)).toBe(expected);
  });

  it('shows the line under which it points, and not a long one as a whole', () => {
    expect(findJsonMistake('{\n\t"port": 5000,,\n}')?.frame).toBe('  2 |  "port": 5000,,\n    |               ^');
    const long = findJsonMistake(`{ "a": "${'x'.repeat(500)}", }`)?.frame ?? '';
    expect(long.length).toBeLessThan(200);
    expect(long.split('\n')[0]?.indexOf('}')).toBe(long.split('\n')[1]?.indexOf('^'));
  });

  it('does not show what stands within headers, which may be secret', () => {
    const mistake = findJsonMistake('{ "headers": { "authorization": "Bearer secret" "x": 1 } }');
    expect([mistake?.column, mistake?.frame]).toEqual([49, undefined]);
    expect(findJsonMistake('{ "headers": { "a": "secret" }, }')?.frame).toBeUndefined();
    expect(findJsonMistake('{ "headers": { "a": "secret" },\n}')?.frame).toBe('  2 | }\n    | ^');
    expect(findJsonMistake('{ "headers": { "authorization": secret } }')?.message).toBe('expected a value');
  });

  it('agrees with JSON.parse whether there is a mistake', () => {
    const broken = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '\\', '0', 'e', '-', '.')).map(([json, at, put]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + put + json.slice(place + 1);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => {
        expect(findJsonMistake(text) === undefined).toBe(parses(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
