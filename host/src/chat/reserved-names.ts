import { foldLookAlikes } from './look-alikes.js';
import { nameKey } from './names.js';

/** Names that no client may take, so that nobody speaks as the server does. Compared as {@link nameKey} does, look-alikes included. */
export class ReservedNames {
  readonly #keys: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#keys = new Set(names.map(key));
  }

  has(name: string): boolean {
    return this.#keys.has(key(name));
  }
}

function key(name: string): string {
  return nameKey(foldLookAlikes(name));
}
