import type { Admission, Backend, BackendPeer, BackendSession, UpgradeRequest } from '../backend/backend.js';
import { CLOSE } from '../close-codes.js';
import type { Frame } from '../frame.js';
import type { Close } from '../verdict.js';
import type { BanStore } from './bans.js';
import { BansMemory } from './bans-memory.js';
import type { ChatControl, ChatRoom, ChatUser } from './chat-control.js';
import { type ChatOptionsInput, chatOptionsSchema } from './chat-options.js';
import { encode, type MemberInfo } from './chat-protocol.js';
import { ChatSession, type ChatSessionParts, type EntryWish } from './chat-session.js';
import { Moderation } from './moderation.js';
import { ReservedNames } from './reserved-names.js';
import type { RoomWatcher } from './room-watcher.js';
import { Rooms } from './rooms.js';

// a route's backend section has `kind` beside the options; unknown keys are refused where the configuration is read
const lenientSchema = chatOptionsSchema.strip();

/**
 * The built-in chat: rooms in this process, spoken to as docs/protocol.md says. Admits everybody until it is closed.
 * Throws a ZodError for options outside their bounds.
 */
export function createChat(
  input: ChatOptionsInput = {},
  { bans = new BansMemory(MAX_BANS), now = Date.now, rooms }: ChatServices = {},
): ChatBackend {
  return new Chat(input, new Moderation(bans, now), rooms);
}

/** What a chat shares with others. */
export interface ChatServices {
  /** Default: a store of its own. */
  readonly bans?: BanStore;
  /** Milliseconds since the epoch, for the end of bans. */
  readonly now?: () => number;
  /** Told when rooms open and end. */
  readonly rooms?: RoomWatcher;
}

export interface ChatBackend extends Backend {
  readonly control: ChatControl;
}

const MAX_BANS = 10_000;

class Chat implements ChatBackend, ChatControl {
  readonly control = this;
  readonly #moderation: Moderation;
  readonly #options;
  readonly #rooms: Rooms;
  readonly #parts: ChatSessionParts;
  readonly #sessions = new Set<ChatSession>();
  #closed = false;

  constructor(input: ChatOptionsInput, moderation: Moderation, watcher: RoomWatcher | undefined) {
    this.#moderation = moderation;
    this.#options = lenientSchema.parse(input);
    this.#rooms = new Rooms(this.#options, watcher);
    this.#parts = {
      options: this.#options,
      rooms: this.#rooms,
      reserved: new ReservedNames(this.#options.reservedNames),
      moderation,
      onGone: (gone) => this.#sessions.delete(gone),
    };
  }

  async admit(request: UpgradeRequest): Promise<Admission | { readonly refused: Close }> {
    if (this.#closed) return { refused: goingAway() };
    const banned = this.#moderation.banned({ address: request.remoteAddress });
    if (banned !== undefined) return { refused: banned };
    const wish = readWish(request.path);
    return { start: (peer) => this.#start(peer, wish), abandon: () => {} };
  }

  notice(code: string, message: string): Frame {
    return encode({ type: 'notice', code, content: message });
  }

  farewell(retryAfterMs: number): Frame {
    const wait = Math.round(retryAfterMs);
    return encode({
      type: 'notice',
      code: 'draining',
      content: 'The server is about to restart; come back in a moment.',
      retryAfterMs: wait,
    });
  }

  rooms(): ChatRoom[] {
    return this.#rooms.list().map(({ room: { name, size, messages }, configured }) => ({ name, members: size, configured, messages }));
  }

  users(): ChatUser[] {
    return Array.from(this.#sessions, ({ id, name, room, peer: { context } }) => ({
      id,
      name,
      ...(room === undefined ? {} : { room: room.name }),
      address: context.remoteAddress,
      ...(context.user === undefined || context.user.id === id ? {} : { account: context.user.id }),
    }));
  }

  members(name: string): readonly MemberInfo[] | undefined {
    return this.#rooms.find(name)?.members;
  }

  deleteRoom(name: string): number | undefined {
    const room = this.#rooms.find(name);
    if (room === undefined) return undefined;
    const inside = [...this.#sessions].filter((session) => session.room === room);
    for (const session of inside) session.expel();
    this.#rooms.remove(room);
    return inside.length;
  }

  enforceBans(): number {
    return [...this.#sessions].filter((session) => session.closeIfBanned()).length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.peer.close(goingAway());
  }

  #start(peer: BackendPeer, wish: EntryWish): BackendSession {
    const session = new ChatSession(peer, this.#parts);
    this.#sessions.add(session);
    session.start(wish);
    if (this.#closed) peer.close(goingAway());
    return session;
  }
}

function readWish(path: string): EntryWish {
  const mark = path.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : path.slice(mark + 1));
  const name = query.get('name');
  const room = query.get('room');
  return { ...(name ? { name } : {}), ...(room ? { room } : {}) };
}

function goingAway(): Close {
  const { code, reason } = CLOSE.GOING_AWAY;
  return { code, reason };
}
