import { plain } from './builtin.js';
import { GENERATORS } from './builtin-generators.js';
import { TEXTS } from './builtin-texts.js';
import { VALUES } from './builtin-values.js';
import { BROKEN_DOWN } from './dates.js';
import type { Builtin } from './filter.js';

/** Functions that are not written in jq, by name and number of parameters: `has/1`. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ...Object.entries(VALUES),
  ...Object.entries(TEXTS),
  ...Object.entries(GENERATORS),
  ...Object.entries(BROKEN_DOWN).map(([name, run]): [string, Builtin] => [name, plain(run)]),
]);
