import { hammingDistance, type Simhash } from '@framegate/sdk/text';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAT_MESSAGES } from './chat-messages.js';
import { NearTable, nearHash } from './near-table.js';

const MIN_LENGTH = 60;
/** The default of `nearDistance`. */
const DISTANCE = 14;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const hashOf = (text: string): Simhash => nearHash(text, MIN_LENGTH) as Simhash;
const message = fc.constantFrom(...CHAT_MESSAGES);
const hash = fc.record({ high: fc.integer({ min: 1, max: 0xffffffff }), low: fc.nat(0xffffffff) });
/** What is put between two characters, and makes no difference. */
const NOISE = [' ', '  ', '!', '...', '🔥', '😂😂', '\u200b', '\u00ad', '*', ' - ', '’', '💯'];

describe('nearHash', () => {
  it('does not see blanks, punctuation, emoji, case, width and what does not show', () => {
    const put = fc.record({ at: fc.nat(), noise: fc.constantFrom(...NOISE), upper: fc.boolean() });
    fc.assert(
      fc.property(message, fc.array(put, { maxLength: 40 }), (text, puts) => {
        const chars = Array.from(text);
        for (const { at, noise, upper } of puts) {
          const char = chars[at % chars.length] as string;
          chars[at % chars.length] = (upper ? char.toUpperCase() : char) + noise;
        }
        expect(hashOf(chars.join(''))).toEqual(hashOf(text));
      }),
    );
    expect(hashOf('Ｆｒéé cоins for everybody who joins my server in the next hour, and again')).toEqual(
      hashOf('free coins for everybody who joins my server in the next hour, and again'),
    );
  });

  it('moves by no more than the default distance for a letter of a message with 100 of them', () => {
    for (const text of CHAT_MESSAGES.filter((one) => (one.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 100)) {
      const original = hashOf(text);
      for (let at = 0; at < text.length; at++)
        for (const letter of LETTERS)
          expect(hammingDistance(original, hashOf(text.slice(0, at) + letter + text.slice(at + 1)))).toBeLessThanOrEqual(DISTANCE);
    }
  }, 60_000);

  it('is farther apart for any two unrelated messages', () => {
    for (const [index, text] of CHAT_MESSAGES.entries())
      for (const other of CHAT_MESSAGES.slice(index + 1))
        expect(hammingDistance(hashOf(text), hashOf(other)), `${text}\n${other}`).toBeGreaterThan(DISTANCE);
  });

  it('leaves out what is short, and does not read what is beyond its bound', () => {
    expect(nearHash('hello, how are you', MIN_LENGTH)).toBeUndefined();
    expect(nearHash('😂'.repeat(200), MIN_LENGTH)).toBeUndefined();
    expect(hashOf(`${'ab'.repeat(512)}${'x'.repeat(1 << 20)}`)).toEqual(hashOf('ab'.repeat(512)));
  });
});

describe('NearTable', () => {
  it('finds the nearest of what it has, and enters the rest in turn', () => {
    fc.assert(
      fc.property(
        fc.array(hash, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(20),
        (hashes, places, distance) => {
          let stored: Uint8Array | undefined;
          const model: Simhash[] = [];
          for (const one of hashes) {
            const table = new NearTable(stored, places);
            const found = table.find(one, distance, 0);
            stored = table.bytes;
            const nearest = Math.min(...model.map((other) => hammingDistance(one, other)));
            if (nearest <= distance) expect(hammingDistance(one, found?.key as Simhash)).toBe(nearest);
            else {
              expect(found?.key).toEqual(one);
              model.push(one);
              if (model.length > places) model.shift();
            }
            expect(stored.length).toBe(4 + 12 * places);
          }
        },
      ),
    );
  });

  it('gives no place away that is kept, until its time is over', () => {
    const table = new NearTable(undefined, 2);
    const [one, two, three] = [1, 2, 3].map((high) => ({ high, low: 0 })) as [Simhash, Simhash, Simhash];
    expect(table.find(one, 0, 1000)?.place).toBe(0);
    table.keep(0, 5000);
    expect(table.find(two, 0, 1000)?.place).toBe(1);
    table.keep(1, 6000);
    expect(table.find(three, 0, 4999)).toBeUndefined();
    expect(table.find(three, 0, 5000)?.place).toBe(0);
  });

  it('starts anew with what another configuration or version has stored', () => {
    for (const stored of [new Uint8Array(), new Uint8Array(7), new NearTable(undefined, 5).bytes])
      expect(new NearTable(stored, 4).bytes).toEqual(new Uint8Array(52));
  });
});
