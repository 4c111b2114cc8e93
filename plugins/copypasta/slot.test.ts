import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fingerprint, fingerprint, normalise } from './fingerprint.js';
import { decodeSlot, encodeSlot, rule, type Slot } from './slot.js';

const A = { high: 1, low: 4_000_000_000 };
const B = { high: 2, low: 4_000_000_000 };

const RULE = { maxOccurrences: 3, intervalMs: 5000, prisonMs: 10_000 };

describe('rule', () => {
  it('catches the third occurrence inside the interval, as a plain count of all times would', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4000), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (gaps, maxOccurrences) => {
        let slot: Slot | undefined;
        let now = 1_000_000;
        let counted: number[] = [];
        let releasedAt = 0;
        for (const gap of gaps) {
          now += gap;
          const ruling = rule(slot, A, now, { ...RULE, maxOccurrences });
          slot = ruling.slot ?? slot;
          if (now < releasedAt) {
            expect(ruling.caught).toBe(true);
            continue;
          }
          counted = [...counted.filter((time) => now - time < RULE.intervalMs), now];
          expect(ruling.caught).toBe(counted.length >= maxOccurrences);
          if (!ruling.caught) continue;
          releasedAt = now + RULE.prisonMs;
          counted = [];
        }
      }),
    );
  });

  it('lets another message take over a slot, but not that of a prisoner', () => {
    const free: Slot = { key: A, times: [0, 1], releasedAt: 0 };
    expect(rule(free, B, 2, RULE)).toEqual({ caught: false, slot: { key: B, times: [2], releasedAt: 0 }, ttl: 5000 });
    const prisoner: Slot = { key: A, times: [], releasedAt: 100 };
    expect(rule(prisoner, B, 2, RULE)).toEqual({ caught: false, ttl: 0 });
    expect(rule(prisoner, B, 100, RULE).slot?.key).toBe(B);
  });

  it('stores and reads a slot, and takes nothing else for one', () => {
    for (const times of [[], [1], [1, 2], [1, 2, 3.5]]) {
      for (const releasedAt of times.length === 1 ? [0] : [0, 1_700_000_000_000]) {
        const slot: Slot = { key: A, times, releasedAt };
        expect(decodeSlot(encodeSlot(slot))).toEqual(slot);
      }
    }
    const json = new TextEncoder().encode('["0123456789abcdef",0,1]');
    for (const other of [undefined, new Uint8Array(0), new Uint8Array(15), json.subarray(0, 23)]) expect(decodeSlot(other)).toBeUndefined();
  });
});

const spell = (print: Fingerprint | undefined) => print && `${print.high} ${print.low}`;

describe('fingerprint', () => {
  it('is one for texts that look the same', () => {
    const key = (text: string) => spell(fingerprint(text, 1));
    for (const text of ['hello world', '  Hello\n\tWORLD ', 'ｈｅｌｌｏ world', 'hel\u200blo world', 'hello\u00a0world'])
      expect(key(text)).toBe(key('hello world'));
    for (const char of '\0\u0001\u007f\u0090\u00ad\u034f\u115f\u1160\u200b\u2060\u2800\u3164\ufe0f\uffa0\u{e0041}\u{e0100}') {
      const code = char.codePointAt(0)?.toString(16);
      for (const text of [`hel${char}lo world`, `${char}hello world${char}`, `hello${char}world`, `hello ${char} world`])
        expect(key(text), code).toBe(key('hello world'));
    }
    expect(key('e\u034f\u0301')).toBe(key('é'));
    for (const text of ['hello world!', 'hello', 'hello word']) expect(key(text)).not.toBe(key('hello world'));
  });

  it('differs for ten thousand messages, and spreads them evenly', () => {
    const prints = Array.from({ length: 10_000 }, (_, index) => fingerprint(`message ${index}`, 1));
    expect(new Set(prints.map(spell)).size).toBe(10_000);
    const slots = new Set(prints.map((print) => (print?.low ?? 0) % 4096));
    // 4096 × (1 − e^(−10000/4096)) = 3740 are expected to be in use.
    expect(slots.size).toBeGreaterThan(3650);
  });

  it('is the same when it is taken of the normalised text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fingerprint(normalise(text), 0)).toEqual(fingerprint(text, 0));
      }),
    );
  });

  it('is none below the shortest length', () => {
    expect(fingerprint(' \u200b ', 1)).toBeUndefined();
    expect(fingerprint('lol', 4)).toBeUndefined();
  });

  it('reads both ends and the length of a long text', () => {
    const long = `start ${'x'.repeat(1_000_000)} end`;
    expect(fingerprint(long, 1)).not.toEqual(fingerprint(`${long}!`, 1));
    expect(fingerprint(long, 1)).not.toEqual(fingerprint(long.replace('start', 'stort'), 1));
    expect(fingerprint(long.toUpperCase(), 1)).toEqual(fingerprint(long, 1));
  });
});
