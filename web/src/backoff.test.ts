import { expect, it } from 'vitest';
import { backoffDelay } from './backoff.js';

const backoff = { baseMs: 100, maxMs: 1_000 };

it('doubles with each attempt, up to the maximum', () => {
  expect([0, 1, 2, 3, 4, 5, 1_000].map((attempt) => backoffDelay(attempt, backoff, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

it('spreads clients over the upper half of the wait', () => {
  expect(backoffDelay(2, backoff, 0)).toBe(200);
  expect(backoffDelay(2, backoff, 0.5)).toBe(300);
});
