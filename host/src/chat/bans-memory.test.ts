import { describe, expect, it } from 'vitest';
import type { Ban } from './bans.js';
import { BansMemory } from './bans-memory.js';

function ban(change: Partial<Ban> = {}): Ban {
  const subject = { by: 'address', value: '192.0.2.1' } as const;
  return { id: 'b-1', kind: 'ban', subject, reason: '', createdBy: 'op', createdAt: 0, ...change };
}

describe('BansMemory', () => {
  it('applies until the end, and not from then on', () => {
    const bans = new BansMemory(10);
    bans.add(ban({ expiresAt: 1000 }), 0);
    const candidate = { address: '192.0.2.1' };
    expect(bans.find('ban', candidate, 999)?.id).toBe('b-1');
    expect(bans.find('ban', candidate, 1000)).toBeUndefined();
    expect(bans.find('mute', candidate, 0)).toBeUndefined();
    expect([bans.list(999).length, bans.list(1000).length]).toEqual([1, 0]);
  });

  it('knows a name in other case, width and look-alike letters', () => {
    const bans = new BansMemory(10);
    bans.add(ban({ subject: { by: 'name', value: 'Mallory' } }), 0);
    for (const name of ['mallory', 'MALLORY', 'Ｍallory', 'Маllоrу'])
      expect(bans.find('ban', { name, address: '' }, 0), name).toBeDefined();
    expect(bans.find('ban', { name: 'Malory', address: '' }, 0)).toBeUndefined();
  });

  it('finds the one that lasts longest', () => {
    const bans = new BansMemory(10);
    bans.add(ban({ id: 'short', expiresAt: 10 }), 0);
    bans.add(ban({ id: 'long', subject: { by: 'user', value: 'u' }, expiresAt: 20 }), 0);
    expect(bans.find('ban', { address: '192.0.2.1', user: 'u' }, 0)?.id).toBe('long');
  });

  it('replaces one of the same kind and subject, and makes room by forgetting what is over', () => {
    const bans = new BansMemory(2);
    expect(bans.add(ban({ id: 'one' }), 0)).toBe(true);
    expect(bans.add(ban({ id: 'two', subject: { by: 'user', value: 'u' }, expiresAt: 5 }), 0)).toBe(true);
    expect(bans.add(ban({ id: 'three', kind: 'mute' }), 0)).toBe(false);
    expect(bans.add(ban({ id: 'again' }), 0)).toBe(true);
    expect(bans.add(ban({ id: 'three', kind: 'mute' }), 5)).toBe(true);
    expect(bans.list(5).map(({ id }) => id)).toEqual(['again', 'three']);
  });

  it('removes by id', () => {
    const bans = new BansMemory(2);
    bans.add(ban(), 0);
    expect([bans.remove('b-1')?.id, bans.remove('b-1')]).toEqual(['b-1', undefined]);
    expect(bans.find('ban', { address: '192.0.2.1' }, 0)).toBeUndefined();
  });
});
