import { isDeepStrictEqual } from 'node:util';
import { formatPath, type Path } from './config-problem.js';
import type { HostConfig, RouteConfig } from './config-schema.js';
import { routeName } from './route-name.js';

/** What differs between the configuration in effect and a new one. */
export interface ConfigChange {
  /** Paths of what only a restart can change, as they stand in the new configuration; empty: all of it can be done now. */
  readonly restart: readonly string[];
  readonly added: readonly RouteConfig[];
  readonly removed: readonly RouteConfig[];
  /** Routes whose plugins differ in anything: order, configuration, limits, policy, presence. */
  readonly plugins: readonly RouteConfig[];
  /** Routes of which only host or path differ, or which also do. */
  readonly moved: readonly RouteConfig[];
  /** All of it in words, for logs and operators: `route "/chat": plugins`. */
  readonly summary: readonly string[];
}

/** Sections that are read whenever they are needed. */
const LIVE: ReadonlySet<string> = new Set(['$schema', 'routes', 'log', 'drain']);

/** Compares two checked configurations. Routes are the same by their names; without one, by host and path. */
export function configChange(old: HostConfig, next: HostConfig): ConfigChange {
  const before = new Map(old.routes.map((route) => [routeName(route), route]));
  const after = new Set(next.routes.map(routeName));
  const added = next.routes.filter((route) => !before.has(routeName(route)));
  const removed = old.routes.filter((route) => !after.has(routeName(route)));
  const pairs = next.routes.flatMap((route, index) => {
    const was = before.get(routeName(route));
    return was === undefined ? [] : [{ was, route, index }];
  });
  const plugins = pairs.filter(({ was, route }) => !isDeepStrictEqual(was.plugins, route.plugins)).map(({ route }) => route);
  const moved = pairs.filter(({ was, route }) => was.host !== route.host || was.path !== route.path).map(({ route }) => route);
  const fixed = (config: HostConfig): object => Object.fromEntries(Object.entries(config).filter(([key]) => !LIVE.has(key)));
  const restart = [
    ...differences(fixed(old), fixed(next), []),
    ...pairs.flatMap(({ was, route, index }) => differences(was.backend, route.backend, ['routes', index, 'backend'])),
  ];
  const said = (routes: readonly RouteConfig[], what: string): string[] => routes.map((route) => `route "${routeName(route)}": ${what}`);
  return {
    restart: restart.map(formatPath),
    added,
    removed,
    plugins,
    moved,
    summary: [
      ...said(added, 'added'),
      ...said(removed, 'removed'),
      ...said(moved, 'address'),
      ...said(plugins, 'plugins'),
      ...[...differences(old.log, next.log, ['log']), ...differences(old.drain, next.drain, ['drain'])].map(formatPath),
    ],
  };
}

/** Paths at which two values differ, as deep as both are objects. */
function differences(old: unknown, next: unknown, path: Path): Path[] {
  if (isDeepStrictEqual(old, next)) return [];
  if (!isObject(old) || !isObject(next)) return [path];
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  return [...keys].flatMap((key) => differences(old[key], next[key], [...path, key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
