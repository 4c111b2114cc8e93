/** The chat protocol as this page sees it (docs/protocol.md). Times are milliseconds since the epoch. */

export interface Member {
  readonly id: string;
  readonly name: string;
}

export interface RoomMessage {
  readonly id: string;
  readonly from: string;
  readonly name: string;
  readonly content: string;
  readonly at: number;
}

export type ClientFrame =
  | { readonly type: 'join'; readonly room: string; readonly name: string }
  | { readonly type: 'message'; readonly id: string; readonly content: string }
  | { readonly type: 'rename'; readonly name: string }
  | { readonly type: 'leave' }
  | { readonly type: 'who' };

export type ServerFrame =
  | { readonly type: 'welcome'; readonly id: string; readonly name: string }
  | { readonly type: 'joined'; readonly room: string; readonly members: readonly Member[]; readonly history: readonly RoomMessage[] }
  | { readonly type: 'message'; readonly message: RoomMessage }
  | { readonly type: 'ack'; readonly id: string; readonly messageId: string; readonly at: number }
  | { readonly type: 'join' | 'leave'; readonly id: string; readonly name: string; readonly members: number | undefined }
  | { readonly type: 'rename'; readonly id: string; readonly name: string; readonly previous: string }
  | { readonly type: 'who'; readonly members: readonly Member[] }
  | { readonly type: 'notice'; readonly code: string; readonly content: string }
  | { readonly type: 'error'; readonly code: string; readonly content: string; readonly id: string | undefined }
  /** `id`: which of our messages it is about, if it stopped one. */
  | { readonly type: 'plugin'; readonly name: string; readonly content: string; readonly id: string | undefined };

const NAME_LIMIT = 32;
export const CONTENT_LIMIT = 4_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** How many characters the server counts: code points. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** What is wrong with a name of a person or a room, in plain words, or `undefined`. */
export function nameProblem(value: string): string | undefined {
  const length = characters(value.trim());
  if (length === 0) return 'Please fill this in.';
  if (length > NAME_LIMIT) return `At most ${NAME_LIMIT} characters; this has ${length}.`;
  if (CONTROL.test(value.trim())) return 'Control characters are not allowed here.';
  return undefined;
}

/**
 * Reads a text frame from the server. A frame without `type`, or a `message` that no member sent, comes from a plugin and is
 * returned as `plugin`, so that it can never pass for a member's. `undefined`: nothing this page understands.
 */
export function parseServerFrame(text: string, receivedAt: number): ServerFrame | undefined {
  const frame = parseObject(text);
  if (frame === undefined) return undefined;
  const { type, id, name, content } = frame;
  switch (type) {
    case 'welcome':
      return isString(id) && isString(name) ? { type, id, name } : undefined;
    case 'joined':
      if (!isString(frame.room)) return undefined;
      return { type, room: frame.room, members: members(frame.members), history: messages(frame.history, receivedAt) };
    case undefined:
    case 'message': {
      const message = type === 'message' ? roomMessage(frame, receivedAt) : undefined;
      if (message !== undefined) return { type: 'message', message };
      if (!isString(content)) return undefined;
      return { type: 'plugin', name: isString(name) ? name : 'plugin', content, id: type === undefined && isString(id) ? id : undefined };
    }
    case 'ack':
      if (!isString(id)) return undefined;
      return { type, id, messageId: isString(frame.messageId) ? frame.messageId : id, at: time(frame.at, receivedAt) };
    case 'join':
    case 'leave':
      if (!isString(id) || !isString(name)) return undefined;
      return { type, id, name, members: typeof frame.members === 'number' ? frame.members : undefined };
    case 'rename':
      if (!isString(id) || !isString(name)) return undefined;
      return { type, id, name, previous: isString(frame.previous) ? frame.previous : '' };
    case 'who':
      return { type, members: members(frame.members) };
    case 'notice':
      return isString(content) ? { type, code: isString(frame.code) ? frame.code : '', content } : undefined;
    case 'error':
      if (!isString(content)) return undefined;
      return { type, code: isString(frame.code) ? frame.code : '', content, id: isString(id) ? id : undefined };
    default:
      return undefined;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function time(value: unknown, otherwise: number): number {
  const at = isString(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? otherwise : at;
}

function roomMessage(value: unknown, receivedAt: number): RoomMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { id, from, name, content } = value;
  if (!isString(id) || !isString(from) || !isString(name) || !isString(content)) return undefined;
  return { id, from, name, content, at: time(value.at, receivedAt) };
}

function messages(value: unknown, receivedAt: number): readonly RoomMessage[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) => roomMessage(item, receivedAt)).filter((message) => message !== undefined);
}

function members(value: unknown): readonly Member[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) =>
    isRecord(item) && isString(item.id) && isString(item.name) ? [{ id: item.id, name: item.name }] : [],
  );
}
