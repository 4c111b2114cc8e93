import { BuildGuest } from './build-guest.js';
import type { Core } from './core.js';
import { isDouble, TAG, tagOf } from './js-value.js';

const EXPECTED = {
  undefined: TAG.undefined,
  null: TAG.null,
  true: TAG.bool,
  7: TAG.int,
  '"text"': TAG.string,
  '({})': TAG.object,
} as const;

/** Proves that a core's engine lays its values out as js-value.ts says, since the glue reads them. Throws with the difference. */
export function assertValueLayout(core: Core): void {
  const guest = new BuildGuest(core);
  for (const [source, tag] of Object.entries(EXPECTED)) {
    const got = tagOf(guest.bitsOf(source));
    if (got !== tag) throw new Error(`the engine tags ${source} with ${got}, js-value.ts says ${tag}`);
  }
  for (const source of ['0.5', '-1e300', 'NaN', 'Infinity', '2 ** 53']) {
    if (!isDouble(guest.bitsOf(source))) throw new Error(`the engine does not hold ${source} as js-value.ts recognises a double`);
  }
}
