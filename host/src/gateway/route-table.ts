/** What decides whether a route takes a request. */
export interface RouteAddress {
  /** Exact, or `*.example.com`; absent: any. */
  readonly host?: string | undefined;
  /** Exact, or with a trailing `/*` for itself and everything below. */
  readonly path: string;
}

/**
 * Finds the route of a request. The most specific wins: an exact host before a wildcard before none,
 * then an exact path before a prefix, then the longer one.
 */
export class RouteTable<R extends RouteAddress> {
  readonly #routes: readonly R[];

  constructor(routes: readonly R[]) {
    this.#routes = [...routes].sort((a, b) => compare(rank(b), rank(a)));
  }

  /** `host` may have a port; `path` has no query. */
  find(host: string, path: string): R | undefined {
    const name = host.replace(/:\d+$/, '').toLowerCase();
    return this.#routes.find((route) => hostMatches(route.host, name) && pathMatches(route.path, path));
  }

  /** The routes' paths as configured, for whoever asked for another one. */
  get paths(): readonly string[] {
    return [...new Set(this.#routes.map((route) => route.path))];
  }
}

/** Exact, or anything below `*.example.com`. `name` is in lower case. */
export function hostMatches(pattern: string | undefined, name: string): boolean {
  if (pattern === undefined) return true;
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) && name.length > wanted.length - 1 : name === wanted;
}

function pathMatches(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return path === pattern;
  const prefix = pattern.slice(0, -1);
  return path.startsWith(prefix) || path === prefix.slice(0, -1);
}

function rank(route: RouteAddress): readonly number[] {
  const host = route.host === undefined ? 0 : route.host.startsWith('*.') ? 1 : 2;
  return [host, host === 0 ? 0 : (route.host?.length ?? 0), route.path.endsWith('/*') ? 0 : 1, route.path.length];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
