import { describe, expect, it } from 'vitest';
import { compared, measured, reaches, withBar } from './rows.js';

describe('compared', () => {
  it('takes each ratio inside its round, so that a drift of the machine cancels out', () => {
    const row = compared('gateway', 'round trips/s', [50, 100, 200], [100, 200, 400]);
    expect(row).toEqual({ name: 'gateway', ours: 100, peer: 200, ratio: 0.5, unit: 'round trips/s', min: 0.5, max: 0.5, runs: 3 });
  });

  it('reports the median ratio, which need not be the ratio of the medians', () => {
    const row = compared('gateway', 'µs', [10, 20, 90], [10, 40, 30]);
    expect(row).toMatchObject({ ours: 20, peer: 30, ratio: 1, min: 0.5, max: 3 });
  });

  it('refuses rounds that do not pair up', () => {
    expect(() => compared('gateway', 'µs', [1, 2], [1])).toThrow('gateway: 2 runs of ours against 1');
  });

  it('refuses a peer that did nothing', () => {
    expect(() => compared('gateway', 'µs', [1], [0])).toThrow('gateway: a measurement gave Infinity');
  });
});

describe('measured', () => {
  it('spreads over the values themselves', () => {
    expect(measured('size', 'bytes', [3, 1, 2])).toEqual({
      name: 'size',
      ours: 2,
      peer: null,
      ratio: null,
      unit: 'bytes',
      min: 1,
      max: 3,
      runs: 3,
    });
  });
});

describe('reaches', () => {
  it('holds the ratio against the bar where there is a peer, else the figure', () => {
    const against = compared('engine', 'calls/s', [900, 900], [100, 100]);
    expect([reaches(withBar(against, { atLeast: 9 })), reaches(withBar(against, { atLeast: 10 }))]).toEqual([true, false]);
    const alone = measured('latency, added', 'µs', [90, 110]);
    expect([reaches(withBar(alone, { atMost: 100 })), reaches(withBar(alone, { atMost: 99 }))]).toEqual([true, false]);
  });

  it('has no opinion without a bar', () => {
    expect(reaches(measured('size', 'bytes', [1]))).toBeUndefined();
  });
});
