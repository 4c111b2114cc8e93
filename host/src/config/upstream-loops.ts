import { HostError } from '../errors.js';
import { RouteTable } from '../gateway/route-table.js';
import { type ConfigProblem, formatProblem, formatValue } from './config-problem.js';
import type { RouteConfig } from './config-schema.js';
import { type Listener, reaches } from './own-address.js';

/** Routes whose upstream is this host itself, at a path that leads back: one client's connection would open the next without end. */
export function upstreamLoops(routes: readonly RouteConfig[], listener: Listener): ConfigProblem[] {
  const table = new RouteTable(routes);
  return routes.flatMap((route, index) => {
    if (!comesBack(route, table, listener)) return [];
    const { url } = route.backend as { readonly url: string };
    const what = `is this host itself (${listener.host}, port ${listener.port}), and leads back to this route: connections would go round without end`;
    return [
      {
        path: ['routes', index, 'backend', 'url'],
        message: `got ${formatValue(url)}, which ${what}; name another server, or the path of another route`,
      },
    ];
  });
}

/** Throws a HostError (CONFIG_INVALID) if there are any. For a host whose port the system has chosen, which no check of the configuration knows. */
export function refuseUpstreamLoops(routes: readonly RouteConfig[], listener: Listener): void {
  const problems = upstreamLoops(routes, listener);
  if (problems.length > 0) throw new HostError('CONFIG_INVALID', problems.map(formatProblem).join('\n'));
}

function comesBack(start: RouteConfig, table: RouteTable<RouteConfig>, listener: Listener): boolean {
  const seen = new Set<RouteConfig>();
  // A path below the route's that no other is likely to have for itself.
  let path = start.path.replace(/\*$/, '-');
  for (let route: RouteConfig | undefined = start; route?.backend.kind === 'upstream'; ) {
    seen.add(route);
    const url: URL = new URL(route.backend.url);
    if (url.protocol !== 'ws:' || !reaches(listener, url.hostname, Number(url.port || 80))) return false;
    // upstream-backend.ts: without a path of its own it is asked for the client's.
    if (url.pathname !== '/') path = url.pathname;
    route = table.find(url.host, path);
    if (route === start) return true;
    // It leads into the loop of others, which are told of it.
    if (route !== undefined && seen.has(route)) return false;
  }
  return false;
}
