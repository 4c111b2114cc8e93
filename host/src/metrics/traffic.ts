import { RecentVerdicts } from './recent-verdicts.js';
import { RouteMeter } from './route-meter.js';

/** Why a client was not let in. */
type Refusal = 'draining' | 'host' | 'origin' | 'route' | 'limit' | 'ban' | 'backend';

/** Of each kind. */
const RECENT_VERDICTS = 64;

/** Everything that the gateway counts. */
export class Traffic {
  readonly #routes: Map<string, RouteMeter>;
  readonly recent = new RecentVerdicts(RECENT_VERDICTS);
  readonly refused: Record<Refusal, number> = { draining: 0, host: 0, origin: 0, route: 0, limit: 0, ban: 0, backend: 0 };

  constructor(routes: readonly string[]) {
    this.#routes = new Map(routes.map((name) => [name, new RouteMeter()]));
  }

  get routes(): ReadonlyMap<string, RouteMeter> {
    return this.#routes;
  }

  /** The meter of a route, new if there was none of that name. */
  meter(route: string): RouteMeter {
    const meter = this.#routes.get(route) ?? new RouteMeter();
    this.#routes.set(route, meter);
    return meter;
  }

  /** The route is gone, and its figures with it. */
  forget(route: string): void {
    this.#routes.delete(route);
  }
}
