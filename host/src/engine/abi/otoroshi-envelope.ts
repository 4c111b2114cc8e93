import type { JsonObject } from '@framegate/sdk/abi';
import type { ConnectionContext } from '../../pipeline/connection-context.js';

const cache = new WeakMap<ConnectionContext, { readonly version: number; readonly config: JsonObject; readonly json: string }>();

/**
 * The members of Otoroshi's input that stay the same for a connection, as JSON up to and including `"attrs":`.
 * Kept per version of the context, for the plugin that asked last.
 */
export function otoroshiEnvelope(connection: ConnectionContext, config: JsonObject): string {
  const cached = cache.get(connection);
  if (cached?.version === connection.version && cached.config === config) return cached.json;
  const json = `${JSON.stringify(members(connection, config)).slice(0, -1)},"attrs":`;
  cache.set(connection, { version: connection.version, config, json });
  return json;
}

function members(connection: ConnectionContext, config: JsonObject) {
  const { id, route, host, path, headers, remoteAddress } = connection;
  const query = path.indexOf('?');
  return {
    snowflake: id,
    idx: 0,
    request: {
      id,
      method: 'GET',
      headers,
      cookies: [],
      uri: path,
      path: query < 0 ? path : path.slice(0, query),
      query: Object.fromEntries(new URLSearchParams(query < 0 ? '' : path.slice(query + 1))),
      version: 'HTTP/1.1',
      host,
      remote: remoteAddress,
      has_body: false,
      ...(connection.user && { user: connection.user }),
      ...(connection.room !== undefined && { room: connection.room }),
    },
    otoroshi_request: { url: path, method: 'GET', headers, version: 'HTTP/1.1', cookies: [] },
    route: { id: route, name: route },
    target: null,
    config,
  };
}
