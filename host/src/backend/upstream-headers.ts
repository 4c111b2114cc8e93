import type { UpgradeRequest } from './backend.js';

/** Set by the handshake itself, or meaningful for one hop only (RFC 9110 §7.6.1): never taken over from the client. */
const NEVER: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'content-length',
  'proxy-authorization',
  'proxy-connection',
  'expect',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/**
 * Headers of the handshake with an upstream: those of the client that are allowed, where the request came from, and those that were
 * configured, which win. `x-forwarded-*` of the client are replaced by what this host believes (see server.trustProxy).
 */
export function upstreamHeaders(
  request: UpgradeRequest,
  allowed: readonly string[],
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of allowed.map((entry) => entry.toLowerCase())) {
    const value = request.headers[name];
    if (value !== undefined && !NEVER.has(name) && !name.startsWith('sec-websocket-')) headers[name] = value;
  }
  Object.assign(headers, request.trace);
  headers['x-forwarded-for'] = request.remoteAddress;
  headers['x-forwarded-host'] = request.host;
  headers['x-forwarded-proto'] = request.secure ? 'https' : 'http';
  for (const [name, value] of Object.entries(added)) headers[name.toLowerCase()] = value;
  return headers;
}
