import { describe, expect, it } from 'vitest';
import { foldLookAlikes } from '../host/src/chat/look-alikes.js';
import { foldChar } from '../plugins/word-filter/confusables.js';
import { latinOf } from '../sdk/src/text/confusables.js';

/** Every letter beyond ASCII that the sdk takes for a Latin one. Compatibility forms are evened out before any of the tables is asked. */
const letters = Array.from({ length: 0xd800 - 0x80 }, (_, index) => String.fromCharCode(0x80 + index)).filter(
  (char) => char.normalize('NFKC') === char && latinOf(char) !== char,
);

describe('the tables of look-alikes', () => {
  it('say the same in the word filter as in the sdk', () => {
    expect(letters.length).toBeGreaterThan(100);
    expect(letters.map((letter) => `${letter}${foldChar(letter).text}`)).toEqual(letters.map((letter) => `${letter}${latinOf(letter)}`));
  });

  it('say the same of a name as of a text, for all letters that both know', () => {
    const both = letters.filter((letter) => foldLookAlikes(letter) !== letter);
    expect(both.length).toBeGreaterThan(30);
    expect(both.map((letter) => `${letter}${foldLookAlikes(letter)}`)).toEqual(both.map((letter) => `${letter}${latinOf(letter)}`));
  });
});
