import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.js';

const OPTIONS = { kills: 3, windowMs: 1000, faultsInARow: 4, backoffMs: 100, maxBackoffMs: 300 };

function quarantine(breaker: Breaker, at: number): number | undefined {
  breaker.killed(at);
  breaker.killed(at);
  return breaker.killed(at);
}

describe('Breaker', () => {
  it('quarantines after that many kills within the window, not over a longer time', () => {
    const breaker = new Breaker(OPTIONS);
    expect([0, 600, 1200, 1800].map((at) => breaker.killed(at))).toEqual([undefined, undefined, undefined, undefined]);
    expect(breaker.killed(1900)).toBe(100);
    expect(breaker.quarantined).toBe(true);
  });

  it('quarantines after faults in a row, and a success between them starts the row anew', () => {
    const breaker = new Breaker(OPTIONS);
    for (let i = 0; i < 3; i++) expect(breaker.faulted(i)).toBeUndefined();
    breaker.succeeded();
    for (let i = 0; i < 3; i++) expect(breaker.faulted(i)).toBeUndefined();
    expect(breaker.faulted(9)).toBe(100);
  });

  it('says until when, and forgets everything when it is reset', () => {
    const breaker = new Breaker(OPTIONS);
    expect(breaker.reset()).toBe(false);
    expect(quarantine(breaker, 50)).toBe(100);
    expect(breaker.quarantinedUntil).toBe(150);
    expect(breaker.reset()).toBe(true);
    expect([breaker.quarantined, breaker.quarantinedUntil]).toEqual([false, undefined]);
    expect([breaker.killed(60), breaker.killed(60), breaker.killed(60)]).toEqual([undefined, undefined, 100]);
  });

  it('readmits after the back-off', () => {
    const breaker = new Breaker(OPTIONS);
    quarantine(breaker, 0);
    expect(breaker.readmit(99)).toBe(false);
    expect(breaker.readmit(100)).toBe(true);
    expect(breaker.quarantined).toBe(false);
  });

  it('doubles the back-off for one more kill on trial, up to the maximum', () => {
    const breaker = new Breaker(OPTIONS);
    quarantine(breaker, 0);
    breaker.readmit(100);
    expect(breaker.killed(101)).toBe(200);
    breaker.readmit(301);
    expect(breaker.killed(302)).toBe(300);
    breaker.readmit(602);
    expect(breaker.killed(603)).toBe(300);
  });

  it('quarantines again on a first fault after readmission, but forgives one after a success', () => {
    const again = new Breaker(OPTIONS);
    quarantine(again, 0);
    again.readmit(100);
    expect(again.faulted(101)).toBe(200);
    const healed = new Breaker(OPTIONS);
    quarantine(healed, 0);
    healed.readmit(100);
    healed.succeeded();
    expect(healed.faulted(101)).toBeUndefined();
  });

  it('starts with the first back-off again after a window without faults', () => {
    const breaker = new Breaker(OPTIONS);
    quarantine(breaker, 0);
    breaker.readmit(100);
    breaker.succeeded();
    expect(quarantine(breaker, 2000)).toBe(100);
  });
});
