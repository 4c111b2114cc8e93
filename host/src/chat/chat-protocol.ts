import type { Frame } from '../frame.js';
import { describeType, exceeds, parseName } from './names.js';

/** What a client may ask for (docs/protocol.md, "From the client"): checked, trimmed, within bounds. */
export type ChatCommand =
  | { readonly kind: 'join'; readonly room: string; readonly name?: string }
  | { readonly kind: 'message'; readonly content: string; readonly id?: string; readonly name?: string }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'leave' }
  | { readonly kind: 'history'; readonly limit: number }
  | { readonly kind: 'who' };

export const ERROR_CODES = [
  'malformed',
  'unknown_type',
  'invalid',
  'binary',
  'no_room',
  'unknown_room',
  'name_taken',
  'name_reserved',
  'room_full',
  'too_many_rooms',
  'banned',
  'muted',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A frame that isn't obeyed. `content` says what is wrong with which field and what to do; `id` is the message's, if it had one. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: ErrorCode;
  readonly content: string;
  readonly id?: string;
}

export interface MemberInfo {
  readonly id: string;
  readonly name: string;
}

/** Every frame the chat sends, but those that quote earlier messages (see {@link encodeQuoting}). */
export type ServerFrame =
  | { readonly type: 'welcome'; readonly id: string; readonly name: string; readonly room?: string; readonly content: string }
  | {
      readonly type: 'message';
      readonly id: string;
      readonly room: string;
      readonly from: string;
      readonly name: string;
      readonly content: string;
      readonly at: string;
    }
  | { readonly type: 'ack'; readonly id: string; readonly messageId: string; readonly at: string }
  | { readonly type: 'join' | 'leave'; readonly id: string; readonly name: string; readonly room: string; readonly members: number }
  | { readonly type: 'rename'; readonly id: string; readonly name: string; readonly previous: string; readonly room?: string }
  | { readonly type: 'who'; readonly room: string; readonly members: readonly MemberInfo[] }
  | { readonly type: 'notice'; readonly code: string; readonly content: string; readonly retryAfterMs?: number }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly content: string; readonly id?: string };

/** A frame whose last field is a list of messages. */
export type QuotingFrame =
  | { readonly type: 'joined'; readonly room: string; readonly members: readonly MemberInfo[] }
  | { readonly type: 'history'; readonly room: string };

export interface ChatLimits {
  readonly maxContentLength: number;
  readonly maxNameLength: number;
}

const MAX_ID_LENGTH = 64;
const LONE_SURROGATE = /\p{Cs}/u;
const encoder = new TextEncoder();

/** Reads one client frame; parses its JSON once. Never throws: what can't be obeyed comes back as a {@link Refusal}. */
export function parseCommand(frame: Frame, limits: ChatLimits): ChatCommand | Refusal {
  if (frame.kind === 'binary') return refuse('binary', 'This chat takes text frames only; send a JSON object as text.');
  // twelve bytes is the longest a character can be written in JSON, as two \u escapes; the rest has room for the other fields
  const maxBytes = limits.maxContentLength * 12 + 8_192;
  if (frame.payload.length > maxBytes) {
    return refuse('invalid', `A frame has at most ${maxBytes} bytes here; this one has ${frame.payload.length}. Send less.`);
  }
  const value = parseObject(frame.payload);
  if (value === undefined) {
    return refuse('malformed', 'A frame must be a JSON object, such as {"type":"message","content":"Hello"}.');
  }
  const id = parseId(value.id);
  if (typeof id === 'object') return id;
  const command = parseFields(value, limits, id);
  return command.kind === 'refusal' && id !== undefined ? { ...command, id } : command;
}

function parseFields(value: Readonly<Record<string, unknown>>, limits: ChatLimits, id: string | undefined): ChatCommand | Refusal {
  const { type = 'message' } = value;
  switch (type) {
    case 'message': {
      const content = parseContent(value.content, limits.maxContentLength);
      if (typeof content === 'object') return content;
      const name = optionalName(value.name, limits);
      if (typeof name === 'object') return name;
      return { kind: 'message', content, ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) };
    }
    case 'join': {
      const room = requiredName('room', value.room, limits);
      if (typeof room === 'object') return room;
      const name = optionalName(value.name, limits);
      if (typeof name === 'object') return name;
      return { kind: 'join', room, ...(name === undefined ? {} : { name }) };
    }
    case 'rename': {
      const name = requiredName('name', value.name, limits);
      return typeof name === 'object' ? name : { kind: 'rename', name };
    }
    case 'history': {
      const { limit = Number.MAX_SAFE_INTEGER } = value;
      if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1) return { kind: 'history', limit };
      return refuse('invalid', '"limit" must be a whole number of 1 or more; leave it out for all the messages there are.');
    }
    case 'leave':
    case 'who':
      return { kind: type };
    default:
      return refuse('unknown_type', '"type" must be join, message, rename, leave, history or who; a frame without it is a message.');
  }
}

export function refuse(code: ErrorCode, content: string): Refusal {
  return { kind: 'refusal', code, content };
}

/** A name given under `field`, ready for use; or why not. */
export function requiredName(field: 'name' | 'room', value: unknown, limits: ChatLimits): string | Refusal {
  const parsed = parseName(value, limits.maxNameLength);
  return parsed.kind === 'name' ? parsed.name : refuse('invalid', `"${field}" ${parsed.why}.`);
}

function optionalName(value: unknown, limits: ChatLimits): string | undefined | Refusal {
  return value === undefined ? undefined : requiredName('name', value, limits);
}

function parseObject(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// only own keys of JSON.parse's result are ever read by the names above, and "__proto__" is an ordinary key to it
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseId(id: unknown): string | undefined | Refusal {
  if (id === undefined) return undefined;
  if (typeof id !== 'string') return refuse('invalid', `"id" must be text; got ${describeType(id)}.`);
  if (id === '') return refuse('invalid', '"id" is empty; leave it out, or make one, such as a UUID.');
  if (exceeds(id, MAX_ID_LENGTH)) {
    return refuse('invalid', `"id" is longer than ${MAX_ID_LENGTH} characters; choose a shorter one, such as a UUID.`);
  }
  return LONE_SURROGATE.test(id) ? loneSurrogate('id') : id;
}

function parseContent(content: unknown, max: number): string | Refusal {
  if (typeof content !== 'string') return refuse('invalid', `"content" must be text; got ${describeType(content)}.`);
  if (content === '') return refuse('invalid', '"content" is empty; write something.');
  if (exceeds(content, max)) return refuse('invalid', `"content" is longer than ${max} characters; send it in parts.`);
  return LONE_SURROGATE.test(content) ? loneSurrogate('content') : content;
}

function loneSurrogate(field: string): Refusal {
  return refuse('invalid', `"${field}" has a lone surrogate in it, which is half a character; take it out.`);
}

/** Serialises once: the same bytes may go to any number of peers. */
export function encode(frame: ServerFrame): Frame {
  return text(encoder.encode(JSON.stringify(frame)));
}

/** `frame` with the messages, already serialised, as its last field: `history` of a `joined`, `messages` of a `history`. */
export function encodeQuoting(frame: QuotingFrame, messages: readonly Uint8Array[]): Frame {
  const key = frame.type === 'joined' ? 'history' : 'messages';
  const parts: Uint8Array[] = [encoder.encode(`${JSON.stringify(frame).slice(0, -1)},"${key}":[`)];
  messages.forEach((message, index) => {
    if (index > 0) parts.push(COMMA);
    parts.push(message);
  });
  parts.push(END);
  return text(Buffer.concat(parts));
}

const COMMA = encoder.encode(',');
const END = encoder.encode(']}');

function text(payload: Uint8Array): Frame {
  return { kind: 'text', payload };
}
