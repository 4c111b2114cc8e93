import type { HttpRequest, HttpResult } from '../../host/src/pipeline/http-exchange.js';

/** What a plugin asks of the network: GET, unless `rest` says something else. */
export function get(url: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, headers: {}, body: new Uint8Array(0), ...rest };
}

/** Why it failed, or the status of the response. */
export function messageOf(result: HttpResult): string {
  return result.kind === 'failed' ? result.message : `status ${result.status}`;
}
