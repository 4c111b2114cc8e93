import type { UpgradeRequest } from '../backend/backend.js';

/** Which web pages may connect: those that this host serves, any, or a list. */
export type AllowedOrigins = 'same-host' | '*' | readonly string[];

/**
 * Whether a request with this `Origin` may open a WebSocket. Browsers always send the header and pages can't forge it, so this
 * is what keeps a strange page from using a visitor's cookies (RFC 6455 §10.2). Without the header it is no browser, and passes.
 * The same host means the same scheme too, where a trusted proxy says whether there is TLS; else http and https both pass.
 */
export function originAllowed(
  origin: string | undefined,
  { host, secure }: Pick<UpgradeRequest, 'host' | 'secure'>,
  allowed: AllowedOrigins,
): boolean {
  if (origin === undefined || allowed === '*') return true;
  const url = parseUrl(origin);
  // no browser sends user info in an origin; a URL parser would take what stands before the @ out of sight
  if (url === undefined || url.host === '' || origin.includes('@')) return false;
  if (allowed !== 'same-host') return allowed.some((entry) => parseUrl(entry)?.origin === url.origin);
  const schemes = secure === undefined ? ['http:', 'https:'] : [secure ? 'https:' : 'http:'];
  return schemes.includes(url.protocol) && url.host === parseUrl(`${url.protocol}//${host}`)?.host;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
