import type { Config } from './config.js';
import { canonicalHost, domainsOf, isAddress } from './host-name.js';
import type { Link } from './links.js';
import { Lookalikes } from './lookalike.js';
import { SHORTENERS } from './shorteners.js';

/** What is wrong with a link; `unknown`: nothing, but nobody has said that it is right either. */
export type Ruling =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'allowed' }
  | { readonly kind: 'unknown'; readonly hosts: readonly string[] };

const ALLOWED: Ruling = { kind: 'allowed' };

/** What is said of a link by its looks alone. */
export class Judge {
  /** Whether a listed host, and what lies below it, may be linked to. */
  readonly #listed: ReadonlyMap<string, boolean>;
  readonly #tricks: ReadonlySet<string>;
  readonly #lookalikes: Lookalikes;
  readonly #shorteners: ReadonlySet<string>;
  readonly #unlisted: Config['unlisted'];

  /** Throws TypeError for a host that is none, by its place in the configuration. */
  constructor({ allow, deny, protect, tricks, unlisted }: Config) {
    const allowed = read(allow, 'allow');
    const denied = read(deny, 'deny');
    this.#listed = new Map([...allowed.map((host) => [host, true] as const), ...denied.map((host) => [host, false] as const)]);
    this.#tricks = new Set(tricks);
    this.#lookalikes = new Lookalikes([...allowed, ...read(protect, 'protect')]);
    this.#shorteners = new Set(SHORTENERS);
    this.#unlisted = unlisted;
  }

  /** The worst that any reading of the link deserves. */
  rule(link: Link): Ruling {
    const unknown: string[] = [];
    for (const host of link.hosts) {
      const ruling = this.#ruleHost(host);
      if (ruling.kind === 'refused') return ruling;
      if (ruling.kind === 'unknown') unknown.push(host);
    }
    if (link.hasUserinfo && this.#tricks.has('userinfo')) return refused(`a name in front of ${link.hosts[0]}`);
    return unknown.length === 0 ? ALLOWED : { kind: 'unknown', hosts: unknown };
  }

  #ruleHost(host: string): Ruling {
    const domains = domainsOf(host);
    const listed = domains.find((domain) => this.#listed.has(domain));
    if (listed !== undefined) return this.#listed.get(listed) ? ALLOWED : refused(`${host} is denied`);
    if (this.#tricks.has('address') && isAddress(host)) return refused(`${host} is an address`);
    if (this.#tricks.has('shortener') && domains.some((domain) => this.#shorteners.has(domain))) return refused(`${host} hides its target`);
    const meant = this.#tricks.has('lookalike') ? this.#lookalikes.find(host) : undefined;
    if (meant !== undefined) return refused(`${host} looks like ${meant}`);
    return this.#unlisted === 'refuse' ? refused(`${host} is not allowed`) : { kind: 'unknown', hosts: [host] };
  }
}

function refused(reason: string): Ruling {
  return { kind: 'refused', reason };
}

/** `*.` in front changes nothing: what lies below a host is listed with it. */
function read(hosts: readonly string[], list: string): string[] {
  return hosts.map((written, index) => {
    const host = written.replace(/^\*\./, '');
    const canonical = /[/@?#\\\s*]|:\d*$/.test(host) ? undefined : canonicalHost(host);
    if (canonical === undefined)
      throw new TypeError(`config.${list}[${index}] is ${JSON.stringify(written)}; it is a host alone, such as example.com`);
    return canonical;
  });
}
