import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAddressRange, rangeAround } from './address-range.js';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['192.0.2.1/32', '192.0.2.1'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1/120', '192.0.2.0/24'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['2001:db8:1234::/35', '2001:db8::/35'],
  [' 10.1.2.3/9 ', '10.0.0.0/9'],
])('reads %s as %s', (text, wanted) => {
  expect(parseAddressRange(text)?.text).toBe(wanted);
});

it.each(['', 'localhost', '192.0.2', '192.0.2.1/33', '192.0.2.1/', '192.0.2.1/-1', '::/129', '1.2.3.4/8/8', 'fe80::1%eth0', '0x7f.1'])(
  'does not read %s',
  (text) => {
    expect(parseAddressRange(text)).toBeUndefined();
  },
);

it('finds the range around an address, and says it in one way', () => {
  const address = fc.oneof(
    fc.ipV4().map((text) => [text, 32] as const),
    fc.ipV6().map((text) => [text, 128] as const),
  );
  fc.assert(
    fc.property(address, fc.nat(128), ([text, whole], wanted) => {
      const bits = wanted % (whole + 1);
      const one = parseAddressRange(text);
      const range = parseAddressRange(`${text}/${bits}`);
      if (one === undefined || range === undefined || one.family !== (whole === 32 ? 'ipv4' : 'ipv6')) return;
      expect(isIP(one.text)).toBe(whole === 32 ? 4 : 6);
      expect(rangeAround(one, range.family, range.bits)).toEqual(range);
      expect(parseAddressRange(range.text)).toEqual(range);
    }),
  );
});
