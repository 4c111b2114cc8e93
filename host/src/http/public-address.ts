import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All that IANA has given out of IPv6 for the world (RFC 4291 §2.4 leaves the rest for later, or for IPv4 addresses in disguise). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Azure's own service for virtual machines: it looks public, and answers the machine's secrets to whoever asks from inside. */
const PLATFORM_ADDRESSES: readonly string[] = ['168.63.129.16'];

/**
 * Whether an address belongs to the public network. Loopback, private, link-local, shared (RFC 6598), multicast, reserved and
 * documentation ranges do not, nor does any that carries another address inside it (IPv4-mapped is judged by that, NAT64, 6to4 and Teredo are refused).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return false;
  return parsed.range() === 'unicast' && !PLATFORM_ADDRESSES.includes(parsed.toString());
}

/** The address that a URL's host is, if it is one and not a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** A name was found, but none of its addresses may be called. */
export class PrivateAddressError extends Error {
  constructor(host: string, address: string) {
    const what =
      literalAddress(host) === undefined ? `${host} is ${address}, which is not a public address` : `${host} is not a public address`;
    super(`${what}; if that is wanted, set http.allowPrivate in the plugin's entry of the route`);
    this.name = 'PrivateAddressError';
  }
}

/** Resolves a name when a socket is about to connect, and gives it the public addresses only: what the name meant before does not count. */
export function publicLookup(isPublic: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isPublic(address));
      const first = allowed[0];
      if (!first) return callback(new PrivateAddressError(hostname, addresses[0]?.address ?? 'unknown'), []);
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}
