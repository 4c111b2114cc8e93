import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AbiV1Host } from '../../../test/support/abi-v1-host.js';
import { compilePlugin } from '../compiler/compile.js';
import { Automaton, fold, hammingDistance, NearDuplicates, type Simhash, simhash, tokenize } from './index.js';
import { blockLength, majorityBits } from './majority.js';

const letters = (alphabet: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength });

describe('fold', () => {
  it('changes nothing that is folded', () => {
    const char = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2 }),
      fc.constantFrom('ﬁ', 'Å', 'а', '\u0301', '\u200b', '\u034f', 'İ', 'ẞ', 'ϒ', '\u0345', 'ͅ', '㎏', '\u1160', 'Ⅷ', '\ud800', 'ᴀ'),
    );
    fc.assert(
      fc.property(fc.array(char, { maxLength: 12 }), (chars) => {
        const folded = fold(chars.join(''));
        expect(fold(folded)).toBe(folded);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not see case, invisible characters and marks that are put anywhere', () => {
    const puts = fc.array(fc.tuple(fc.nat(), fc.constantFrom('\u200b', '\u00ad', '\u0301', '\u0308', '\u2060')), { maxLength: 8 });
    fc.assert(
      fc.property(letters('abcxyz 09.,', 20), puts, (text, all) => {
        const chars = Array.from(`a${text}`.toUpperCase());
        for (const [at, put] of all) chars.splice(1 + (at % chars.length), 0, put);
        expect(fold(chars.join(''))).toBe(`a${text}`);
      }),
    );
  });

  it.each([
    ['ＨＥＬＬＯ', 'hello'],
    ['ʜᴇʟʟᴏ', 'hello'],
    ['hеllо', 'hello'],
    ['h\u200be\u00adl\u034flo', 'hello'],
    ['HÉLLÖ', 'hello'],
    ['𝓱𝓮𝓵𝓵𝓸', 'hello'],
    ['ﬁne', 'fine'],
    ['日本語', '日本語'],
  ])('takes %s for %s', (text, expected) => {
    expect(fold(text)).toBe(expected);
  });
});

describe('Automaton', () => {
  it('finds what a search for each pattern finds', () => {
    fc.assert(
      fc.property(fc.array(letters('abc', 5), { maxLength: 20 }), letters('abcd', 60), (patterns, text) => {
        const naive = patterns.flatMap((pattern, index) => {
          if (pattern === '' || patterns.indexOf(pattern) !== index) return [];
          const found = [];
          for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1))
            found.push({ pattern: index, start: at, end: at + pattern.length });
          return found;
        });
        naive.sort((one, other) => one.end - other.end || one.start - other.start);
        const automaton = new Automaton(patterns);
        expect(automaton.findAll(text)).toEqual(naive);
        expect(automaton.find(text)).toEqual(naive[0]);
      }),
      { numRuns: 1000 },
    );
  });

  it('finds patterns of any characters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.string({ unit: 'binary' }),
        (patterns, rest) => {
          const text = patterns.join(rest);
          const found = new Set(new Automaton(patterns).findAll(text).map(({ pattern }) => patterns[pattern]));
          expect(found).toEqual(new Set(patterns.filter((pattern) => text.includes(pattern))));
        },
      ),
    );
  });

  it('refuses more patterns than it has states for', () => {
    expect(() => new Automaton(Array.from({ length: 30_000 }, (_, n) => `${n}-${n * 7919}-x`))).toThrow('more than 65535 states');
  });

  it('is built once, in the module, and works in each instance', async () => {
    const { wasm } = await compilePlugin({
      source: `import { definePlugin, replace } from '@framegate/sdk';
        import { Automaton, fold, simhash, tokenize } from '@framegate/sdk/text';
        const automaton = new Automaton(['spam', 'ham', 'am']);
        export const plugin = definePlugin({ name: 'text', version: '1.0.0', onRequest(frame) {
          const text = fold(frame.text);
          return replace(JSON.stringify([automaton.findAll(text), simhash(text), tokenize(text)]));
        } });`,
      resolveDir: import.meta.dirname,
    });
    const text = 'no SPАM, please';
    const [record] = new AbiV1Host(new WebAssembly.Module(wasm)).run('on_request_message', text).records;
    const folded = fold(text);
    expect(JSON.parse(record?.text ?? '')).toEqual([
      new Automaton(['spam', 'ham', 'am']).findAll(folded),
      simhash(folded),
      tokenize(folded),
    ]);
    expect(tokenize(folded)).toEqual(['no', 'spam', 'please']);
  });
});

describe('tokenize', () => {
  it('gives the words, without what stands between them', () => {
    const word = fc.string({ unit: fc.constantFrom(...'azÄßжש日é9０'), minLength: 1, maxLength: 6 });
    const gap = fc.string({ unit: fc.constantFrom(...' ,.!?-_/\n\t😀"()…'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { maxLength: 20 }), gap, (pairs, first) => {
        const text = first + pairs.map(([one, between]) => one + between).join('');
        expect(tokenize(text)).toEqual(pairs.map(([one]) => one));
      }),
    );
  });

  it('keeps an apostrophe inside a word, and takes any text', () => {
    expect(tokenize("don't 'quote' l’été")).toEqual(["don't", 'quote', 'l’été']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const words = tokenize(text);
        expect(tokenize(words.join(' '))).toEqual(words);
      }),
    );
  });
});

const MESSAGE = 'hello everybody, please visit my channel today for free coins and many other wonderful prizes';
const random64 = fc.record({ high: fc.nat(0xffffffff), low: fc.nat(0xffffffff) });

describe('simhash', () => {
  it('is the same each time, on 64 bits', () => {
    expect(simhash(MESSAGE)).toEqual(simhash(MESSAGE));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { high, low } = simhash(text);
        expect([high >>> 0, low >>> 0]).toEqual([high, low]);
      }),
    );
  });

  it('takes the bits that are set more often than not', () => {
    const words = fc.array(fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, -2147483648)), { minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(words, (words) => {
        const padded = new Int32Array(blockLength(words.length));
        padded.set(words);
        const bits = Array.from({ length: 32 }, (_, bit) => words.filter((word) => (word >>> bit) & 1).length * 2 > words.length);
        const expected = bits.reduce((sum, isSet, bit) => sum + (isSet ? 2 ** bit : 0), 0);
        expect(majorityBits(padded, words.length)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('is near for texts that differ in a word, and far for others', () => {
    fc.assert(
      fc.property(fc.nat(MESSAGE.length - 1), fc.constantFrom(...'xyz!'), (at, char) => {
        expect(hammingDistance(simhash(MESSAGE), simhash(MESSAGE.slice(0, at) + char + MESSAGE.slice(at + 1)))).toBeLessThanOrEqual(14);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz '), minLength: 70, maxLength: 90 }), (text) => {
        expect(hammingDistance(simhash(MESSAGE), simhash(text))).toBeGreaterThan(14);
      }),
      { numRuns: 30 },
    );
  });

  it('has a distance that counts bits', () => {
    fc.assert(
      fc.property(random64, fc.uniqueArray(fc.nat(63), { maxLength: 64 }), (hash, bits) => {
        expect(hammingDistance(hash, flip(hash, bits))).toBe(bits.length);
      }),
    );
  });
});

function flip({ high, low }: Simhash, bits: readonly number[]): Simhash {
  const mask = (from: number) => bits.filter((bit) => bit >= from && bit < from + 32).reduce((sum, bit) => sum | (1 << (bit - from)), 0);
  return { high: (high ^ mask(32)) >>> 0, low: (low ^ mask(0)) >>> 0 };
}

describe('NearDuplicates', () => {
  const index = (options: ConstructorParameters<typeof NearDuplicates>[1]) => {
    const entries = new Map<string, readonly number[]>();
    return {
      near: new NearDuplicates({ get: (key) => entries.get(key), set: (key, value) => void entries.set(key, value) }, options),
      entries,
    };
  };

  it('finds every hash that is near enough, and none that is not', () => {
    fc.assert(
      fc.property(random64, fc.integer({ min: 0, max: 7 }), fc.uniqueArray(fc.nat(63), { maxLength: 12 }), (hash, distance, bits) => {
        const { near } = index({ distance });
        near.remember(hash);
        expect(near.find(flip(hash, bits))).toEqual(bits.length <= distance ? hash : undefined);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the nearest, and bounds what it keeps', () => {
    const { near, entries } = index({ distance: 3, maxPerBand: 4 });
    const hash = { high: 7, low: 9 };
    near.remember(flip(hash, [0, 1]));
    near.remember(flip(hash, [5]));
    expect(near.find(hash)).toEqual(flip(hash, [5]));
    for (let bit = 0; bit < 64; bit++) near.remember(flip(hash, [bit]));
    for (const value of entries.values()) expect(value.length).toBeLessThanOrEqual(8);
  });

  it('refuses a distance that bands cannot find', () => {
    expect(() => index({ distance: 8 })).toThrow('distance is 8; it is a whole number from 0 to 7');
  });
});
