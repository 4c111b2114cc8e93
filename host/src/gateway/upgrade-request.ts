import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { UpgradeRequest } from '../backend/backend.js';

/** How many proxies in front are believed about the client's address, host and scheme. */
export type TrustedProxies = boolean | number;

/** What backends and routes need of an HTTP request. `path` keeps its query. */
export function readUpgradeRequest(message: IncomingMessage, trustProxy: TrustedProxies): UpgradeRequest {
  const headers = joinHeaders(message.headers);
  const hops = Number(trustProxy);
  const proto = hops > 0 ? fromProxies(headers['x-forwarded-proto'], hops)?.toLowerCase() : undefined;
  const remote = message.socket.remoteAddress ?? '';
  return {
    path: message.url ?? '/',
    host: (hops > 0 ? fromProxies(headers['x-forwarded-host'], hops) : undefined) ?? headers.host ?? '',
    headers,
    subprotocols: list(headers['sec-websocket-protocol']),
    remoteAddress: plainAddress((hops > 0 ? fromProxies(headers['x-forwarded-for'], hops) : undefined) ?? remote),
    ...(proto === undefined ? {} : { secure: proto === 'https' || proto === 'wss' }),
  };
}

/** A request's path without its query and with `.` and `..` resolved, so that a route's path and what an upstream is asked for agree. */
export function plainPath(path: string): string {
  const url = new URL('ws://host');
  url.pathname = path.split('?', 1)[0] ?? '/';
  return url.pathname;
}

/** Each proxy appends what it saw, so only the last `hops` entries were written by proxies that are trusted. */
function fromProxies(header: string | undefined, hops: number): string | undefined {
  const entries = list(header);
  return entries[Math.max(0, entries.length - hops)];
}

function list(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** An IPv4 client of a dual-stack socket is shown and counted as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function joinHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return joined;
}
