import { acknowledge, appendEntry, appendMessage, type Entry, mergeHistory, setDelivery } from './entry.js';
import type { Member, ServerFrame } from './protocol.js';

export type Connection =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  /** The socket is open, the room has not answered yet. */
  | { readonly kind: 'joining' }
  | { readonly kind: 'online' }
  /** Lost; tried again at `retryAt` (milliseconds since the epoch). */
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly reason: string }
  /** Over, and not tried again by itself. */
  | { readonly kind: 'closed'; readonly reason: string };

/** Something the server refused, in its words. */
export interface Problem {
  readonly code: string;
  readonly content: string;
}

/** All that the page shows. Replaced as a whole, never changed. */
export interface ChatState {
  readonly connection: Connection;
  /** The room we are in, or on the way to. */
  readonly room: string | undefined;
  readonly name: string;
  /** Our connection ids, the present one last. */
  readonly selfIds: readonly string[];
  readonly members: readonly Member[];
  readonly entries: readonly Entry[];
  /** Messages that came from others since the page was opened; only grows. */
  readonly received: number;
  readonly problem: Problem | undefined;
  readonly nextKey: number;
}

export type ChatEvent =
  | { readonly kind: 'connection'; readonly connection: Connection }
  | { readonly kind: 'enter'; readonly room: string; readonly name: string }
  | { readonly kind: 'left'; readonly problem?: Problem }
  | { readonly kind: 'frame'; readonly frame: ServerFrame; readonly at: number }
  | { readonly kind: 'written'; readonly clientId: string; readonly content: string; readonly at: number }
  | { readonly kind: 'pending'; readonly clientId: string }
  | { readonly kind: 'undelivered'; readonly clientIds: readonly string[]; readonly reason: string }
  | { readonly kind: 'problem'; readonly problem: Problem | undefined };

export const INITIAL_STATE: ChatState = {
  connection: { kind: 'idle' },
  room: undefined,
  name: '',
  selfIds: [],
  members: [],
  entries: [],
  received: 0,
  problem: undefined,
  nextKey: 1,
};

/** The state after an event. Pure. */
export function reduce(state: ChatState, event: ChatEvent): ChatState {
  switch (event.kind) {
    case 'connection':
      return { ...state, connection: event.connection };
    case 'enter': {
      const stays = event.room === state.room;
      const emptied = stays ? {} : { entries: [], members: [] };
      return { ...state, ...emptied, room: event.room, name: event.name, problem: undefined };
    }
    case 'left':
      return { ...state, connection: { kind: 'idle' }, room: undefined, members: [], entries: [], problem: event.problem };
    case 'written':
      return {
        ...state,
        problem: undefined,
        entries: appendEntry(state.entries, {
          kind: 'message',
          key: `c:${event.clientId}`,
          id: undefined,
          clientId: event.clientId,
          from: state.selfIds.at(-1) ?? '',
          name: state.name,
          content: event.content,
          at: event.at,
          own: true,
          delivery: { kind: 'pending' },
        }),
      };
    case 'pending':
      return { ...state, problem: undefined, entries: setDelivery(state.entries, [event.clientId], { kind: 'pending' }) };
    case 'undelivered':
      return { ...state, entries: setDelivery(state.entries, event.clientIds, { kind: 'undelivered', reason: event.reason }) };
    case 'problem':
      return { ...state, problem: event.problem };
    case 'frame':
      return reduceFrame(state, event.frame, event.at);
  }
}

function reduceFrame(state: ChatState, frame: ServerFrame, at: number): ChatState {
  switch (frame.type) {
    case 'welcome':
      return { ...state, selfIds: [...state.selfIds, frame.id].slice(-50) };
    case 'joined': {
      const entries = mergeHistory(state.entries, frame.history, (from) => state.selfIds.includes(from));
      const self = frame.members.find((member) => member.id === state.selfIds.at(-1));
      return { ...state, room: frame.room, name: self?.name ?? state.name, members: frame.members, entries };
    }
    case 'message': {
      const own = state.selfIds.includes(frame.message.from);
      const entries = appendMessage(state.entries, frame.message, own);
      return { ...state, entries, received: state.received + (own || entries === state.entries ? 0 : 1) };
    }
    case 'ack':
      return { ...state, entries: acknowledge(state.entries, frame.id, frame.messageId, frame.at) };
    case 'join':
      if (state.selfIds.includes(frame.id)) return { ...state, members: withMember(state.members, frame) };
      return presence({ ...state, members: withMember(state.members, frame) }, 'join', frame.name, '', at);
    case 'leave':
      return presence({ ...state, members: state.members.filter(({ id }) => id !== frame.id) }, 'leave', frame.name, '', at);
    case 'rename': {
      const members = state.members.map((member) => (member.id === frame.id ? { id: frame.id, name: frame.name } : member));
      const name = frame.id === state.selfIds.at(-1) ? frame.name : state.name;
      return presence({ ...state, members, name }, 'rename', frame.name, frame.previous, at);
    }
    case 'who':
      return { ...state, members: frame.members };
    case 'notice':
      return notice(state, 'host', 'This host', frame.content, at);
    case 'plugin':
      return notice(refuse(state, frame), 'plugin', frame.name, frame.content, at);
    case 'error':
      return { ...refuse(state, frame), problem: { code: frame.code, content: frame.content } };
  }
}

/** The message that the frame names, if it names one, goes no further. */
function refuse(state: ChatState, { id, content }: { readonly id: string | undefined; readonly content: string }): ChatState {
  return id === undefined ? state : { ...state, entries: setDelivery(state.entries, [id], { kind: 'undelivered', reason: content }) };
}

function withMember(members: readonly Member[], { id, name }: Member): readonly Member[] {
  return [...members.filter((member) => member.id !== id), { id, name }];
}

function presence(state: ChatState, what: 'join' | 'leave' | 'rename', name: string, previous: string, at: number): ChatState {
  const entry: Entry = { kind: 'presence', key: `n:${state.nextKey}`, what, name, previous, at };
  return { ...state, entries: appendEntry(state.entries, entry), nextKey: state.nextKey + 1 };
}

function notice(state: ChatState, source: 'plugin' | 'host', name: string, content: string, at: number): ChatState {
  const entry: Entry = { kind: 'notice', key: `n:${state.nextKey}`, source, name, content, at };
  return { ...state, entries: appendEntry(state.entries, entry), nextKey: state.nextKey + 1 };
}
