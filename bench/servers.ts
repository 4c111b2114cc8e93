import { answer } from './answer.js';
import { startEcho, startProxy, startRelay } from './bare-servers.js';
import { startExtismProxy } from './extism-proxy.js';
import { type Gateway, type GatewayRole, startGateway } from './gateway-server.js';
import { memoryNow } from './memory-now.js';

/** What a server process plays. */
export type Role =
  | { readonly kind: 'echo' | 'relay' }
  | { readonly kind: 'proxy'; readonly upstream: string }
  | { readonly kind: 'extism-proxy'; readonly upstream: string; readonly wasm: string }
  | GatewayRole;

let countKilled = (): number => 0;
let swap: Gateway['swap'] = () => Promise.reject(new Error('no gateway runs here'));

async function play(role: Role): Promise<string> {
  switch (role.kind) {
    case 'echo':
      return startEcho();
    case 'relay':
      return startRelay();
    case 'proxy':
      return startProxy(role.upstream);
    case 'extism-proxy':
      return startExtismProxy(role.upstream, role.wasm);
    case 'gateway': {
      const gateway = await startGateway(role);
      countKilled = gateway.killed;
      swap = gateway.swap;
      return gateway.url;
    }
  }
}

/** Starts the server on a free port. `startedMs`: from the start of this process until it listens. */
async function start(role: Role): Promise<{ readonly url: string; readonly startedMs: number }> {
  const url = await play(role);
  return { url, startedMs: performance.now() };
}

/** Processor time of all threads of this process so far, in microseconds. */
function cpu(_: null): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const api = {
  start,
  cpu,
  memory: (_: null) => memoryNow(),
  killed: (_: null) => countKilled(),
  swap: (job: { readonly plugin: string; readonly use: string }) => swap(job.plugin, job.use),
};
export type ServerApi = typeof api;

answer(api);
