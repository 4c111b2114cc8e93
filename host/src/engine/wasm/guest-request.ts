import type { HttpRequest } from '../../pipeline/http-exchange.js';
import { asText } from './guest-session.js';

/** Reads the JSON that a guest asks for a request with: `{ url, method?, headers? }`. Returns what is wrong with it, if anything is. The body is not copied. */
export function readGuestRequest(json: Uint8Array, body: Uint8Array): HttpRequest | string {
  let asked: unknown;
  try {
    asked = JSON.parse(asText(json));
  } catch (error) {
    return `an HTTP request is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof asked !== 'object' || asked === null) return 'an HTTP request is not a JSON object';
  const { url, method, headers } = asked as Record<string, unknown>;
  if (typeof url !== 'string') return 'an HTTP request has no "url"';
  if (method !== undefined && method !== null && typeof method !== 'string') return 'the method of an HTTP request is not a string';
  if (headers !== undefined && (typeof headers !== 'object' || Array.isArray(headers)))
    return 'the headers of an HTTP request are not an object';
  return {
    url,
    method: method?.toUpperCase() || 'GET',
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)])),
    body,
  };
}
