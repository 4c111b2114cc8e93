import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentVerdicts } from './recent-verdicts.js';

it('gives the latest verdicts from a number on, oldest first, as far as they are kept', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(30), fc.nat(35), fc.nat(12), (size, added, since, limit) => {
      const recent = new RecentVerdicts(size);
      for (let index = 0; index < added; index++) {
        const place = { at: index, route: '/', connection: 'c', hook: 'on_request_message' } as const;
        recent.add({ plugin: 'p', kind: 'drop', reason: `reason ${index}` }, place);
      }
      const all = Array.from({ length: added }, (_, index) => index).slice(-size);
      const wanted = all.filter((number) => number >= since);
      expect(recent.since(since, limit).map(({ number, reason }) => [number, reason])).toEqual(
        (limit === 0 ? [] : wanted.slice(-limit)).map((number) => [number, `reason ${number}`]),
      );
      expect(recent.next).toBe(added);
    }),
  );
});

it('keeps what is rare however much of another kind comes after it, and tells it first', () => {
  const recent = new RecentVerdicts(50);
  const place = { at: 0, route: '/', connection: 'c', hook: 'on_request_message' } as const;
  recent.add({ plugin: 'p', kind: 'fault', fault: 'PLUGIN_TRAP' }, place);
  recent.add({ plugin: 'p', kind: 'drop' }, place);
  for (let index = 0; index < 1_000; index++) recent.add({ plugin: 'p', kind: 'replace' }, place);
  expect(recent.since(0, 4).map(({ kind, number }) => [kind, number])).toEqual([
    ['fault', 0],
    ['drop', 1],
    ['replace', 1_000],
    ['replace', 1_001],
  ]);
  expect(recent.since(0, 1_000)).toHaveLength(52);
});
