import { join } from 'node:path';
import { createHost } from '@framegate/host';
import { ROOT } from './paths.js';

const HOST = '127.0.0.1';

/** Our host in front of `upstreamUrl`, with these bundled plugins on its one route, in this order; every other option at its default. */
export async function startGateway(upstreamUrl: string, plugins: readonly string[]): Promise<string> {
  const host = await createHost({
    server: { host: HOST, port: 0, page: false },
    log: { level: 'warn' },
    routes: [
      {
        path: '/',
        backend: { kind: 'upstream', url: upstreamUrl },
        plugins: plugins.map((name) => ({ use: join(ROOT, 'plugins', name, 'dist', 'plugin.wasm') })),
      },
    ],
  });
  const { port } = await host.listen();
  return `ws://${HOST}:${port}/`;
}
