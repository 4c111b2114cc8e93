import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Where a server listens: an address or name of this machine, and a port. */
export interface Listener {
  readonly host: string;
  readonly port: number;
}

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Whether two listeners are in each other's way. Not with port 0, for which the system finds another one. */
export function areSameListener(one: Listener, other: Listener): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const [first, second] = [plain(one.host), plain(other.host)];
  return isSame(first, second) || ANY.has(first) || ANY.has(second);
}

/** Whether who connects to that host and port comes to this listener. Names but localhost are not looked up. */
export function reaches(listener: Listener, host: string, port: number): boolean {
  if (port !== listener.port || port === 0) return false;
  const [target, bound] = [plain(host), plain(listener.host)];
  if (isSame(target, bound)) return true;
  // The system takes an address of no machine for this one.
  if (ANY.has(target)) return ANY.has(bound) || isLocal(bound);
  return ANY.has(bound) && isLocal(target);
}

function isSame(one: string, other: string): boolean {
  return one === other || (LOOPBACK.has(one) && LOOPBACK.has(other));
}

function isLocal(address: string): boolean {
  if (LOOPBACK.has(address) || address.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((own) => own.address === address));
}

/** Without brackets, in lower case; IPv6 in its shortest form. */
function plain(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(bare) !== 6) return bare;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  return mapped?.[1] ?? new URL(`http://[${bare}]`).hostname.slice(1, -1);
}
