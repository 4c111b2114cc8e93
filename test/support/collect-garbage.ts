import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A full collection: what nothing refers to any more is gone afterwards. */
export function collectGarbage(): void {
  collect();
}
