import { STATE_SCOPES, type StateScope } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tally } from '../../../test/support/guests/engine-guests.js';
import { connectionContext } from '../../../test/support/plugin-calls.js';
import { stateOwner } from '../state/state-owner.js';
import { Placement } from './placement.js';
import { shardBy, stateScopes } from './shard.js';

function place(placement: Placement, chain: number, plugins: Record<string, readonly StateScope[]>): readonly number[] {
  const plan = placement.plan(
    chain,
    Object.entries(plugins).map(([name, scopes]) => tally(name, scopes)),
  );
  placement.commit(plan);
  return plan.moved;
}

describe('shardBy', () => {
  it('is the finest that keeps each memory in one worker', () => {
    const cases: [StateScope[], string][] = [
      [[], 'connection'],
      [['connection'], 'connection'],
      [['room'], 'room'],
      [['connection', 'room'], 'room'],
      [['user', 'connection'], 'user'],
      [['room', 'user'], 'chain'],
      [['plugin'], 'chain'],
      [['room', 'plugin'], 'chain'],
    ];
    for (const [scopes, by] of cases) expect([scopes, shardBy(scopes)]).toEqual([scopes, by]);
  });

  it('takes a module without a manifest for one that may share everything', () => {
    const { manifest: _, ...spec } = tally('a', []);
    expect(shardBy(stateScopes(spec))).toBe('chain');
  });
});

describe('Placement', () => {
  it('gives chains that need one worker each different ones, as long as there are any', () => {
    const placement = new Placement(3);
    for (let chain = 0; chain < 6; chain++) place(placement, chain, { [`p${chain}`]: ['plugin'] });
    const homes = Array.from({ length: 6 }, (_, chain) => placement.partition(chain).home);
    expect(homes.slice(0, 3).sort()).toEqual([0, 1, 2]);
    expect(homes.slice(3).sort()).toEqual([0, 1, 2]);
  });

  it('spreads connections, rooms and users over all workers', () => {
    const placement = new Placement(4);
    place(placement, 1, { a: ['connection'] });
    place(placement, 2, { b: ['room'] });
    place(placement, 3, { c: ['user'] });
    for (const chain of [1, 2, 3]) {
      const used = new Map<number, number>();
      for (let index = 0; index < 400; index++) {
        const context = connectionContext({ handle: index, room: `room-${index}`, user: { id: `u${index}`, name: 'u' } });
        const worker = placement.workerFor(placement.partition(chain), context);
        used.set(worker, (used.get(worker) ?? 0) + 1);
      }
      expect([...used.keys()].sort()).toEqual([0, 1, 2, 3]);
      expect(Math.min(...used.values())).toBeGreaterThan(50);
    }
  });

  it('moves a chain when another one shares its memory more widely, and only then', () => {
    const placement = new Placement(4);
    place(placement, 1, { shared: ['room'], own: [] });
    place(placement, 2, { other: ['room'] });
    expect(place(placement, 3, { shared: ['room'] })).toEqual([]);
    expect(placement.partition(1)).toMatchObject({ by: 'room' });
    expect([...place(placement, 4, { shared: ['room'], wide: ['plugin'] })].sort()).toEqual([1, 3]);
    expect(placement.partition(1)).toEqual(placement.partition(4));
    expect(placement.partition(1).by).toBe('chain');
    expect(placement.partition(2).by).toBe('room');
  });

  it('says which memories nobody uses any more', () => {
    const placement = new Placement(2);
    place(placement, 1, { a: ['room'] });
    place(placement, 2, { a: ['room'], b: ['connection'] });
    expect([...placement.remove(1)]).toEqual([]);
    expect([...placement.remove(2)]).toEqual([{ plugin: 'a', scope: 'room' }]);
    expect([...placement.domains()]).toEqual([]);
  });

  it('sends every frame to the worker that has all the memory it may touch, whatever chains come and go', () => {
    const scopes = fc.uniqueArray(fc.constantFrom(...STATE_SCOPES), { maxLength: 3 });
    const plugins = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), scopes, { maxKeys: 3 });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('open' as const), plugins }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), which: fc.nat() }) },
    );
    const owner = fc.option(fc.constantFrom('x', 'y', 'z', 'tea', 'u1'), { nil: undefined });
    const contexts = fc.array(fc.record({ handle: fc.nat({ max: 50 }), room: owner, user: owner }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4, 7), fc.array(step, { maxLength: 12 }), contexts, (workers, steps, who) => {
        const placement = new Placement(workers);
        const open = new Map<number, Record<string, readonly StateScope[]>>();
        for (const [id, item] of steps.entries()) {
          if (item.do === 'open') {
            place(placement, id, item.plugins);
            open.set(id, item.plugins);
          } else {
            const closing = [...open.keys()][item.which % Math.max(1, open.size)];
            if (closing !== undefined) placement.remove(closing);
            if (closing !== undefined) open.delete(closing);
          }
          for (const [chain, uses] of open) {
            for (const { handle, room, user } of who) {
              const context = connectionContext({
                handle,
                id: `c${handle}`,
                ...(room === undefined ? {} : { room }),
                ...(user === undefined ? {} : { user: { id: user, name: user } }),
              });
              const worker = placement.workerFor(placement.partition(chain), context);
              expect(placement.runsOn(chain, worker)).toBe(true);
              for (const [plugin, asked] of Object.entries(uses)) {
                for (const scope of asked) {
                  if (scope === 'connection') continue;
                  expect(placement.ownerOf({ plugin, scope, owner: stateOwner(scope, context), key: 'k' })).toBe(worker);
                }
              }
            }
          }
        }
      }),
      { verbose: 1 },
    );
  });
});
