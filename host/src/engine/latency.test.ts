import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLatencies, LATENCY_BOUNDS_MS, LatencyWriter, readLatencies } from './latency.js';

it('puts every call into the first bucket whose bound it does not exceed, and adds its time up', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 50 }), (calls) => {
      const shared = createLatencies(2);
      const writer = new LatencyWriter(shared, 1);
      for (const ms of calls) writer.record('on_response_message', ms);
      const [latency] = readLatencies(shared, 1, ['on_response_message']);
      const bounds = [...LATENCY_BOUNDS_MS, Number.POSITIVE_INFINITY];
      const expected = bounds.map((bound, index) => calls.filter((ms) => ms <= bound && ms > (bounds[index - 1] ?? -1)).length);
      expect(latency?.buckets).toEqual(expected);
      expect(latency?.count).toBe(calls.length);
      expect(latency?.sumMs).toBeCloseTo(
        calls.reduce((sum, ms) => sum + Math.round(ms * 1000) / 1000, 0),
        6,
      );
    }),
  );
});

it('keeps plugins and hooks apart', () => {
  const shared = createLatencies(2);
  new LatencyWriter(shared, 0).record('on_connect', 1);
  const hooks = ['on_connect', 'on_request_message', 'on_response_message', 'on_disconnect'] as const;
  expect(readLatencies(shared, 0, hooks).map(({ count }) => count)).toEqual([1, 0, 0, 0]);
  expect(readLatencies(shared, 1, hooks).map(({ count }) => count)).toEqual([0, 0, 0, 0]);
});

it('carries over 32 bits', () => {
  const shared = createLatencies(1);
  const writer = new LatencyWriter(shared, 0);
  for (let call = 0; call < 5; call++) writer.record('on_connect', 1_500_000);
  expect(readLatencies(shared, 0, ['on_connect'])[0]).toMatchObject({ count: 5, sumMs: 7_500_000 });
});
