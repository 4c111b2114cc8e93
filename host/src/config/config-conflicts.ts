import type { ConfigProblem } from './config-problem.js';
import type { HostConfig } from './config-schema.js';
import { areSameListener } from './own-address.js';
import { routeName } from './route-name.js';
import { upstreamLoops } from './upstream-loops.js';

/** What no single option can say of itself: names and addresses of routes, and ports, must differ, and no route may lead back to itself. */
export function conflicts(config: HostConfig): ConfigProblem[] {
  return [...sameRoutes(config), ...samePort(config), ...upstreamLoops(config.routes, config.server)];
}

function sameRoutes({ routes }: HostConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen = new Map<string, number>();
  routes.forEach((route, index) => {
    for (const [key, what] of [
      [`address ${route.host?.toLowerCase() ?? ''} ${route.path}`, 'the same host and path'],
      [`name ${routeName(route)}`, `the same name "${routeName(route)}"`],
    ] as const) {
      const first = seen.get(key);
      if (first === undefined) seen.set(key, index);
      else problems.push({ path: ['routes', index], message: `has ${what} as routes[${first}]; each route needs its own` });
    }
  });
  return problems;
}

function samePort({ server, admin }: HostConfig): ConfigProblem[] {
  if (admin === undefined || !areSameListener(server, admin)) return [];
  const where = server.host === admin.host ? `on ${admin.host}` : `(${admin.host} and ${server.host})`;
  return [{ path: ['admin', 'port'], message: `is ${admin.port} ${where}, as server.port is; the admin API needs a port of its own` }];
}
