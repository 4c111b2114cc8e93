/** Which addresses a pattern stands for: `[http://|https://]host[:port]`. */
export interface HttpHost {
  /** Absent: both. */
  readonly scheme?: 'http' | 'https';
  /** In lower case: a name, an IPv4 address, an IPv6 address in brackets, `*.name` for every name below it, or `*` for all. */
  readonly host: string;
  /** Absent: the scheme's own port, 80 or 443. */
  readonly port?: number | '*';
}

/** What a pattern looks like, for messages that refuse one. */
export const HTTP_HOST_FORM = 'api.example.com, *.example.com, api.example.com:8443, [::1]:8080 or https://api.example.com';

const PATTERN = /^(?:(https?):\/\/)?(\*|(?:\*\.)?[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?$/;
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** Reads a pattern; undefined if it is none. */
export function parseHttpHost(text: string): HttpHost | undefined {
  const [matched, scheme, host, port] = PATTERN.exec(text.toLowerCase()) ?? [];
  if (matched === undefined || host === undefined || Number(port) > 65_535 || Number(port) === 0) return undefined;
  const known = scheme === 'http' || scheme === 'https' ? scheme : undefined;
  const number = port === undefined || port === '*' ? port : Number(port);
  const isDefault = known !== undefined && number === DEFAULT_PORTS[known];
  return { ...(known && { scheme: known }), host, ...(number === undefined || isDefault ? {} : { port: number }) };
}

/** Whether every address of `asked` is one of `granted`. */
export function coversHttpHost(granted: HttpHost, asked: HttpHost): boolean {
  const scheme = granted.scheme === undefined || granted.scheme === asked.scheme;
  return scheme && coversPort(granted, asked) && coversName(granted.host, asked.host);
}

/** Whether a pattern takes this address in. `host` as in a URL: lower case, IPv6 in brackets. */
export function matchesHttpHost(pattern: HttpHost, scheme: 'http' | 'https', host: string, port: number): boolean {
  const isDefault = port === DEFAULT_PORTS[scheme];
  return coversHttpHost(pattern, { scheme, host: host.replace(/\.$/, ''), ...(isDefault ? {} : { port }) });
}

function coversPort(granted: HttpHost, asked: HttpHost): boolean {
  if (granted.port === '*' || granted.port === asked.port) return true;
  return asked.port === undefined && asked.scheme !== undefined && granted.port === DEFAULT_PORTS[asked.scheme];
}

function coversName(granted: string, asked: string): boolean {
  if (granted === '*' || granted === asked) return true;
  return granted.startsWith('*.') && asked !== '*' && asked.length > granted.length - 1 && asked.endsWith(granted.slice(1));
}
