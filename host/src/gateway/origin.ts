/** Which web pages may connect: those that this host serves, any, or a list. */
export type AllowedOrigins = 'same-host' | '*' | readonly string[];

/**
 * Whether a request with this `Origin` may open a WebSocket. Browsers always send the header and pages can't forge it, so this
 * is what keeps a strange page from using a visitor's cookies (RFC 6455 §10.2). Without the header it is no browser, and passes.
 */
export function originAllowed(origin: string | undefined, host: string, allowed: AllowedOrigins): boolean {
  if (origin === undefined || allowed === '*') return true;
  const url = parseUrl(origin);
  if (url === undefined || url.host === '') return false;
  if (allowed === 'same-host') return url.host === parseUrl(`${url.protocol}//${host}`)?.host;
  return allowed.some((entry) => parseUrl(entry)?.origin === url.origin);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
