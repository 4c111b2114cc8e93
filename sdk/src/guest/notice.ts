import { isObject, parseJson } from './text-field.js';

/** As in the chat protocol: characters of a message's id. */
const MAX_ID = 64;

/** A message above this many units is told about without its id: reading it again would cost too much. */
const MAX_PAYLOAD = 65_536;

/**
 * The frame in which a moderator tells the sender about a message that goes no further: `{ name: "moderator", content }`, and the
 * message's own `id` if its payload is a JSON object with one (a string of 1–64 characters), so that a client knows which it was.
 */
export function notice(content: string, payload: string | undefined): string {
  return JSON.stringify({ name: 'moderator', content, id: idOf(payload) });
}

function idOf(payload: string | undefined): string | undefined {
  if (payload === undefined || payload.length > MAX_PAYLOAD) return undefined;
  const value = parseJson(payload);
  const id = isObject(value) ? value.id : undefined;
  if (typeof id !== 'string' || id === '' || id.length > 2 * MAX_ID) return undefined;
  return [...id].length <= MAX_ID ? id : undefined;
}
