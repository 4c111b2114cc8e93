import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateKey, StateStore, StateWrite } from '../../host/src/state/state-store.js';

const NOW = 1_000_000;
const bytes = (text: string) => new TextEncoder().encode(text);

function key(name: string, rest: Partial<StateKey> = {}): StateKey {
  return { plugin: 'p', scope: 'plugin', owner: '', key: name, ...rest };
}

function set(at: StateKey, value: string, expiresAt = 0): StateWrite {
  return { kind: 'set', key: at, value: bytes(value), expiresAt };
}

function add(at: StateKey, delta: number, expiresAt = 0): StateWrite {
  return { kind: 'add', key: at, delta, expiresAt };
}

/** What every StateStore must do. `close` frees what `make` took. */
export function stateStoreContract(name: string, make: () => Promise<{ store: StateStore; close(): Promise<void> }>): void {
  describe(`${name}: a state store`, () => {
    let store: StateStore;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const made = await make();
      store = made.store;
      close = () => made.close();
    });
    afterEach(() => close());

    const read = (at: StateKey, now = NOW) => {
      const entry = store.get(at, now);
      return entry && new TextDecoder().decode(entry.value);
    };

    it('returns what was set, and nothing for a key that was not', () => {
      store.apply([set(key('a'), 'one')], NOW);
      expect([read(key('a')), read(key('b'))]).toEqual(['one', undefined]);
    });

    it('keeps plugins, scopes and owners apart, whatever characters they have', () => {
      const keys = [
        key('k'),
        key('k', { plugin: 'q' }),
        key('k', { scope: 'room', owner: 'r' }),
        key('k', { scope: 'user', owner: 'r' }),
        key('\0k', { scope: 'room', owner: 'r' }),
        key('k', { scope: 'room', owner: 'r\0' }),
      ];
      store.apply(
        keys.map((at, index) => set(at, String(index))),
        NOW,
      );
      expect(keys.map((at) => read(at))).toEqual(['0', '1', '2', '3', '4', '5']);
    });

    it('applies writes in order', () => {
      store.apply([set(key('a'), '1'), { kind: 'delete', key: key('a') }, add(key('a'), 2), add(key('a'), 0.5)], NOW);
      expect(read(key('a'))).toBe('2.5');
    });

    it('takes all writes or, when one is impossible, none', () => {
      store.apply([set(key('text'), 'not a number'), set(key('b'), 'old')], NOW);
      const before = store.bytes('p');
      expect(() =>
        store.apply([set(key('a'), 'new'), set(key('b'), 'new'), { kind: 'delete', key: key('b') }, add(key('text'), 1)], NOW),
      ).toThrow(/text/);
      expect([read(key('a')), read(key('b')), read(key('text')), store.bytes('p')]).toEqual([undefined, 'old', 'not a number', before]);
    });

    it('never returns an expired entry, swept or not', () => {
      store.apply([set(key('a'), 'x', NOW + 10)], NOW);
      expect([read(key('a'), NOW + 9), read(key('a'), NOW + 10)]).toEqual(['x', undefined]);
      expect([...store.entries({}, NOW + 10)]).toEqual([]);
    });

    it('starts a number anew when the old one has expired, and else keeps its expiry', () => {
      store.apply([add(key('n'), 5, NOW + 10)], NOW);
      store.apply([add(key('n'), 1, NOW + 1000)], NOW + 5);
      expect(store.get(key('n'), NOW + 5)?.expiresAt).toBe(NOW + 10);
      store.apply([add(key('n'), 1, NOW + 1000)], NOW + 20);
      expect([read(key('n'), NOW + 20), store.get(key('n'), NOW + 20)?.expiresAt]).toEqual(['1', NOW + 1000]);
    });

    it('counts the bytes of keys and values of one plugin', () => {
      store.apply(
        [set(key('é'), 'abc'), set(key('room', { scope: 'room', owner: 'long name' }), ''), set(key('other', { plugin: 'q' }), 'x')],
        NOW,
      );
      expect(store.bytes('p')).toBe(2 + 3 + 4);
      store.apply([set(key('é'), 'a'), { kind: 'delete', key: key('room', { scope: 'room', owner: 'long name' }) }], NOW);
      expect(store.bytes('p')).toBe(3);
      expect(store.bytes('nobody')).toBe(0);
    });

    it('lists and wipes by plugin, scope and owner', () => {
      store.apply(
        [
          set(key('a'), '1'),
          set(key('b', { scope: 'connection', owner: 'c1' }), '2'),
          set(key('c', { scope: 'connection', owner: 'c2' }), '3'),
          set(key('d', { plugin: 'q', scope: 'connection', owner: 'c1' }), '4'),
        ],
        NOW,
      );
      const names = (filter: Parameters<StateStore['entries']>[0]) => [...store.entries(filter, NOW)].map(([at]) => at.key).sort();
      expect(names({})).toEqual(['a', 'b', 'c', 'd']);
      expect(names({ plugin: 'p' })).toEqual(['a', 'b', 'c']);
      expect(names({ plugin: 'p', scope: 'connection' })).toEqual(['b', 'c']);
      expect(names({ scope: 'connection', owner: 'c1' })).toEqual(['b', 'd']);
      expect(store.wipe({ scope: 'connection', owner: 'c1' })).toBe(2);
      expect(names({})).toEqual(['a', 'c']);
      expect([store.wipe({ plugin: 'p' }), store.bytes('p'), store.wipe({})]).toEqual([2, 0, 0]);
    });

    it('sweeps what has expired and says how much that was', () => {
      store.apply([set(key('a'), '1', NOW + 1), set(key('b'), '2', NOW + 5), set(key('c'), '3')], NOW);
      expect([store.sweep(NOW), store.sweep(NOW + 1), store.sweep(NOW + 1), store.sweep(NOW + 9)]).toEqual([0, 1, 0, 1]);
      expect(store.bytes('p')).toBe(2);
    });

    it('behaves like a map with expiries', async () => {
      const place = fc.record({
        plugin: fc.constantFrom('p', 'q'),
        scope: fc.constantFrom('plugin' as const, 'room' as const),
        owner: fc.constantFrom('', 'r'),
        key: fc.constantFrom('a', 'b', 'é'),
      });
      const expiry = fc.constantFrom(0, NOW + 2, NOW + 6);
      const write: fc.Arbitrary<StateWrite> = fc.oneof(
        fc.record({ kind: fc.constant('set' as const), key: place, value: fc.constantFrom('1', '22', '').map(bytes), expiresAt: expiry }),
        fc.record({ kind: fc.constant('delete' as const), key: place }),
        fc.record({ kind: fc.constant('add' as const), key: place, delta: fc.integer({ min: -3, max: 3 }), expiresAt: expiry }),
      );
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.array(write, { maxLength: 4 }) },
        { weight: 1, arbitrary: fc.constant('sweep' as const) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const made = await make();
          const model = new Map<string, { at: StateKey; value: string; expiresAt: number }>();
          steps.forEach((item, index) => {
            const now = NOW + index;
            if (item === 'sweep') made.store.sweep(now);
            else applyToBoth(made.store, model, item, now);
            const live = [...model.values()].filter(({ expiresAt }) => expiresAt === 0 || expiresAt > now);
            const listed = [...made.store.entries({}, now)].map(
              ([at, entry]) => `${spellKey(at)}=${new TextDecoder().decode(entry.value)}@${entry.expiresAt}`,
            );
            expect(listed.sort()).toEqual(live.map(({ at, value, expiresAt }) => `${spellKey(at)}=${value}@${expiresAt}`).sort());
          });
          await made.close();
        }),
        { verbose: 1 },
      );
    });
  });
}

type Model = Map<string, { at: StateKey; value: string; expiresAt: number }>;

/** A store that throws must have kept everything as it was; so does the model. */
function applyToBoth(store: StateStore, model: Model, writes: StateWrite[], now: number): void {
  const next: Model = new Map(model);
  let possible = true;
  for (const write of writes) {
    const id = spellKey(write.key);
    const found = next.get(id);
    const before = found && (found.expiresAt === 0 || found.expiresAt > now) ? found : undefined;
    if (write.kind === 'delete') next.delete(id);
    else if (write.kind === 'set')
      next.set(id, { at: write.key, value: new TextDecoder().decode(write.value), expiresAt: write.expiresAt });
    else if (before?.value === '') possible = false;
    else
      next.set(id, {
        at: write.key,
        value: String(Number(before?.value ?? 0) + write.delta),
        expiresAt: before ? before.expiresAt : write.expiresAt,
      });
    if (!possible) break;
  }
  if (!possible) {
    expect(() => store.apply(writes, now)).toThrow();
    return;
  }
  store.apply(writes, now);
  model.clear();
  for (const [id, entry] of next) model.set(id, entry);
}

function spellKey(at: StateKey): string {
  return JSON.stringify([at.plugin, at.scope, at.owner, at.key]);
}
