import { HttpGate } from '../http/http-gate.js';
import type { HttpCounts } from '../http/http-meter.js';
import type { HttpExchange } from '../pipeline/http-exchange.js';
import { httpFailure } from '../pipeline/http-exchange.js';
import type { HttpAsk } from '../pipeline/http-journal.js';
import type { PluginSpec } from './engine.js';

/** The network of one chain: a gate for each plugin that was granted hosts. On the main thread, so that no request dies with a worker. */
export class ChainHttp {
  readonly #gates: ReadonlyMap<string, HttpGate>;

  constructor(plugins: readonly PluginSpec[]) {
    this.#gates = new Map(plugins.flatMap(({ name, http, manifest }) => (http ? [[name, new HttpGate(http, manifest)]] : [])));
  }

  /** Answers all requests, side by side. Never rejects. */
  send(asks: readonly HttpAsk[]): Promise<HttpExchange[]> {
    return Promise.all(
      asks.map(async ({ plugin, request }) => {
        const result = await this.#gates.get(plugin)?.send(request);
        return { plugin, request, result: result ?? httpFailure(`plugin "${plugin}" has no network access`) };
      }),
    );
  }

  /** `undefined`: the plugin has no network. */
  counts(plugin: string): HttpCounts | undefined {
    return this.#gates.get(plugin)?.counts;
  }

  /** Cuts the connections that are kept for later. */
  close(): void {
    for (const gate of this.#gates.values()) gate.close();
  }
}
