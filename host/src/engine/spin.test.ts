import { describe, expect, it } from 'vitest';
import { Spin } from './spin.js';

/** How many of so many waits, all in vain, looked at all. */
function looked(spin: Spin, waits: number): number {
  let count = 0;
  for (let wait = 0; wait < waits; wait++) {
    let looks = 0;
    const ready = () => {
      looks += 1;
      return false;
    };
    expect(spin.wait(ready)).toBe(false);
    if (looks > 0) count += 1;
  }
  return count;
}

describe('Spin', () => {
  it('waits until the other side is ready', () => {
    let looks = 0;
    expect(new Spin(60_000_000).wait(() => ++looks === 1000)).toBe(true);
  });

  it('gives up after its time', () => {
    const started = performance.now();
    expect(new Spin(2000).wait(() => false)).toBe(false);
    expect(performance.now() - started).toBeGreaterThanOrEqual(2);
  });

  it('does not look at all with 0 µs', () => {
    expect(looked(new Spin(0), 100)).toBe(0);
  });

  it('waits less and less often while nothing comes, and each time again when that has paid often enough', () => {
    const spin = new Spin(1);
    // 8 + 16 + … + 512 chances sat out, then 512 each time, with two waits between.
    expect(looked(spin, 10_000)).toBeLessThan(60);
    let paid = 0;
    for (let chances = 0; paid < 16 && chances < 1000; chances++) if (spin.wait(() => true)) paid += 1;
    expect(paid).toBe(16);
    expect(looked(spin, 5)).toBe(5);
  });

  it('goes on as long as two waits in three pay', () => {
    const spin = new Spin(1);
    for (let chance = 0; chance < 300; chance++) {
      if (chance % 3 === 2) expect(looked(spin, 1)).toBe(1);
      else expect(spin.wait(() => true)).toBe(true);
    }
  });
});
