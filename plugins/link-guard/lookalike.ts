import { fold } from '@framegate/sdk/text';
import { domainsOf } from './host-name.js';
import { toUnicode } from './punycode.js';

const LATIN = /[a-z\u00c0-\u024f]/i;
const OTHERS = /[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff\u1f00-\u1fff\ua4d0-\ua4ff]/;
const UNEVEN = /[^ -~]/;

/**
 * What a reader takes a host for: folded, with digits and pairs of letters as the letters that they look like. A label's hyphens and
 * dots stay.
 */
function shapeOf(host: string): string {
  const shown = toUnicode(host);
  const folded = UNEVEN.test(shown) ? fold(shown) : shown;
  return folded.replace(/0/g, 'o').replace(/[1|]/g, 'l').replace(/5/g, 's').replace(/rn/g, 'm').replace(/vv/g, 'w');
}

/** Hosts that others must not look like. */
export class Lookalikes {
  /** By its shape, the host. */
  readonly #shapes: ReadonlyMap<string, string>;

  constructor(hosts: readonly string[]) {
    this.#shapes = new Map(hosts.map((host) => [shapeOf(host), host]));
  }

  /** Which host this one, or one that it lies below, is meant to be taken for: "Latin letters" if it mixes them with look-alikes. */
  find(host: string): string | undefined {
    const own = domainsOf(host);
    const shapes = domainsOf(shapeOf(host));
    for (const [at, shape] of shapes.entries()) {
      const meant = this.#shapes.get(shape);
      if (meant !== undefined && meant !== own[at] && !own.includes(meant)) return meant;
    }
    const isMixed = toUnicode(host)
      .split('.')
      .some((label) => LATIN.test(label) && OTHERS.test(label));
    return isMixed ? 'Latin letters' : undefined;
  }
}
