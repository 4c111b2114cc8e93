import { describe, expect, it } from 'vitest';
import type { Ban, BanStore } from '../../host/src/chat/bans.js';

export function banOf(change: Partial<Ban> = {}): Ban {
  const subject = { by: 'address', value: '192.0.2.1' } as const;
  return { id: 'b-1', kind: 'ban', subject, reason: '', createdBy: 'op', createdAt: 0, ...change };
}

/** What every BanStore does. `make`: a new one for so many bans. */
export function banStoreContract(name: string, make: (max: number) => Promise<BanStore>): void {
  describe(`ban store: ${name}`, () => {
    it('applies until the end, and not from then on', async () => {
      const bans = await make(10);
      bans.add(banOf({ expiresAt: 1000 }), 0);
      const candidate = { address: '192.0.2.1' };
      expect(bans.find('ban', candidate, 999)?.id).toBe('b-1');
      expect(bans.find('ban', candidate, 1000)).toBeUndefined();
      expect(bans.find('mute', candidate, 0)).toBeUndefined();
      expect([bans.list(999).length, bans.list(1000).length]).toEqual([1, 0]);
    });

    it('knows a name in other case, width and look-alike letters', async () => {
      const bans = await make(10);
      bans.add(banOf({ subject: { by: 'name', value: 'Mallory' } }), 0);
      for (const name of ['mallory', 'MALLORY', 'Ｍallory', 'Маllоrу'])
        expect(bans.find('ban', { name, address: '' }, 0), name).toBeDefined();
      expect(bans.find('ban', { name: 'Malory', address: '' }, 0)).toBeUndefined();
    });

    it('finds the one that lasts longest', async () => {
      const bans = await make(10);
      bans.add(banOf({ id: 'short', expiresAt: 10 }), 0);
      bans.add(banOf({ id: 'long', subject: { by: 'user', value: 'u' }, expiresAt: 20 }), 0);
      expect(bans.find('ban', { address: '192.0.2.1', user: 'u' }, 0)?.id).toBe('long');
    });

    it('replaces one of the same kind and subject, and makes room by forgetting what is over', async () => {
      const bans = await make(2);
      expect(bans.add(banOf({ id: 'one' }), 0)).toBe(true);
      expect(bans.add(banOf({ id: 'two', subject: { by: 'user', value: 'u' }, expiresAt: 5 }), 0)).toBe(true);
      expect(bans.add(banOf({ id: 'three', kind: 'mute' }), 0)).toBe(false);
      expect(bans.add(banOf({ id: 'again' }), 0)).toBe(true);
      expect(bans.add(banOf({ id: 'three', kind: 'mute' }), 5)).toBe(true);
      expect(bans.list(5).map(({ id }) => id)).toEqual(['again', 'three']);
    });

    it('removes by id', async () => {
      const bans = await make(2);
      bans.add(banOf(), 0);
      expect([bans.remove('b-1')?.id, bans.remove('b-1')]).toEqual(['b-1', undefined]);
      expect(bans.find('ban', { address: '192.0.2.1' }, 0)).toBeUndefined();
    });

    it('knows the addresses of a range, in whatever form they come', async () => {
      const bans = await make(10);
      bans.add(banOf({ id: 'v4', subject: { by: 'address', value: '198.51.100.0/25' } }), 0);
      bans.add(banOf({ id: 'v6', subject: { by: 'address', value: '2001:db8::/32' }, expiresAt: 10 }), 0);
      const found = (address: string, now = 0): string | undefined => bans.find('ban', { address }, now)?.id;
      expect(['198.51.100.1', '::ffff:198.51.100.127', '198.51.100.128'].map((address) => found(address))).toEqual(['v4', 'v4', undefined]);
      expect([found('2001:0DB8::1'), found('2001:db9::1'), found('unknown'), found('')]).toEqual(['v6', undefined, undefined, undefined]);
      expect(found('2001:db8::1', 10)).toBeUndefined();
      bans.remove('v4');
      expect(found('198.51.100.1')).toBeUndefined();
    });

    it('takes two ways to write an address for one', async () => {
      const bans = await make(10);
      bans.add(banOf({ id: 'one', subject: { by: 'address', value: '2001:db8:0::1' } }), 0);
      bans.add(banOf({ id: 'two', subject: { by: 'address', value: '2001:DB8::1' } }), 0);
      expect(bans.list(0).map(({ id }) => id)).toEqual(['two']);
      expect(bans.find('ban', { address: '2001:db8::0:1' }, 0)?.id).toBe('two');
      await bans.saved();
    });
  });
}
