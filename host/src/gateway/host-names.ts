import { BlockList, isIP } from 'node:net';
import { hostMatches } from './route-table.js';

/** Which `Host` names are answered: by the address that is bound, any, or a list. */
export type AllowedHosts = 'auto' | '*' | readonly string[];

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether a request with this `Host` is answered. A page can point a name of its own at this machine (DNS rebinding) and then
 * counts as this host's own to every browser; its name gives it away. Without the header it is no browser, and passes.
 */
export class HostNames {
  readonly #names: readonly string[] | undefined;
  readonly #local: boolean;

  /** `bound`: the address that is listened on. `routes`: the names that routes have. */
  constructor(allowed: AllowedHosts, bound: string, routes: readonly string[]) {
    this.#local = allowed === 'auto';
    if (allowed === '*' || (allowed === 'auto' && !isLoopback(bound))) this.#names = undefined;
    else this.#names = allowed === 'auto' ? ['localhost', '*.localhost', ...routes] : allowed;
  }

  answers(host: string | undefined): boolean {
    if (host === undefined || this.#names === undefined) return true;
    const name = nameOf(host);
    if (name === undefined) return false;
    return (this.#local && isLoopback(name)) || this.#names.some((allowed) => hostMatches(bare(allowed), name));
  }
}

/** What is sent with a 403 to who asked for another name. */
export function refusedHost(host: string): string {
  const shown = JSON.stringify(host.length > 100 ? `${host.slice(0, 99)}…` : host);
  return `This server does not answer to the name ${shown}. Reach it as localhost, or add the name to server.hosts ("*" answers to any).\n`;
}

/** Without port, brackets and final dot, in lower case; `undefined` if it is no host name or address. */
function nameOf(host: string): string | undefined {
  const parts = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]\\]+)(?::\d*)?$/i.exec(host);
  return parts?.[1] === undefined ? undefined : bare(parts[1]).replace(/\.$/, '').toLowerCase();
}

function bare(name: string): string {
  return name.startsWith('[') ? name.slice(1, -1) : name;
}
