import { describe, expect, it } from 'vitest';
import { History } from './history.js';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const fills = (payloads: readonly Uint8Array[]) => payloads.map(([first]) => first);

describe('History', () => {
  it('keeps the latest messages up to their number', () => {
    const history = new History(3, 1_000);
    for (let index = 1; index <= 5; index += 1) history.push(bytes(10, index));
    expect(fills(history.latest(50))).toEqual([3, 4, 5]);
    expect(fills(history.latest(2))).toEqual([4, 5]);
    expect(history.bytes).toBe(30);
  });

  it('keeps the latest messages up to their bytes', () => {
    const history = new History(50, 25);
    for (let index = 1; index <= 3; index += 1) history.push(bytes(10, index));
    expect(fills(history.latest(50))).toEqual([2, 3]);
    history.push(bytes(26, 4));
    expect(history.latest(50)).toEqual([]);
    expect(history.bytes).toBe(0);
  });

  it('keeps nothing where its size is 0', () => {
    const history = new History(0, 1_000);
    history.push(bytes(1, 1));
    expect(history.latest(1)).toEqual([]);
  });

  it('gives a list that later messages leave alone', () => {
    const history = new History(2, 1_000);
    history.push(bytes(1, 1));
    const before = history.latest(50);
    history.push(bytes(1, 2));
    expect(fills(before)).toEqual([1]);
  });
});
