import { createHost, type HostConfigInput, type Logger } from '@framegate/host';

const LOOPBACK = '127.0.0.1';

type RouteInput = NonNullable<HostConfigInput['routes']>[number];
export type PluginInput = NonNullable<RouteInput['plugins']>[number];

/** Our host as a server of the bench. */
export interface GatewayRole {
  readonly kind: 'gateway';
  /** Where frames go; without it, to the chat. */
  readonly upstream?: string;
  readonly plugins: readonly PluginInput[];
  /** Kills after which a plugin is quarantined. Default: the host's own. */
  readonly kills?: number;
  /** Whether plugins are spared the frames that their guards rule out. Default: the host's own, true. */
  readonly guards?: boolean;
  /** Runs the first plugin's own version in shadow, on all connections. Default false. */
  readonly shadow?: boolean;
}

export interface Gateway {
  readonly url: string;
  /** Threads that were killed because a guest ran past its deadline. */
  readonly killed: () => number;
  /** Swaps a plugin for the file at `use`. Resolves when the next frame meets it, with the milliseconds that took. */
  readonly swap: (plugin: string, use: string) => Promise<number>;
}

/** Every option that the role does not name is at its default, but for the number of connections from one address. */
export async function startGateway({ upstream, plugins, kills, guards, shadow }: GatewayRole): Promise<Gateway> {
  let killed = 0;
  const print = (fields: object, message: string): void => console.error(message, JSON.stringify(fields));
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => {
      if (message === 'worker-killed') killed += 1;
      else print(fields, message);
    },
    error: print,
  };
  const host = await createHost(
    {
      server: { host: LOOPBACK, port: 0, page: false, maxConnectionsPerAddress: 10_000 },
      engine: { ...(kills === undefined ? {} : { breaker: { kills } }), ...(guards === undefined ? {} : { guards }) },
      routes: [
        { path: '/', backend: upstream === undefined ? { kind: 'chat' } : { kind: 'upstream', url: upstream }, plugins: [...plugins] },
      ],
    },
    { logger },
  );
  const { port } = await host.listen();
  const [route] = host.routes;
  const [plugin] = route?.plugins ?? [];
  if (shadow && route && plugin) {
    await host.plugins.route(route.name).shadow(plugin.name, {}, { percent: 100, http: false, approved: false });
  }
  return {
    url: `ws://${LOOPBACK}:${port}/`,
    killed: () => killed,
    swap: async (plugin, use) => {
      const started = performance.now();
      await host.plugins.load(host.routes[0]?.name ?? '', plugin, { use });
      return performance.now() - started;
    },
  };
}
