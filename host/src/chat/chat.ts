import type { Admission, Backend, BackendPeer, BackendSession, UpgradeRequest } from '../backend/backend.js';
import { CLOSE } from '../close-codes.js';
import type { Frame } from '../frame.js';
import type { Close } from '../verdict.js';
import { type ChatOptionsInput, chatOptionsSchema } from './chat-options.js';
import { encode } from './chat-protocol.js';
import { ChatSession, type EntryWish } from './chat-session.js';
import { ReservedNames } from './reserved-names.js';
import { Rooms } from './rooms.js';

// a route's backend section has `kind` beside the options; unknown keys are refused where the configuration is read
const lenientSchema = chatOptionsSchema.strip();

/**
 * The built-in chat: rooms in this process, spoken to as docs/protocol.md says. Admits everybody until it is closed.
 * Throws a ZodError for options outside their bounds.
 */
export function createChat(input: ChatOptionsInput = {}): Backend {
  return new Chat(input);
}

class Chat implements Backend {
  readonly #options;
  readonly #rooms: Rooms;
  readonly #reserved: ReservedNames;
  readonly #sessions = new Set<ChatSession>();
  #closed = false;

  constructor(input: ChatOptionsInput) {
    this.#options = lenientSchema.parse(input);
    this.#rooms = new Rooms(this.#options);
    this.#reserved = new ReservedNames(this.#options.reservedNames);
  }

  async admit(request: UpgradeRequest): Promise<Admission | { readonly refused: Close }> {
    if (this.#closed) return { refused: goingAway() };
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

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.peer.close(goingAway());
  }

  #start(peer: BackendPeer, wish: EntryWish): BackendSession {
    const session = new ChatSession(peer, this.#options, this.#rooms, this.#reserved, (gone) => this.#sessions.delete(gone));
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
