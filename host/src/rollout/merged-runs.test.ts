import { expect, it } from 'vitest';
import { MergedRuns } from './merged-runs.js';

it('runs what is asked for while it runs once more, and other keys beside it', async () => {
  const runs = new MergedRuns();
  const ends: (() => void)[] = [];
  let others = 0;
  const job = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
  const first = runs.run('a', job);
  for (let change = 0; change < 10; change++) await runs.run('a', job);
  await runs.run('b', async () => {
    others++;
  });
  expect([ends.length, others]).toEqual([1, 1]);
  ends[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ends.length).toBe(2);
  ends[1]?.();
  await first;
  expect(ends.length).toBe(2);
  const later = runs.run('a', job);
  expect(ends.length).toBe(3);
  ends[2]?.();
  await later;
});
