/** What logs, metrics and plugins call a route: its name, else its host and path. */
export function routeName(route: {
  readonly name?: string | undefined;
  readonly host?: string | undefined;
  readonly path: string;
}): string {
  return route.name ?? `${route.host ?? ''}${route.path}`;
}
