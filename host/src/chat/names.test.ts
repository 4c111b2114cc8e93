import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exceeds, makeName, nameKey, parseName } from './names.js';

const why = (value: unknown) => {
  const parsed = parseName(value, 32);
  return parsed.kind === 'refused' ? parsed.why : undefined;
};

describe('parseName', () => {
  it('trims, makes runs of blanks one, and composes', () => {
    expect(parseName('  Zoe\u0308   de\u00a0 Vries\n', 32)).toEqual({ kind: 'name', name: 'Zoë de Vries' });
  });

  it('counts characters, not UTF-16 units', () => {
    expect(parseName('🦊'.repeat(32), 32)).toEqual({ kind: 'name', name: '🦊'.repeat(32) });
    expect(why('🦊'.repeat(33))).toMatch(/longer than 32 characters/);
    expect(why('a'.repeat(33))).toMatch(/longer than 32 characters/);
  });

  it('does not sort thousands of combining marks to find that a name is too long', () => {
    const marks = `a${'\u0301\u0323'.repeat(12_000)}`;
    const before = performance.now();
    for (let index = 0; index < 20; index += 1) expect(why(marks)).toMatch(/longer than 32 characters/);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('leaves names of many scripts and joined emoji alone', () => {
    for (const name of ['Łukasz', 'Ольга', '李雷', 'محمد', 'نیم‌فاصله', "O'Neil-Smith", '👩‍💻', 'constructor', '__proto__']) {
      expect(parseName(name, 32)).toEqual({ kind: 'name', name });
    }
  });

  it.each([
    ['a NUL', 'A\0da'],
    ['a line break', 'A\nda'],
    ['a line separator', 'A\u2028da'],
    ['a C1 control', 'A\u0085da'],
    ['a right-to-left override', 'A\u202eda'],
    ['an isolate', 'A\u2066da'],
    ['an Arabic letter mark', 'A\u061cda'],
    ['a lone surrogate', 'A\ud800da'],
  ])('refuses %s', (_, name) => {
    expect(why(name)).toMatch(/take it out/);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \u00a0\u3000 '],
    ['zero-width characters', '\u200b\u200d\ufeff'],
    ['a Hangul filler', '\u3164'],
    ['an empty Braille cell', '\u2800'],
    ['a variation selector', '\ufe0f'],
  ])('refuses a name made of %s', (_, name) => {
    expect(why(name)).toMatch(/no visible character/);
  });

  it('names the type of what is not text', () => {
    expect(why(undefined)).toBe('must be text; got nothing');
    expect(why(null)).toBe('must be text; got null');
    expect(why(['Ada'])).toBe('must be text; got an array');
    expect(why({ toString: 1 })).toBe('must be text; got an object');
    expect(why(7)).toBe('must be text; got a number');
  });

  it('gives a name that it gives again, with the same key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 48 }), (text) => {
        const parsed = parseName(text, 32);
        fc.pre(parsed.kind === 'name');
        expect(parseName(parsed.name, 32)).toEqual(parsed);
        expect([...parsed.name].length).toBeLessThanOrEqual(32);
        expect(nameKey(parsed.name)).toBe(nameKey(text));
      }),
    );
  });
});

describe('nameKey', () => {
  it.each([
    ['ada', 'ADA'],
    ['Ada', 'Ａｄａ'],
    ['Ada', 'A\u200bd\u2060a\ufeff'],
    ['Ada', 'Ada\ufe0f'],
    ['Zoë', 'Zoe\u0308'],
    ['Zoë', 'Zoe\u200d\u0308'],
    ['Straße', 'STRASSE'],
    ['Οδυσσεύς', 'ΟΔΥΣΣΕΎΣ'],
    ['fi', 'ﬁ'],
    ['Ada L', 'Ada\u3000L'],
    ['Ada', 'A\u00adda'],
    ['Ada', 'A\ufeffda'],
  ])('takes %j and %j for the same', (one, other) => {
    expect(nameKey(one)).toBe(nameKey(other));
  });

  it('keeps different names apart', () => {
    expect(new Set(['Ada', 'Adam', 'A da', 'Äda', '__proto__', 'constructor'].map(nameKey)).size).toBe(6);
  });
});

describe('exceeds', () => {
  it('agrees with a count of code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(20), (text, max) => {
        expect(exceeds(text, max)).toBe([...text].length > max);
      }),
    );
  });
});

describe('makeName', () => {
  it('makes names that parseName takes and that are free', () => {
    const taken = new Set<string>();
    for (let index = 0; index < 1_500; index += 1) {
      const name = makeName((candidate) => taken.has(candidate));
      expect(parseName(name, 16)).toEqual({ kind: 'name', name });
      expect(taken.has(name)).toBe(false);
      taken.add(name);
    }
  });
});
