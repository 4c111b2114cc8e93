import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldChar } from './confusables.js';
import { mask } from './mask.js';
import { WordMatcher } from './matcher.js';

const BANNED = ['bad', 'idiot', 'moron', 'cock', 'ass', 'piece of junk', 'half-wit', 'soleil', 'дурак', 'ηλίθιος'];
const matcher = new WordMatcher(BANNED);
const words = (text: string) => matcher.find(text).map((match) => match.word);

describe('WordMatcher', () => {
  it.each([
    ['the plain word', 'you bad boy'],
    ['another case', 'BaD'],
    ['punctuation around it', '(bad)!'],
    ['diacritics', 'bád ïdîöt'],
    ['decomposed diacritics', 'ba\u0301d'],
    ['a flood of combining marks', [...'bad'].map((char) => char + '\u0336\u0353\u0359'.repeat(20)).join('')],
    ['full width', 'ｂａｄ'],
    ['mathematical letters', '𝒃𝖆𝕕'],
    ['circled and squared letters', 'ⓑⓐⓓ 🅱🅰🅳'],
    ['flags', '🇧🇦🇩'],
    ['zero-width characters', 'b\u200ba\u2060\u00add'],
    ['variation selectors and fillers', 'b\ufe0fa\u3164d'],
    ['control characters', 'b\u0001ad'],
    ['tags, joiners and selectors', 'b\u{e0041}a\u034fd\u{e0100}'],
    ['the empty Braille cell and fillers', 'b\u2800\u115fa\u1160d'],
    ['a blank that is no white space between words', 'you\u2800bad\u3164boy'],
    ['blanks in a spaced-out word', 'i \u2800\u2800 d \u2800\u2800 i \u3164 o t'],
    ['the degree sign', 'idi°t mor°n'],
    ['digits of other scripts', 'idi๐t idi०t idi٥t mor٠n b४d'],
    ['an eth', 'iðiot'],
    ['Lisu letters', 'ꓐꓮꓓ'],
    ['plurals', 'idiots MORONS cocks 1d10ts i d i o t s idiotsss'],
    ['Cyrillic look-alikes', 'bаd'],
    ['Greek look-alikes', 'mοrοn ΜΟΡΟΝ'],
    ['a lunate sigma', 'ϲοϲκ'],
    ['small capitals', 'ʙᴀᴅ'],
    ['digits for letters', 'b4d 1d10t m0r0n'],
    ['symbols for letters', 'b@d id!ot a$$'],
    ['one for l', 'so1eil so!eil'],
    ['digits after it', 'bad123 bad1!'],
    ['symbols around it', '!bad! bad@home +bad+'],
    ['spaces between letters', 'you are b a d'],
    ['dots, dashes, underscores between letters', 'b.a.d b-a-d b_a_d b * a * d'],
    ['a no-break space between letters', 'b\u00a0a\u00a0d'],
    ['digits in a spaced-out word', 'i d 1 o t'],
    ['a word within a spaced-out series', 'u r a n i d i o t'],
    ['a stretched word', 'baaaad BAAAD idiooooot asssss'],
    ['a stretched word in two scripts', 'bааa\u0430d'],
    ['a stretched spaced-out word', 'b a a a d'],
    ['punctuation inside', 'id-iot b.ad mo_ron'],
    ['a phrase', 'what a piece of junk'],
    ['a phrase over lines and dashes', 'PIECE-of \n junk'],
    ['a phrase in disguise', 'p1ece óf јunk'],
    ['a phrase without spaces', 'pieceofjunk'],
    ['a word that is listed with a dash', 'halfwit half wit half-wit h a l f w i t'],
    ['other scripts', 'ДУРАК дурак ΗΛΙΘΙΟΣ Ηλίθιος'],
    ['several disguises at once', 'і\u200bD1ооооо\u0301T'],
  ])('catches %s', (_, text) => {
    expect(matcher.find(text), text).not.toEqual([]);
  });

  it.each([
    'Scunthorpe',
    '20° 30°C ١٢٣ ๑๒๓ ५',
    'it has\u2800a\u3164class',
    'bads basses',
    'class assassin passes the brass glass',
    'cockpit peacock cockatoo',
    'badge badminton forbad',
    'as sassy as salad',
    'ba d',
    'he has said that',
    "he'll, she'll, I'd, as I'm a d, it's a d",
    'the piece of the junk',
    'peace of junk',
    'idiotic',
    '455 4 5 5 4.5.5',
    'bd bat bed bod',
    'my guitar is tuned b a d g',
    'a s d f',
    'C++ and a|b and 3+4=7!!!',
    'the-badg-er-s',
    '',
    ' \n\t ',
    '!!! @@@ $$$',
    '\ud800 \udc00',
    '👩‍👩‍👧‍👦 👍🏽 ❤️',
    'aa bb cc',
    'Ärger über Öl, ça va, señor, 你好, 안녕, مرحبا, привет',
  ])('lets %j pass', (text) => {
    expect(words(text)).toEqual([]);
  });

  it('takes `es` for a plural after a sibilant only', () => {
    const plural = new WordMatcher(['twitch', 'care', 'boss', 'skin']);
    for (const text of ['twitches', 'cares', 'bosses', 'skins']) expect(plural.find(text), text).not.toEqual([]);
    for (const text of ['twitchs', 'skines', 'bos', 'skinless']) expect(plural.find(text), text).toEqual([]);
    expect(new WordMatcher(['skin'], [], false).find('skins')).toEqual([]);
  });

  it('reads each decimal digit by its value, or a five by its look', () => {
    const digits = Array.from({ length: 0x110000 }, (_, code) => (code >> 11 === 0x1b ? '' : String.fromCodePoint(code))).filter((char) =>
      /\p{Nd}/u.test(char),
    );
    digits.forEach((char, index) => {
      const expected = '\u0665\u06f5'.includes(char) ? '0' : String(index % 10);
      expect(foldChar(char), char.codePointAt(0)?.toString(16)).toEqual(foldChar(expected));
    });
  });

  it('catches each word of a long list, and nothing more', () => {
    const list = Array.from(
      { length: 5000 },
      (_, index) => `x${index.toString(36).replace(/\d/g, (digit) => 'qwrtpsdfgh'[Number(digit)] ?? '')}z`,
    );
    const long = new WordMatcher(list);
    for (const word of list) expect(long.find(`a ${word.toUpperCase()} b`)).toHaveLength(1);
    expect(long.find('none of the above is in this quiz about zebras')).toEqual([]);
  });

  it('says where the word stands', () => {
    const text = 'so, b\u0301-a\u0336-d! yes';
    expect(matcher.find(text)).toEqual([{ word: 'bad', start: 4, end: 12 }]);
  });

  it('lets allowed words and phrases pass, but not other spellings of the banned word', () => {
    const lenient = new WordMatcher(['ass', 'bad', 'cock'], ['A55', 'Bad Homburg', 'cock robin']);
    for (const text of ['my A55!', 'from bad  homburg', 'ＢＡＤ Homburg', 'who killed Cock Robin?'])
      expect(lenient.find(text), text).toEqual([]);
    for (const text of ['a5s', 'ass', 'bad', 'bad hamburg', 'b@d Homburg', 'cock', 'robin cock'])
      expect(lenient.find(text), text).not.toEqual([]);
  });

  it('finds words on both sides of a window of a long text', () => {
    const text = `${'good day '.repeat(2000)}bad ${'good day '.repeat(2000)}idiot`;
    expect(words(text)).toEqual(['bad', 'idiot']);
  });

  it.each([
    ['one long word', 'a'.repeat(1_000_000)],
    ['one long word of look-alikes', 'аb1'.repeat(300_000)],
    ['single letters', 'a '.repeat(500_000)],
    ['a dashed word', 'ab-'.repeat(300_000)],
    ['stretched words', 'baaaabbbaaaccc '.repeat(60_000)],
    ['marks', `b${'\u0336'.repeat(1_000_000)}`],
    ['symbols', '@!'.repeat(500_000)],
    ['lone surrogates', '\ud800'.repeat(1_000_000)],
  ])('gets through a megabyte of %s', (_, text) => {
    const start = performance.now();
    matcher.find(text);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});

const evasions: Record<string, (word: string) => fc.Arbitrary<string>> = {
  case: (word) => each(word, (char) => [char, char.toUpperCase()]),
  marks: (word) => each(word, (char) => [char, `${char}\u0301`, `${char}\u0336\u0336`]),
  width: (word) => each(word, (char) => [char, String.fromCharCode(char.charCodeAt(0) + 0xfee0)]),
  invisible: (word) => fc.constantFrom('\u200b', '\u200d', '\u00ad', '\ufeff', '\u2060').map((hidden) => [...word].join(hidden)),
  lookalikes: (word) => each(word, (char) => [char, { a: 'а', o: 'ο', i: 'і', e: 'е', s: 'ѕ', c: 'с' }[char] ?? char]),
  spaced: (word) => fc.constantFrom(' ', '.', '-', '_', ' - ', '*').map((gap) => [...word].join(gap)),
  stretched: (word) =>
    fc
      .nat(word.length - 1)
      .chain((at) => fc.integer({ min: 3, max: 30 }).map((n) => word.slice(0, at) + (word[at] ?? '').repeat(n) + word.slice(at + 1))),
  leet: (word) => each(word, (char) => [char, { a: '4', o: '0', e: '3', t: '7' }[char] ?? char]),
};

function each(word: string, forms: (char: string) => readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(...[...word].map((char) => fc.constantFrom(...forms(char)))).map((chars) => chars.join(''));
}

const evasion = fc
  .constantFrom('bad', 'idiot', 'moron', 'cock', 'soleil')
  .chain((word) => fc.oneof(...Object.values(evasions).map((evade) => evade(word))));
const CLEAN = [
  'good',
  'class',
  'cockpit',
  'the',
  'quick',
  'assassin',
  'über',
  'привет',
  '你好',
  '👍🏽',
  'badge',
  '2024',
  'señor',
  'hello',
  'meet',
];
const clean = fc.array(fc.constantFrom(...CLEAN), { minLength: 1, maxLength: 12 }).map((list) => list.join(' '));

describe('generated text', () => {
  it('is caught if it has a banned word in disguise', () => {
    fc.assert(
      fc.property(clean, evasion, clean, (before, word, after) => {
        expect(words(`${before} ${word} ${after}`)).not.toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('passes if it has none', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...CLEAN), fc.constantFrom(' ', ', ', '. ', '\n', '! ', ' - '))), (list) => {
        expect(words(list.flat().join(''))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('is masked at the word only, and clean afterwards', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(clean, evasion, clean, (before, word, after) => {
        const text = `${before} ${word} ${after}`;
        const masked = mask(text, matcher.find(text), '*');
        expect(masked.startsWith(`${before} `) && masked.endsWith(` ${after}`)).toBe(true);
        expect(masked).toMatch(/\*/);
        expect(words(masked)).toEqual([]);
        const visible = word.replace(/\u200b|\u200d|\u00ad|\ufeff|\u2060/g, '');
        const inside = masked.slice(before.length + 1, masked.length - after.length - 1);
        expect([...segmenter.segment(inside)]).toHaveLength([...segmenter.segment(visible)].length);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same matches with the short cut and without', () => {
    const chunk = fc.oneof(
      fc.constantFrom(
        'b',
        'a',
        'd',
        'I',
        "it's",
        'x-y',
        '-',
        '*',
        '!',
        '4',
        'piece',
        'of',
        'junk',
        'BAD',
        'badge',
        '“b”',
        'i.d',
        'A55',
        '\u200b',
      ),
      evasion,
      fc.string({ maxLength: 4 }),
    );
    const warm = new WordMatcher(BANNED, ['A55']);
    fc.assert(
      fc.property(fc.array(fc.tuple(chunk, fc.constantFrom(' ', '  ', '\n', '', '\u00a0', '.'))), (list) => {
        const text = list.flat().join('');
        expect(warm.find(text)).toEqual(warm.search(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('of any kind has matches inside it, in order of their start', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 300 }), (one, two) => {
        for (const text of [one, two, `${one}bad${two}`]) {
          let previous = 0;
          for (const match of matcher.find(text)) {
            expect(match.start).toBeGreaterThanOrEqual(previous);
            previous = match.start;
            expect(match.end).toBeGreaterThan(match.start);
            expect(match.end).toBeLessThanOrEqual(text.length);
          }
        }
      }),
    );
  });
});
