import { fileURLToPath } from 'node:url';
import type { PreludePartName } from '../guest/prelude-parts.js';
import type { CoreGraph } from './core-graph.js';
import type { CoreVariant } from './core-variant.js';

/** Where the sdk's built files are, whether this runs from src or from dist. */
export const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

export const coreWasmPath = (variant: CoreVariant): string => `${DIST}core/${variant}.wasm`;
export const coreInfoPath = (variant: CoreVariant): string => `${DIST}core/${variant}.json`;

/** What stands beside a core: how to drive it, and the hash of everything it was made from. */
export interface CoreInfo {
  readonly hash: string;
  /** Table slot of the first native. */
  readonly slot: number;
  /** Natives in the order of their slots. */
  readonly natives: ReadonlyArray<{ readonly name: string; readonly arity: number }>;
  /** JavaScript that runs before a plugin's: always, and for the globals that it uses. */
  readonly prelude: Prelude;
  /** Where the context holds its pointer to JavaScript's compiler, and that pointer: a slot of the table. */
  readonly compiler: { readonly offset: number; readonly slot: number };
  readonly graph: CoreGraph;
}

export interface Prelude {
  readonly base: string;
  readonly parts: Readonly<Record<PreludePartName, string>>;
}
