import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compiler.js';
import { JqError, JqSyntaxError } from './error.js';
import { parse } from './parser.js';
import { scopeOf } from './scope.js';
import { compare, toJson } from './value.js';
import { VECTORS } from './vectors.js';

function run(source: string, input: unknown = null): string[] {
  const outputs: string[] = [];
  compile(parse(source))(scopeOf([]), input as never, undefined, (value) => outputs.push(toJson(value)));
  return outputs;
}

describe('a filter', () => {
  it.each(VECTORS)('%s', (source, ...outputs) => {
    expect(run(source)).toEqual(outputs);
  });

  it.each([
    ['.a.b', 1, 'Cannot index number with string "a"'],
    ['.[0]', { a: 1 }, 'Cannot index object with number'],
    ['.[]', null, 'Cannot iterate over null'],
    ['error("no")', null, 'no'],
    ['error("no") // 1', null, 'no'],
    ['.a + 1', { a: 'x' }, 'string ("x") and number (1) cannot be added'],
    ['. / 0', 1, 'number (1) and number (0) cannot be divided because the divisor is zero'],
    ['{(.): 1}', 1, 'Object keys must be strings, not number (1)'],
    ['path(. + 1)', 1, 'Invalid path expression with result number (2)'],
    ['(. + 1) |= 3', 1, 'Invalid path expression with result number (2)'],
    ['(.a | tojson | .[0:1]) = 1', { a: 1 }, 'Invalid path expression with result string ("1")'],
    ['"x" * 2000000', null, 'a text repeated 2000000 times is too long'],
    ['.[2000000] = 1', [], 'Array index too large'],
    ['test("(")', 'x', '( (at offset 0) is not a valid regex'],
    ['test("a"; "y")', 'x', 'y is not a valid modifier string'],
    ['range(0; 1; 0)', null, 'a range with steps of 0 has no end'],
    ['-.', 'x', 'string ("x") cannot be negated'],
  ])('%s of %j fails as it should', (source, input, message) => {
    expect(() => run(source, input)).toThrow(JqError);
    expect(() => run(source, input)).toThrow(message);
  });

  it.each([
    ['.a |', 4, 'unexpected the end'],
    ['.a )', 3, 'unexpected ")"'],
    ['[1, 2', 5, 'unexpected the end; wanted is "]"'],
    ['{a: }', 4, 'unexpected "}"'],
    ['foo(1)', 0, 'foo/1 is not defined'],
    ['1 + $x', 4, '$x is not defined'],
    ['"a\\(1', 2, 'the interpolation that begins here does not end'],
    ['.a | "abc', 5, 'the text that begins here does not end'],
    ['"\\x"', 1, 'has an escape that JSON does not have'],
    ['@base99', 0, 'there is no format @base99'],
    ['. as x | 1', 5, 'unexpected "x"'],
    ['break $x', 0, 'there is no label $x around this'],
    ['include "a"; 1', 0, 'there are no modules here'],
    ['if 1 then 2', 11, 'unexpected the end; wanted is "end"'],
    ['1 == 2 == 3', 7, 'unexpected "=="'],
    ['input', 0, 'input/0 is not defined'],
    ['$ENV', 0, '$ENV is not defined'],
    ['.a ! 1', 3, 'unexpected "!"'],
  ])('%s is refused, with the place', (source, at, message) => {
    const error = (() => {
      try {
        return run(source);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(JqSyntaxError);
    expect(error).toMatchObject({ at, message: expect.stringContaining(message) });
  });

  it('gives back any document, whole or put together again from its paths', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const json = toJson(value as never);
        const input = JSON.parse(json);
        expect(run('.', input)).toEqual([json]);
        expect(run('tojson | fromjson', input)).toEqual([json]);
        expect(run('[tostream] | fromstream(.[])', input)).toEqual(run('.', input));
        expect(run('. as $all | [paths] | all(. as $p | $all | [getpath($p)] == [reduce $p[] as $k (.; .[$k])])', input)).toEqual(['true']);
        expect(run('[..] | length', input)).toEqual(run('[paths] | length + 1', input));
      }),
    );
  });

  it('orders values wholly and always alike', () => {
    const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)));
    fc.assert(
      fc.property(json, json, json, (a, b, c) => {
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('reads whatever is written without an error of another kind', () => {
    const words = fc.constantFrom(
      ...'. .a .. | , // = |= + - ( ) [ ] { } : ; ? $x "t" 1 as if then else end def f reduce foreach try catch label break not'.split(' '),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        try {
          parse(parts.join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(JqSyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
