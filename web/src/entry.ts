import type { RoomMessage } from './protocol.js';

export type Delivery =
  | { readonly kind: 'pending' }
  | { readonly kind: 'delivered' }
  /** The room does not have it: nobody acknowledged it in time, or it was refused. */
  | { readonly kind: 'undelivered'; readonly reason: string };

export interface MessageEntry {
  readonly kind: 'message';
  readonly key: string;
  /** The room's id of it; `undefined` until acknowledged. */
  readonly id: string | undefined;
  /** The id this page gave it, if it was written here. */
  readonly clientId: string | undefined;
  readonly from: string;
  readonly name: string;
  readonly content: string;
  readonly at: number;
  readonly own: boolean;
  readonly delivery: Delivery;
}

export interface PresenceEntry {
  readonly kind: 'presence';
  readonly key: string;
  readonly what: 'join' | 'leave' | 'rename';
  readonly name: string;
  readonly previous: string;
  readonly at: number;
}

/** Something that no member said: a plugin's message, or the host's. */
export interface NoticeEntry {
  readonly kind: 'notice';
  readonly key: string;
  readonly source: 'plugin' | 'host';
  readonly name: string;
  readonly content: string;
  readonly at: number;
}

/** Messages may be missing here: more was said while this page was away than the server's history holds. */
export interface GapEntry {
  readonly kind: 'gap';
  readonly key: string;
  readonly at: number;
}

/** One line of the room, oldest first. */
export type Entry = MessageEntry | PresenceEntry | NoticeEntry | GapEntry;

/** Older entries than this many are let go, so that a page left open for days stays small. */
export const ENTRY_LIMIT = 1_000;

const DELIVERED: Delivery = { kind: 'delivered' };

export function appendEntry(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  return [...entries, entry].slice(-ENTRY_LIMIT);
}

/** A message from the room; one that is here already changes nothing. */
export function appendMessage(entries: readonly Entry[], message: RoomMessage, own: boolean): readonly Entry[] {
  return holds(entries, message.id) ? entries : appendEntry(entries, fromRoom(message, own));
}

/**
 * Puts a room's history into what is shown: nothing twice, what was missed while away after what was seen, what waits for
 * delivery last. The server's text wins over ours (a plugin may have changed it). Says so where messages may be missing.
 */
export function mergeHistory(shown: readonly Entry[], history: readonly RoomMessage[], isOwn: (from: string) => boolean): readonly Entry[] {
  const entries = adoptOwn(shown, history, isOwn);
  const byId = new Map(history.map((message) => [message.id, message]));
  const settled: Entry[] = [];
  const waiting: Entry[] = [];
  let overlaps = false;
  let seenBefore = false;
  for (const entry of entries) {
    if (entry.kind === 'message' && entry.delivery.kind === 'pending') {
      waiting.push(entry);
      continue;
    }
    const known = entry.kind === 'message' && entry.id !== undefined ? byId.get(entry.id) : undefined;
    if (known !== undefined) overlaps = true;
    if (entry.kind === 'message' && entry.id !== undefined) seenBefore = true;
    settled.push(known === undefined || entry.kind !== 'message' ? entry : { ...entry, content: known.content, at: known.at });
  }
  const missing = history.filter((message) => !holds(entries, message.id)).map((message) => fromRoom(message, isOwn(message.from)));
  const first = missing[0];
  if (first === undefined) return [...settled, ...waiting];
  if (!seenBefore) return [...missing, ...settled, ...waiting].slice(-ENTRY_LIMIT);
  const gap: readonly Entry[] = overlaps ? [] : [{ kind: 'gap', key: `gap:${first.key}`, at: first.at }];
  return [...settled, ...gap, ...missing, ...waiting].slice(-ENTRY_LIMIT);
}

/** Messages of ours that the room has although its acknowledgement was lost with the connection are known by their text. */
function adoptOwn(entries: readonly Entry[], history: readonly RoomMessage[], isOwn: (from: string) => boolean): readonly Entry[] {
  const unknown = history.filter((message) => isOwn(message.from) && !holds(entries, message.id));
  return entries.map((entry) => {
    if (entry.kind !== 'message' || entry.id !== undefined) return entry;
    const index = unknown.findIndex((message) => message.content === entry.content);
    const [message] = index < 0 ? [] : unknown.splice(index, 1);
    return message === undefined ? entry : { ...entry, id: message.id, at: message.at, delivery: DELIVERED };
  });
}

/** The room has our message. A copy of it that came with the history goes. */
export function acknowledge(entries: readonly Entry[], clientId: string, messageId: string, at: number): readonly Entry[] {
  if (!entries.some((entry) => entry.kind === 'message' && entry.clientId === clientId)) return entries;
  return entries
    .filter((entry) => entry.kind !== 'message' || entry.id !== messageId || entry.clientId === clientId)
    .map((entry) =>
      entry.kind === 'message' && entry.clientId === clientId ? { ...entry, id: messageId, at, delivery: DELIVERED } : entry,
    );
}

/** Changes the delivery of our messages with these ids, unless the room has them already. */
export function setDelivery(entries: readonly Entry[], clientIds: readonly string[], delivery: Delivery): readonly Entry[] {
  if (clientIds.length === 0) return entries;
  return entries.map((entry) =>
    entry.kind === 'message' && entry.clientId !== undefined && entry.id === undefined && clientIds.includes(entry.clientId)
      ? { ...entry, delivery }
      : entry,
  );
}

function holds(entries: readonly Entry[], id: string): boolean {
  return entries.some((entry) => entry.kind === 'message' && entry.id === id);
}

function fromRoom(message: RoomMessage, own: boolean): MessageEntry {
  return { ...message, kind: 'message', key: `m:${message.id}`, clientId: undefined, own, delivery: DELIVERED };
}
