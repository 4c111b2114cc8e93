import { describe, expect, it } from 'vitest';
import { RoomState } from './room-state.js';
import { StateMemoryStore } from './state-memory.js';
import type { StateKey } from './state-store.js';

function make() {
  const state = new StateMemoryStore();
  const wiped: (string | undefined)[] = [];
  const rooms = new RoomState({
    state,
    wipe: (filter) => {
      wiped.push(filter.owner);
      state.wipe(filter);
    },
  });
  const write = (owner: string, change: Partial<StateKey> = {}) =>
    state.apply(
      [{ kind: 'set', key: { plugin: 'p', scope: 'room', owner, key: 'k', ...change }, value: new Uint8Array(9), expiresAt: 0 }],
      1,
    );
  return { state, rooms, wiped, write };
}

describe('RoomState', () => {
  it('forgets what all plugins keep for a room that has ended, and nothing else', () => {
    const { state, rooms, write } = make();
    for (const name of ['tea', 'coffee']) {
      rooms.opened(name);
      write(name);
    }
    write('tea', { plugin: 'q' });
    write('tea', { scope: 'user' });
    rooms.ended('tea');
    expect([...state.entries({}, 1)].map(([{ scope, owner }]) => `${scope} ${owner}`)).toEqual(['room coffee', 'user tea']);
  });

  it('keeps it as long as another chat has a room of that name', () => {
    const { state, rooms, write } = make();
    rooms.opened('tea');
    rooms.opened('tea');
    write('tea');
    rooms.ended('tea');
    expect(state.bytes('p')).toBeGreaterThan(0);
    rooms.ended('tea');
    expect(state.bytes('p')).toBe(0);
  });

  it('forgets what frames that were under way wrote after the end', () => {
    const { state, rooms, wiped, write } = make();
    rooms.opened('tea');
    rooms.ended('tea');
    for (let sweep = 0; sweep < 2; sweep++) {
      write('tea');
      rooms.sweep();
      expect(state.bytes('p')).toBe(0);
    }
    rooms.sweep();
    expect(wiped).toEqual(['tea', 'tea']);
  });

  it('leaves a room of the same name alone that has opened meanwhile', () => {
    const { state, rooms, write } = make();
    rooms.opened('tea');
    rooms.ended('tea');
    rooms.opened('tea');
    write('tea');
    rooms.sweep();
    expect(state.bytes('p')).toBeGreaterThan(0);
  });

  it('costs no wipe for a room that no plugin has kept anything for', () => {
    const { rooms, wiped } = make();
    rooms.opened('tea');
    rooms.ended('tea');
    rooms.sweep();
    expect(wiped).toEqual([]);
  });
});
