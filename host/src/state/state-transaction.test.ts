import { STATE_STATUS } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateMemoryStore } from './state-memory.js';
import type { StateKey } from './state-store.js';
import { StateTransaction } from './state-transaction.js';

const NOW = 1_000_000;
const CAP = 100;
const bytes = (text: string) => new TextEncoder().encode(text);
const key = (name: string, plugin = 'p'): StateKey => ({ plugin, scope: 'plugin', owner: '', key: name });

function begin(store = new StateMemoryStore(), now = NOW) {
  const state = new StateTransaction(store, now);
  const read = (name: string, plugin?: string) => {
    const entry = state.get(key(name, plugin));
    return entry && new TextDecoder().decode(entry.value);
  };
  return { store, state, read };
}

describe('StateTransaction', () => {
  it('shows a frame its own writes and the store nothing', () => {
    const { store, state, read } = begin();
    expect(state.set(key('a'), bytes('1'), 0, CAP)).toBe(0);
    expect(read('a')).toBe('1');
    expect(store.get(key('a'), NOW)).toBeUndefined();
    store.apply(state.writes(), NOW);
    expect(store.get(key('a'), NOW)?.value).toEqual(bytes('1'));
  });

  it('has the same empty list of writes as long as nothing is written', () => {
    const { store, state } = begin();
    state.get(key('a'));
    state.delete(key('a'));
    expect(state.writes()).toBe(new StateTransaction(store, NOW).writes());
  });

  it('hides what the frame has deleted', () => {
    const { store, state, read } = begin();
    store.apply([{ kind: 'set', key: key('a'), value: bytes('1'), expiresAt: 0 }], NOW);
    expect([state.delete(key('a')), read('a'), state.delete(key('a')), state.ttl(key('a'))]).toEqual([
      1,
      undefined,
      0,
      STATE_STATUS.absent,
    ]);
  });

  it("counts a TTL from the frame's time", () => {
    const { state } = begin();
    state.set(key('a'), bytes('1'), 250, CAP);
    state.set(key('b'), bytes('1'), 0, CAP);
    expect([state.ttl(key('a')), state.ttl(key('b'))]).toEqual([250, Number.POSITIVE_INFINITY]);
    expect(state.writes()[0]).toMatchObject({ expiresAt: NOW + 250 });
  });

  it('lets nothing live on whose time is already past', () => {
    const { state, read } = begin();
    state.set(key('a'), bytes('1'), -5, CAP);
    expect(read('a')).toBeUndefined();
  });

  it('adds to decimal text, keeps the first TTL, and refuses what is not a number', () => {
    const { state, read } = begin();
    expect([state.add(key('n'), 1.5, 100, CAP), state.add(key('n'), -2, 900, CAP), state.ttl(key('n'))]).toEqual([1.5, -0.5, 100]);
    expect(read('n')).toBe('-0.5');
    for (const text of ['', 'x', ' 1', '0x10', 'Infinity']) {
      state.set(key('t'), bytes(text), 0, CAP);
      expect(state.add(key('t'), 1, 0, CAP)).toBeNaN();
    }
    expect(state.add(key('n'), Number.POSITIVE_INFINITY, 0, CAP)).toBeNaN();
  });

  it('refuses long keys and values above the cap, and counts what the frame itself has written', () => {
    const { state } = begin();
    expect(state.set(key('k'.repeat(513)), bytes('x'), 0, 10_000)).toBe(STATE_STATUS.tooLarge);
    expect(state.set(key('é'.repeat(256)), bytes('x'), 0, 10_000)).toBe(0);
    expect(state.set(key('a', 'q'), new Uint8Array(CAP + 1), 0, CAP)).toBe(STATE_STATUS.tooLarge);
    expect(state.set(key('a', 'q'), new Uint8Array(60), 0, CAP)).toBe(0);
    expect(state.set(key('b', 'q'), new Uint8Array(39), 0, CAP)).toBe(STATE_STATUS.full);
    expect(state.set(key('b', 'q'), new Uint8Array(38), 0, CAP)).toBe(0);
    expect(state.add(key('c', 'q'), 1, 0, CAP)).toBeNaN();
    expect(state.delete(key('a', 'q'))).toBe(1);
    expect(state.add(key('c', 'q'), 1, 0, CAP)).toBe(1);
  });

  it('finds the room of what has expired', () => {
    const { store, state } = begin();
    store.apply([{ kind: 'set', key: key('old'), value: new Uint8Array(90), expiresAt: NOW - 1 }], NOW - 100);
    expect(state.set(key('new'), new Uint8Array(90), 0, CAP)).toBe(0);
  });

  it('takes back to a savepoint what was written since, room included', () => {
    const { state, read } = begin();
    state.set(key('a'), bytes('1'), 0, CAP);
    const savepoint = state.savepoint();
    state.set(key('a'), new Uint8Array(80), 0, CAP);
    state.delete(key('a'));
    state.add(key('n'), 1, 0, CAP);
    state.rollback(savepoint);
    expect([read('a'), read('n'), state.writes().length]).toEqual(['1', undefined, 1]);
    expect(state.set(key('b'), new Uint8Array(97), 0, CAP)).toBe(0);
  });

  it('agrees with a map, through savepoints, and leaves the store in that state', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const action = fc.oneof(
      fc.record({ do: fc.constant('set' as const), name, value: fc.constantFrom('1', '-2', '30') }),
      fc.record({ do: fc.constant('delete' as const), name }),
      fc.record({ do: fc.constant('add' as const), name, delta: fc.integer({ min: -9, max: 9 }) }),
      fc.record({ do: fc.constant('attempt' as const), name, value: fc.constantFrom('7', '8') }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(action, { maxLength: 30, size: 'max' }), { maxLength: 4 }), (frames) => {
        const store = new StateMemoryStore();
        const model = new Map<string, string>();
        for (const actions of frames) {
          const { state, read } = begin(store);
          for (const item of actions) {
            if (item.do === 'set') {
              state.set(key(item.name), bytes(item.value), 0, CAP);
              model.set(item.name, item.value);
            } else if (item.do === 'delete') {
              expect(state.delete(key(item.name))).toBe(model.delete(item.name) ? 1 : 0);
            } else if (item.do === 'add') {
              const sum = Number(model.get(item.name) ?? 0) + item.delta;
              expect(state.add(key(item.name), item.delta, 0, CAP)).toBe(sum);
              model.set(item.name, String(sum));
            } else {
              const savepoint = state.savepoint();
              state.set(key(item.name), bytes(item.value), 0, CAP);
              state.delete(key('a'));
              state.rollback(savepoint);
            }
            for (const known of ['a', 'b', 'c']) expect(read(known)).toBe(model.get(known));
          }
          store.apply(state.writes(), NOW);
          const sizes = [...model].reduce((sum, [at, value]) => sum + at.length + value.length, 0);
          expect(store.bytes('p')).toBe(sizes);
        }
      }),
      { verbose: 1 },
    );
  });
});
