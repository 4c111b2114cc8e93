import { type Backoff, backoffDelay, DEFAULT_BACKOFF } from './backoff.js';
import { type ChatEvent, type ChatState, INITIAL_STATE, reduce } from './chat-state.js';
import { closeWords, mayReconnect } from './close-codes.js';
import { type ClientFrame, parseServerFrame, type ServerFrame } from './protocol.js';

export interface ChatClientOptions {
  readonly url: string;
  readonly open?: (url: string) => WebSocket;
  /** Milliseconds without an acknowledgement after which a message counts as not delivered. */
  readonly ackTimeoutMs?: number;
  /** Milliseconds a socket may take to open. */
  readonly connectTimeoutMs?: number;
  readonly backoff?: Backoff;
}

type Timer = ReturnType<typeof setTimeout>;

/** More waiting messages than this are not taken: the reader should notice that nothing gets through. */
export const OUTBOX_LIMIT = 50;
const NOT_CONFIRMED = 'The room did not confirm it. A plugin may have stopped it.';

/**
 * One person's connection to one room: connects, joins, comes back after a loss, and knows of each message whether the room
 * has it. Messages written while away wait and are sent in order, with the id they have had from the start, so that the server
 * can tell a repetition. Has no part in how things look; `state` is all there is to show.
 */
export class ChatClient {
  readonly #options: Required<ChatClientOptions>;
  readonly #listeners = new Set<() => void>();
  /** Messages without an answer, oldest first, each with the clock that runs while it is on its way. */
  readonly #outbox = new Map<string, { readonly content: string; clock: Timer | undefined }>();
  #state: ChatState = INITIAL_STATE;
  #socket: WebSocket | undefined;
  #retry: Timer | undefined;
  #watch: Timer | undefined;
  #attempt = 0;
  #wasOnline = false;
  /** Frames received; only compared. */
  #heard = 0;

  constructor(options: ChatClientOptions) {
    this.#options = {
      open: (url) => new WebSocket(url),
      ackTimeoutMs: 6_000,
      connectTimeoutMs: 10_000,
      backoff: DEFAULT_BACKOFF,
      ...options,
    };
  }

  get state(): ChatState {
    return this.#state;
  }

  /** Calls `listener` after each change of `state`, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes to a room, leaving the one before. Messages still waiting for that one are given up. */
  enter(room: string, name: string): void {
    if (room !== this.#state.room) this.#clearOutbox();
    this.#apply({ kind: 'enter', room, name });
    this.#wasOnline = false;
    this.#attempt = 0;
    if (this.#socket?.readyState === WebSocketState.OPEN) this.#join();
    else this.#connect();
  }

  leave(): void {
    this.#transmit({ type: 'leave' });
    this.#hangUp();
    this.#clearOutbox();
    this.#apply({ kind: 'left' });
  }

  /** Takes a message for the room; `false` if too many are waiting already. */
  send(content: string): boolean {
    if (this.#outbox.size >= OUTBOX_LIMIT) return false;
    const clientId = crypto.randomUUID();
    this.#apply({ kind: 'written', clientId, content, at: Date.now() });
    this.#outbox.set(clientId, { content, clock: undefined });
    this.#post(clientId);
    return true;
  }

  /** Sends a message again that was not delivered. */
  resend(clientId: string): void {
    const entry = this.#state.entries.find((candidate) => candidate.kind === 'message' && candidate.clientId === clientId);
    if (entry?.kind !== 'message' || entry.delivery.kind !== 'undelivered') return;
    this.#apply({ kind: 'pending', clientId });
    this.#outbox.set(clientId, { content: entry.content, clock: undefined });
    this.#post(clientId);
  }

  rename(name: string): void {
    this.#apply({ kind: 'problem', problem: undefined });
    this.#transmit({ type: 'rename', name });
  }

  dismissProblem(): void {
    this.#apply({ kind: 'problem', problem: undefined });
  }

  /** Connects now instead of at the end of the wait, or again after a final close. */
  reconnect(): void {
    const { kind } = this.#state.connection;
    if (kind === 'waiting' || kind === 'closed') this.#connect();
  }

  #connect(): void {
    this.#hangUp();
    const socket = this.#options.open(this.#options.url);
    this.#socket = socket;
    this.#apply({ kind: 'connection', connection: { kind: 'connecting' } });
    // Events of a socket that has been replaced meanwhile are nobody's business.
    const whenCurrent = (action: () => void) => () => {
      if (this.#socket === socket) action();
    };
    this.#expect(this.#options.connectTimeoutMs);
    socket.addEventListener(
      'open',
      whenCurrent(() => this.#join()),
    );
    socket.addEventListener('message', ({ data }) => whenCurrent(() => this.#receive(data))());
    socket.addEventListener('close', ({ code, reason }) => whenCurrent(() => this.#lost(code, reason))());
    // A failure is followed by a close, which says more.
    socket.addEventListener('error', () => {});
  }

  #join(): void {
    const { room, name } = this.#state;
    if (room === undefined) return;
    this.#apply({ kind: 'connection', connection: { kind: 'joining' } });
    this.#transmit({ type: 'join', room, name });
    this.#expect(this.#options.connectTimeoutMs);
  }

  #receive(data: unknown): void {
    this.#heard += 1;
    const at = Date.now();
    if (this.#state.connection.kind === 'online') clearTimeout(this.#watch);
    const frame = typeof data === 'string' ? parseServerFrame(data, at) : undefined;
    if (frame === undefined) return;
    if (frame.type === 'error' && this.#state.connection.kind === 'joining') {
      this.#refused(frame);
      return;
    }
    if (frame.type === 'ack' || frame.type === 'error' || frame.type === 'plugin') this.#settle(frame.id);
    this.#apply({ kind: 'frame', frame, at });
    if (frame.type === 'joined') this.#arrived();
    const isHeadCount = (frame.type === 'join' || frame.type === 'leave') && frame.members !== undefined;
    if (isHeadCount && frame.members !== this.#state.members.length) this.#transmit({ type: 'who' });
  }

  #arrived(): void {
    clearTimeout(this.#watch);
    this.#attempt = 0;
    this.#wasOnline = true;
    this.#apply({ kind: 'connection', connection: { kind: 'online' } });
    for (const entry of this.#state.entries) {
      // The history told that the room has it.
      if (entry.kind === 'message' && entry.id !== undefined) this.#settle(entry.clientId);
    }
    for (const clientId of this.#outbox.keys()) this.#post(clientId);
  }

  /** A first join that is refused goes back to the person; a later one may only meet our own ghost, so it is tried again. */
  #refused({ code, content }: ServerFrame & { type: 'error' }): void {
    if (this.#wasOnline && code === 'name_taken' && this.#attempt < 6) {
      this.#hangUp();
      this.#wait(content);
      return;
    }
    this.#hangUp();
    this.#clearOutbox();
    this.#apply({ kind: 'left', problem: { code, content } });
  }

  #lost(code: number, reason: string): void {
    this.#hangUp();
    for (const message of this.#outbox.values()) clearTimeout(message.clock);
    const words = closeWords(code, reason);
    if (mayReconnect(code)) {
      this.#wait(words);
      return;
    }
    const clientIds = [...this.#outbox.keys()];
    this.#clearOutbox();
    this.#apply({ kind: 'undelivered', clientIds, reason: 'The connection was closed.' });
    this.#apply({ kind: 'connection', connection: { kind: 'closed', reason: words } });
  }

  #wait(reason: string): void {
    const delay = backoffDelay(this.#attempt, this.#options.backoff, Math.random());
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), delay);
    this.#apply({ kind: 'connection', connection: { kind: 'waiting', retryAt: Date.now() + delay, reason } });
  }

  #post(clientId: string): void {
    const message = this.#outbox.get(clientId);
    if (message === undefined || this.#state.connection.kind !== 'online') return;
    clearTimeout(message.clock);
    const heard = this.#heard;
    this.#transmit({ type: 'message', id: clientId, content: message.content });
    message.clock = setTimeout(() => this.#unanswered(clientId, heard), this.#options.ackTimeoutMs);
  }

  #unanswered(clientId: string, heardBefore: number): void {
    this.#outbox.delete(clientId);
    this.#apply({ kind: 'undelivered', clientIds: [clientId], reason: NOT_CONFIRMED });
    if (this.#heard !== heardBefore) return;
    // Nothing at all was heard since: a question the server always answers tells a dropped message from a dead connection.
    this.#transmit({ type: 'who' });
    this.#expect(this.#options.ackTimeoutMs);
  }

  /** Holds the connection for lost if the server has not said anything in time. */
  #expect(withinMs: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost(1006, 'no answer'), withinMs);
  }

  #settle(clientId: string | undefined): void {
    if (clientId === undefined) return;
    clearTimeout(this.#outbox.get(clientId)?.clock);
    this.#outbox.delete(clientId);
  }

  #clearOutbox(): void {
    for (const message of this.#outbox.values()) clearTimeout(message.clock);
    this.#outbox.clear();
  }

  #hangUp(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && socket.readyState < WebSocketState.CLOSING) socket.close(1000);
  }

  #transmit(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocketState.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #apply(event: ChatEvent): void {
    this.#state = reduce(this.#state, event);
    for (const listener of this.#listeners) listener();
  }
}

/** `readyState` values (WHATWG WebSockets §3.1), which not every runtime has as a global. */
const WebSocketState = { OPEN: 1, CLOSING: 2 } as const;
