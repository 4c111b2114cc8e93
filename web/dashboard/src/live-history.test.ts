import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiveHistory, pluginLabel } from './live-history.js';
import type { RecentVerdict, Snapshot } from './model.js';

const verdict = (number: number): RecentVerdict => ({
  number,
  at: 0,
  route: '/chat',
  plugin: 'stamp',
  connection: 'c',
  hook: 'on_request_message',
  kind: 'drop',
});

const snapshot = (at: number, rest: Partial<Snapshot> = {}): Snapshot => ({
  at,
  phase: 'serving',
  connections: at,
  routes: [],
  plugins: [],
  verdicts: [],
  verdictsLeftOut: 0,
  ...rest,
});

const connections = ({ connections: value }: Snapshot) => new Map([['connections', value]]);

describe('LiveHistory', () => {
  it('has a column of times and one for each name', () => {
    const history = new LiveHistory();
    history.add(snapshot(1_000));
    history.add(snapshot(1_500));
    expect(history.series(connections, 8)).toEqual({
      names: ['connections'],
      columns: [
        [1, 1.5],
        [1_000, 1_500],
      ],
    });
  });

  it('keeps a fault however many frames are replaced after it', () => {
    const history = new LiveHistory();
    history.add(snapshot(0, { verdicts: [{ ...verdict(0), kind: 'fault' }] }));
    for (let number = 1; number < 500; number++) history.add(snapshot(number, { verdicts: [{ ...verdict(number), kind: 'replace' }] }));
    expect(history.verdicts.map(({ kind }) => kind)).toEqual([...new Array(100).fill('replace'), 'fault']);
  });

  it('leaves a gap where nothing was known', () => {
    const history = new LiveHistory();
    history.interrupt();
    history.add(snapshot(1_000));
    history.interrupt();
    history.interrupt();
    history.add(snapshot(9_000));
    expect(history.series(connections, 8).columns).toEqual([
      [1, 1.001, 9],
      [1_000, null, 9_000],
    ]);
  });

  it('shows no more names than it is asked for, those of the newest snapshot', () => {
    const history = new LiveHistory();
    history.add(snapshot(1_000));
    history.add(snapshot(2_000));
    const value = ({ at }: Snapshot) => new Map(at === 1_000 ? [['gone', 1]] : ['a', 'b', 'c'].map((name) => [name, 2]));
    expect(history.series(value, 2)).toEqual({
      names: ['a', 'b'],
      columns: [
        [1, 2],
        [null, 2],
        [null, 2],
      ],
    });
  });

  it('lists every verdict once, newest first, also those that a new stream tells again', () => {
    const history = new LiveHistory();
    history.add(snapshot(1, { verdicts: [verdict(0), verdict(1)], verdictsLeftOut: 3 }));
    history.add(snapshot(2, { verdicts: [verdict(1), verdict(2)] }));
    expect(history.verdicts.map(({ number }) => number)).toEqual([2, 1, 0]);
    expect(history.missed).toBe(3);
  });

  it('begins anew when the numbers do: the host was started again', () => {
    const history = new LiveHistory();
    history.add(snapshot(1, { verdicts: [verdict(7), verdict(8)] }));
    history.add(snapshot(2, { verdicts: [verdict(0), verdict(1)] }));
    expect(history.verdicts.map(({ number }) => number)).toEqual([1, 0]);
  });

  it('keeps columns of equal length and a bounded number of points and verdicts, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 600 }), (steps) => {
        const history = new LiveHistory();
        for (const [index, told] of steps.entries()) {
          if (told) history.add(snapshot(index * 500, { verdicts: [verdict(index)] }));
          else history.interrupt();
        }
        const { columns } = history.series(connections, 8);
        const [times] = columns;
        expect(new Set(columns.map(({ length }) => length)).size).toBe(1);
        expect(times.length).toBeLessThanOrEqual(240);
        expect([...times].sort((a, b) => a - b)).toEqual(times);
        expect(history.verdicts.length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

it('names a plugin by its route only where the name alone does not tell', () => {
  const plugin = (route: string, name: string) => ({ route, name, callRate: 0, verdicts: {}, faults: 0 });
  const all = snapshot(1, { plugins: [plugin('a', 'x'), plugin('b', 'x'), plugin('a', 'y')] });
  expect([pluginLabel(all, 'a', 'x'), pluginLabel(all, 'a', 'y')]).toEqual(['x (a)', 'y']);
});
