import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from './holds.js';
import { parseOperator } from './operator.js';
import { wildcard } from './pattern.js';

/** [operator, values for which it holds, values for which it does not] */
const TABLE: readonly [string, readonly unknown[], readonly unknown[]][] = [
  ['Size(2)', [[1, 2], 'ab'], [[1], [], 'abc', 2, {}, null]],
  ['SizeNot(2)', [[1], ''], [[1, 2], 'ab', null]],
  ['SizeLt(2)', [[], [1]], [[1, 2]]],
  ['SizeGt(2)', [[1, 2, 3]], [[1, 2], 5]],
  ['SizeLte( 2 )', [[1, 2], []], [[1, 2, 3]]],
  ['SizeGte(2)', [[1, 2]], [[1]]],
  ['Contains(foo)', [['foo', 1], 'a food'], [['food'], [], 'fo', {}, null]],
  ['Contains(1)', [12, '1'], [[1], 2]],
  ['ContainsNot(foo)', [['food'], [], 'fo', 7], [['foo'], 'food', null, { foo: 1 }]],
  ['Contains(Regex(f.o))', [['fxo', 1], 'see fxo'], [['xfxo'], 'fo']],
  ['ContainsNot(Regex(f.o))', [['xfxo'], 'fo'], [['fxo'], 'see fxo']],
  ['Contains(Wildcard(f*o))', [['fxxo'], 'a fxxo b'], [['fxxo b'], 'of']],
  ['ContainsNot(Wildcard(f*o))', [['fxxo b'], 'of'], [['fo'], 'a fo']],
  ['JsonContains("a":1)', [[{ a: 1 }], { a: 1, b: 2 }], [[{ a: 2 }], {}, 'a']],
  ['JsonContainsNot("a":1)', [[{ a: 2 }], []], [[{ a: 1 }], { a: 1 }]],
  ['JsonContains(Regex(\\{"a":\\d+\\}))', [[{ a: 12 }], { a: 3 }], [[{ a: 'x' }], { a: 1, b: 1 }]],
  ['JsonContains(Wildcard(*"a":*))', [[{ b: 0, a: 12 }]], [[{ b: 'a' }]]],
  ['JsonContainsNot(Regex(.*"a".*))', [[{ b: 1 }]], [[{ a: 1 }]]],
  ['JsonContainsNot(Wildcard({"a"*))', [[{ b: 1 }]], [[{ a: 1 }]]],
  ['StartsWith(ab)', ['abc', ['ab', 'abc'], []], ['xab', ['ab', 'x'], ['ab', 1], null]],
  ['DontStartsWith(ab)', ['xab', ['x'], 12], ['abc', ['x', 'abc'], [1], {}]],
  ['Regex([a-z]+\\d)', ['abc1'], ['abc1 ', 'x', '', null, ['abc1']]],
  ['Regex((?i)HELLO|bye)', ['hello', 'BYE'], ['hello bye']],
  ['Regex(.)', ['🙂', 'x', 7], ['\n', 'ab']],
  ['Regex((?s)a.b)', ['a\nb'], ['a\n\nb']],
  ['Regex((?m)^a$)', ['a'], ['a\nb', 'b\na']],
  ['RegexNot([a-z]+)', ['A', 'abc\nx', ''], ['abc', ['abc'], null]],
  ['Wildcard(a*c)', ['ac', 'abc', 'a\nc'], ['abcd', 'xac']],
  ['WildcardNot(*foo*)', ['fo', 'f\noo'], ['foo', 'a\nfoo\nb']],
  ['Not(foo)', ['bar', '', 7], ['foo', null, ['bar'], {}]],
  ['ContainedIn(foo, bar,7,true)', ['foo', 'bar', 7, true], ['foo, bar', ' foo', '', false]],
  ['NotContainedIn(foo, bar)', ['baz', 'foo, bar', 7], ['foo', 'bar', ['baz'], null]],
  ['IsDefined()', [null, '', 0, [], {}], []],
  ['NotDefined()', [], [null, '', 0]],
  ['Is(Size(2))', ['Size(2)'], [[1, 2]]],
  [' Not(foo) ', ['bar'], ['foo']],
  ['plain', ['plain'], ['plain ', 1]],
  ['7', ['7', 7], [7.5]],
  ['true', [true, 'true'], [false]],
  ['[1,"a"]', [[1, 'a'], '[1,"a"]'], [[1]]],
];

describe('an operator', () => {
  it.each(TABLE)('%s holds where it should and nowhere else', (operator, held, refused) => {
    const parsed = parseOperator(operator);
    for (const value of held) expect(holds(parsed, value as never), JSON.stringify(value)).toBe(true);
    for (const value of refused) expect(holds(parsed, value as never), JSON.stringify(value)).toBe(false);
  });

  it('holds for nothing only when it is NotDefined()', () => {
    for (const [operator] of TABLE) expect(holds(parseOperator(operator), undefined), operator).toBe(operator === 'NotDefined()');
  });

  it('compares other values than texts as they are; an array that has one holds too', () => {
    expect(holds(parseOperator(7), 7)).toBe(true);
    expect(holds(parseOperator(7), '7')).toBe(false);
    expect(holds(parseOperator(7), [1, 7])).toBe(true);
    expect(holds(parseOperator(null), null)).toBe(true);
    expect(holds(parseOperator({ a: [1, { b: 2 }], c: null }), { c: null, a: [1, { b: 2 }] })).toBe(true);
    expect(holds(parseOperator({ a: 1 }), { a: 1, b: 1 })).toBe(false);
    expect(holds(parseOperator([1]), [1])).toBe(true);
    expect(holds(parseOperator([1]), [[1]])).toBe(false);
  });

  it('is never both true and false together with its negation, for a value that it understands', () => {
    const pairs = [
      ['Contains(a)', 'ContainsNot(a)'],
      ['Regex(a.*)', 'RegexNot(a.*)'],
      ['Wildcard(a*)', 'WildcardNot(a*)'],
      ['ContainedIn(a,b)', 'NotContainedIn(a,b)'],
      ['StartsWith(a)', 'DontStartsWith(a)'],
      ['JsonContains(a)', 'JsonContainsNot(a)'],
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.oneof(fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), fc.boolean(), fc.integer()),
        ([yes, no], value) => {
          expect(holds(parseOperator(yes), value)).toBe(!holds(parseOperator(no), value));
        },
      ),
    );
  });

  it('matches wildcards as the regular expression does that they stand for', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '*') });
    fc.assert(
      fc.property(piece, fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), (source, text) => {
        expect(wildcard(source)(text)).toBe(new RegExp(`^${source.replaceAll('*', '.*')}$`, 's').test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
