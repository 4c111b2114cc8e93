import { describe, expect, it } from 'vitest';
import { bytes, duration, milliseconds, versionName, visible } from './format.js';

describe('figures for people', () => {
  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [700_000, '684 KiB'],
    [5_242_880, '5.0 MiB'],
    [2 ** 45, '32768 GiB'],
  ])('write %d bytes as %s', (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [-5, '0 s'],
    [59_400, '59 s'],
    [125_000, '2 min 5 s'],
    [7_260_000, '2 h 1 min'],
  ])('write %d ms as %s', (value, text) => expect(duration(value)).toBe(text));

  it('say that a latency is a bound, and that there was none', () => {
    expect([milliseconds(0.25), milliseconds(undefined)]).toEqual(['≤ 0.25 ms', '–']);
  });

  it('call a version by its digest if it has no other name', () => {
    const sha256 = 'abcdef0123456789';
    expect([versionName({ sha256, version: '1.2.3' }), versionName({ sha256 })]).toEqual(['v1.2.3', 'abcdef0123']);
  });
});

it('writes out what cannot be seen or turns the direction of text round', () => {
  expect(visible('abc\u202edcba\n')).toBe('abc\\u{202e}dcba\\u{a}');
  expect(visible('Größe 日本 👍')).toBe('Größe 日本 👍');
});
