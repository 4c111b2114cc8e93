import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Skeleton } from '../../host/src/engine/guard/skeleton.js';
import { WordSet } from '../../host/src/engine/guard/word-set.js';
import { WordMatcher } from '../../plugins/word-filter/matcher.js';

const encoder = new TextEncoder();

function mayOccur(words: WordSet, text: string): boolean {
  const bytes = encoder.encode(text);
  const skeleton = new Skeleton();
  return !skeleton.read(bytes, 0, bytes.length, false) || words.mayOccurIn(skeleton);
}

const LISTS = [
  ['idiot', 'moron', 'halfwit', 'half-wit', 'drop dead', 'piece of junk'],
  ['ass', 'bad', 'n', 'cock', 'soleil', 'ill', 'hello'],
  ['455', '1337', 'a$$', 'b4d', '1+1', 'x2y', '6', 'дурак', 'caf\u00e9', '!!!', 'aabb', 'abab'],
];
const LETTERS = ['a', 'b', 'd', 'i', 'l', 'o', 't', 's', 'e', 'n', 'A', 'B', 'S', 'x'];
const OTHERS = ['1', '4', '5', '0', '2', '6', '!', '$', '@', '+', '|', ' ', '  ', '-', '.', "'", '"', '\\', '\n', '\t', '(', '*', '_'];
const chars = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...LETTERS) }, fc.constantFrom(...OTHERS)), { maxLength: 16 });

/** Words of a list, with characters put in, repeated, exchanged for others that look like them, or cut off. */
function disguised(words: readonly string[]): fc.Arbitrary<string> {
  const swap: Readonly<Record<string, readonly string[]>> = {
    a: ['4', '@', 'A'],
    i: ['1', '!', '|'],
    l: ['1', '|', '!'],
    o: ['0'],
    s: ['5', '$'],
    t: ['7', '+'],
    e: ['3'],
  };
  const change = (char: string) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(char) },
      { weight: 2, arbitrary: fc.constantFrom(...(swap[char] ?? [char])) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }).map((times) => char.repeat(times)) },
      { weight: 2, arbitrary: fc.constantFrom(...OTHERS).map((other) => char + other) },
      { weight: 1, arbitrary: fc.constant(`${char} `) },
    );
  return fc.constantFrom(...words).chain((word) => fc.tuple(...[...word].map(change)).map((parts) => parts.join('')));
}

describe('WordSet', () => {
  it.each(LISTS.map((list) => [list]))('rules out no text in which the guest finds a word: %j', (list) => {
    const matcher = new WordMatcher(list, []);
    const words = new WordSet(matcher.words);
    const glue = fc.constantFrom('', ' ', '  ', '-', '.', '!', '1', ' x ', 's', 'es', ` ${'9z'.repeat(70)} `);
    const text = fc
      .array(
        fc.tuple(
          fc.oneof(
            disguised(list),
            chars.map((parts) => parts.join('')),
            fc.constantFrom(...list),
          ),
          glue,
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.flat().join(''));
    let found = 0;
    let passed = 0;
    fc.assert(
      fc.property(text, (source) => {
        const matches = matcher.search(source);
        const possible = mayOccur(words, source);
        if (matches.length > 0) {
          found += 1;
          expect(possible, source).toBe(true);
        } else if (!possible) passed += 1;
      }),
      { numRuns: 10_000 },
    );
    expect(found).toBeGreaterThan(500);
    expect(passed).toBeGreaterThan(list.includes('n') ? 5 : 200);
  });

  it('rules out everyday text under a long list', () => {
    const list = Array.from(
      { length: 5000 },
      (_, index) => `q${index.toString(36).replace(/\d/g, (digit) => 'wrtpsdfghk'[Number(digit)] ?? '')}zx`,
    );
    const words = new WordSet(new WordMatcher(list).words);
    for (const text of ['the quick brown fox jumps over the lazy dog', 'See you at 5pm, OK?', "it's 3:45 already!!!"]) {
      expect(mayOccur(words, text), text).toBe(false);
    }
    expect(mayOccur(words, `well, ${list[4321]?.toUpperCase()}!`)).toBe(true);
  });

  it('reads a list that says the same word tens of thousands of times', () => {
    const words = new WordSet([...Array<string>(30_000).fill('aa'), 'aaa', 'abb', 'aab']);
    expect(mayOccur(words, 'a c '.repeat(1000))).toBe(false);
    expect(mayOccur(words, 'c a a')).toBe(true);
    expect(mayOccur(words, 'abb')).toBe(true);
  }, 10_000);

  it('rules nothing out that takes a look at one word after the other for every letter', () => {
    const ab = 'ab'.repeat(60);
    const words = new WordSet(Array.from({ length: 100 }, (_, index) => ab.slice(0, index + 2)));
    expect(mayOccur(words, `x${'ab'.repeat(8)}`)).toBe(false);
    expect(mayOccur(words, `x${ab} `.repeat(30))).toBe(true);
  });

  it.each([
    ['letters of which one is missing, again and again', 'xa '.repeat(20_000)],
    ['one letter', 'a '.repeat(30_000)],
    ['digits', '1 '.repeat(30_000)],
    ['two letters by turns', 'ab'.repeat(30_000)],
  ])('takes a step a character for %s', (_, text) => {
    const words = new WordSet(['xxa', 'aaab', 'ababb', 'bbaabb', 'idiot']);
    expect(typeof mayOccur(words, text)).toBe('boolean');
  });
});
