import type { ConnectionContext } from '../../pipeline/connection-context.js';

const encoder = new TextEncoder();
const cache = new WeakMap<ConnectionContext, { readonly version: number; readonly json: Uint8Array }>();

/** A connection's context as the JSON of docs/abi.md, encoded once for each version of it. Do not change the bytes. */
export function connectionJson(context: ConnectionContext): Uint8Array {
  const cached = cache.get(context);
  if (cached?.version === context.version) return cached.json;
  const { handle: _handle, version, ...visible } = context;
  const json = encoder.encode(JSON.stringify(visible));
  cache.set(context, { version, json });
  return json;
}
