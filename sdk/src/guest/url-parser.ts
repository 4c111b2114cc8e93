import { parseHost } from './url-host.js';
import { FRAGMENT_SET, isC0, PATH_SET, percentEncode, QUERY_SET, SPECIAL_QUERY_SET, USERINFO_SET } from './url-percent.js';

/** A parsed URL (URL standard §4.1). A path that is a string is opaque, as in `mailto:`. */
export interface UrlRecord {
  scheme: string;
  username: string;
  password: string;
  host: string | undefined;
  port: number | undefined;
  path: string[] | string;
  query: string | undefined;
  fragment: string | undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, number | undefined>> = {
  ftp: 21,
  file: undefined,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

export const isSpecial = (scheme: string): boolean => Object.hasOwn(DEFAULT_PORTS, scheme);
const WINDOWS_DRIVE = /^[A-Za-z][:|]$/;
const STARTS_WITH_DRIVE = /^[A-Za-z][:|](?:[/\\?#]|$)/;

/** Parses a URL, relative ones against `base`. Undefined if it is none. */
export function parseUrl(input: string, base?: UrlRecord): UrlRecord | undefined {
  const text = withoutTabs(trimmed(input));
  const [, schemeText, afterScheme = ''] = /^([A-Za-z][A-Za-z\d+.-]*):(.*)$/s.exec(text) ?? [];
  if (schemeText !== undefined) return parseWithScheme(schemeText.toLowerCase(), afterScheme, base);
  if (base === undefined) return undefined;
  if (typeof base.path === 'string') {
    if (!text.startsWith('#')) return undefined;
    return { ...base, fragment: percentEncode(text.slice(1), FRAGMENT_SET) };
  }
  return base.scheme === 'file' ? parseFile(text, base) : parseRelative(text, base);
}

function parseWithScheme(scheme: string, rest: string, base: UrlRecord | undefined): UrlRecord | undefined {
  const url = emptyUrl(scheme);
  if (scheme === 'file') return parseFile(rest, base?.scheme === 'file' ? base : undefined);
  if (isSpecial(scheme)) {
    if (base?.scheme === scheme && !/^[/\\]{2}/.test(rest) && typeof base.path !== 'string' && !rest.startsWith('//'))
      return parseRelative(rest, base);
    return parseAuthority(rest.replace(/^[/\\]*/, ''), url);
  }
  if (rest.startsWith('//')) return parseAuthority(rest.slice(2), url);
  if (rest.startsWith('/')) return finishPath(rest.slice(1), { ...url, path: [] });
  const [path, query, fragment] = splitTail(rest);
  url.path = percentEncode(path, isC0);
  // A blank at the end would be lost with the query or the fragment.
  if (query !== undefined || fragment !== undefined) url.path = url.path.replace(/ $/, '%20');
  return finishTail(query, fragment, url);
}

/** A reference without a scheme, against a base whose path is a list. */
function parseRelative(text: string, base: UrlRecord): UrlRecord | undefined {
  const slash = isSpecial(base.scheme) ? /^[/\\]/ : /^\//;
  const url: UrlRecord = { ...base, path: [...base.path], query: base.query, fragment: undefined };
  if (slash.test(text)) {
    const rest = text.slice(1);
    if (slash.test(rest)) {
      const authority = isSpecial(base.scheme) ? rest.replace(/^[/\\]*/, '') : rest.slice(1);
      return parseAuthority(authority, emptyUrl(base.scheme));
    }
    return finishPath(rest, { ...url, path: [] });
  }
  return parseFromPath(text, url);
}

/** What is left is a path relative to the URL's own, a query or a fragment. */
function parseFromPath(text: string, url: UrlRecord): UrlRecord | undefined {
  if (text === '') return url;
  if (text.startsWith('?') || text.startsWith('#')) {
    const [, query, fragment] = splitTail(text);
    return finishTail(query ?? (text.startsWith('#') ? undefined : ''), fragment, url, text.startsWith('#'));
  }
  shorten(url);
  return finishPath(text, { ...url, query: undefined });
}

function parseFile(text: string, base: UrlRecord | undefined): UrlRecord | undefined {
  const url: UrlRecord = { ...emptyUrl('file'), host: '' };
  const inherited = base && typeof base.path !== 'string' ? base : undefined;
  if (/^[/\\]/.test(text)) {
    const rest = text.slice(1);
    if (/^[/\\]/.test(rest)) return parseFileHost(rest.slice(1), url);
    if (inherited) {
      url.host = inherited.host;
      const drive = inherited.path[0];
      if (!STARTS_WITH_DRIVE.test(rest) && drive !== undefined && /^[A-Za-z]:$/.test(drive)) url.path = [drive];
    }
    return finishPath(rest, url);
  }
  if (!inherited) return finishPath(text, url);
  const relative: UrlRecord = { ...inherited, path: [...inherited.path], fragment: undefined };
  if (!STARTS_WITH_DRIVE.test(text) || text === '' || /^[?#]/.test(text)) return parseFromPath(text, relative);
  return finishPath(text, { ...relative, path: [], query: undefined });
}

function parseFileHost(text: string, url: UrlRecord): UrlRecord | undefined {
  const [host = ''] = /^[^/\\?#]*/.exec(text) ?? [];
  if (WINDOWS_DRIVE.test(host)) return finishPath(text, url);
  const rest = text.slice(host.length);
  if (host !== '') {
    const parsed = parseHost(host, true);
    if (parsed === undefined) return undefined;
    url.host = parsed === 'localhost' ? '' : parsed;
  }
  return finishPath(rest.replace(/^[/\\]/, ''), url);
}

function parseAuthority(text: string, url: UrlRecord): UrlRecord | undefined {
  const special = isSpecial(url.scheme);
  const [authority = ''] = (special ? /^[^/\\?#]*/ : /^[^/?#]*/).exec(text) ?? [];
  const at = authority.lastIndexOf('@');
  if (at >= 0) setCredentials(url, authority.slice(0, at));
  const hostAndPort = authority.slice(at + 1);
  if (at >= 0 && hostAndPort === '') return undefined;
  if (!setHostAndPort(url, hostAndPort)) return undefined;
  const rest = text.slice(authority.length);
  const hasSlash = special ? /^[/\\]/.test(rest) : rest.startsWith('/');
  if (!hasSlash && !special) {
    const [, query, fragment] = splitTail(rest);
    return finishTail(query, fragment, { ...url, path: [] });
  }
  return finishPath(hasSlash ? rest.slice(1) : rest, { ...url, path: [] });
}

function setCredentials(url: UrlRecord, text: string): void {
  const colon = text.indexOf(':');
  url.username = percentEncode(colon < 0 ? text : text.slice(0, colon), USERINFO_SET);
  url.password = colon < 0 ? '' : percentEncode(text.slice(colon + 1), USERINFO_SET);
}

/** False if the text is no `host` or `host:port` of the URL's scheme. */
export function setHostAndPort(url: UrlRecord, text: string): boolean {
  const special = isSpecial(url.scheme);
  const [, hostText = '', portText] = /^((?:\[[^\]]*\]?|[^:[])*)(?::(.*))?$/s.exec(text) ?? [];
  if (hostText === '' && (special || portText !== undefined)) return false;
  const host = hostText === '' && text === '' ? '' : parseHost(hostText, special);
  if (host === undefined) return false;
  if (portText !== undefined && portText !== '') {
    if (!/^\d+$/.test(portText)) return false;
    const port = Number(portText);
    if (port > 65_535) return false;
    url.port = port === DEFAULT_PORTS[url.scheme] ? undefined : port;
  }
  url.host = host;
  return true;
}

/** Reads a path (without its first slash), query and fragment onto the URL's path. */
function finishPath(text: string, url: UrlRecord): UrlRecord {
  const [path, query, fragment] = splitTail(text);
  appendPath(url, path);
  return finishTail(query, fragment, url);
}

export function appendPath(url: UrlRecord, text: string): void {
  const special = isSpecial(url.scheme);
  const path = url.path as string[];
  const segments = text.split(special ? /[/\\]/ : '/');
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (/^(?:\.|%2e){2}$/i.test(segment)) {
      shorten(url);
      if (isLast) path.push('');
    } else if (/^(?:\.|%2e)$/i.test(segment)) {
      if (isLast) path.push('');
    } else {
      const isDrive = url.scheme === 'file' && path.length === 0 && WINDOWS_DRIVE.test(segment);
      path.push(isDrive ? `${segment[0]}:` : percentEncode(segment, PATH_SET));
    }
  }
}

function shorten(url: UrlRecord): void {
  const path = url.path as string[];
  if (url.scheme === 'file' && path.length === 1 && /^[A-Za-z]:$/.test(path[0] ?? '')) return;
  path.pop();
}

/** Path, query and fragment of a text; undefined where there is no `?` or `#`. */
function splitTail(text: string): [path: string, query: string | undefined, fragment: string | undefined] {
  const hash = text.indexOf('#');
  const before = hash < 0 ? text : text.slice(0, hash);
  const mark = before.indexOf('?');
  return [
    mark < 0 ? before : before.slice(0, mark),
    mark < 0 ? undefined : before.slice(mark + 1),
    hash < 0 ? undefined : text.slice(hash + 1),
  ];
}

function finishTail(query: string | undefined, fragment: string | undefined, url: UrlRecord, keepQuery = false): UrlRecord {
  if (!keepQuery) url.query = query === undefined ? undefined : encodeQuery(query, url.scheme);
  url.fragment = fragment === undefined ? undefined : percentEncode(fragment, FRAGMENT_SET);
  return url;
}

export function encodeQuery(query: string, scheme: string): string {
  return percentEncode(query, isSpecial(scheme) ? SPECIAL_QUERY_SET : QUERY_SET);
}

function emptyUrl(scheme: string): UrlRecord {
  return { scheme, username: '', password: '', host: undefined, port: undefined, path: [], query: undefined, fragment: undefined };
}

function trimmed(input: string): string {
  return input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
}

export function withoutTabs(text: string): string {
  return text.replace(/[\t\n\r]/g, '');
}

export function serializeHost({ host, port }: UrlRecord): string {
  return port === undefined ? (host ?? '') : `${host}:${port}`;
}

export function serializePath({ path }: UrlRecord): string {
  return typeof path === 'string' ? path : path.map((segment) => `/${segment}`).join('');
}

export function serializeUrl(url: UrlRecord): string {
  const { scheme, username, password, host, path, query, fragment } = url;
  const credentials = username === '' && password === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
  const authority = host === undefined ? '' : `//${credentials}${serializeHost(url)}`;
  // A path that begins with an empty segment would be read as an authority.
  const guard = host === undefined && typeof path !== 'string' && path.length > 1 && path[0] === '' ? '/.' : '';
  return `${scheme}:${authority}${guard}${serializePath(url)}${query === undefined ? '' : `?${query}`}${fragment === undefined ? '' : `#${fragment}`}`;
}
