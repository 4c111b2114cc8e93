import type { Backend } from '../backend/backend.js';
import type { Chain } from '../engine/engine.js';
import type { RouteAddress } from './route-table.js';

/** One configured address with everything behind it ready. */
export interface Route extends RouteAddress {
  readonly name: string;
  readonly backend: Backend;
  /** `undefined`: no plugins so far. A reload of the configuration may bring some, under connections that are there. */
  readonly chain: Chain | undefined;
}
