import { RecentVerdicts } from './recent-verdicts.js';
import { RouteMeter } from './route-meter.js';

/** Why a client was not let in. */
type Refusal = 'draining' | 'host' | 'origin' | 'route' | 'limit' | 'backend';

const RECENT_VERDICTS = 256;

/** Everything that the gateway counts. */
export class Traffic {
  readonly routes: ReadonlyMap<string, RouteMeter>;
  readonly recent = new RecentVerdicts(RECENT_VERDICTS);
  readonly refused: Record<Refusal, number> = { draining: 0, host: 0, origin: 0, route: 0, limit: 0, backend: 0 };

  constructor(routes: readonly string[]) {
    this.routes = new Map(routes.map((name) => [name, new RouteMeter()]));
  }
}
