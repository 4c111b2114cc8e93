import type { StateFilter, StateStore } from './state-store.js';

/** Rooms that ended between two sweeps; beyond it the oldest are not looked at again. */
const MAX_ENDED = 10_000;
/** A time at which nothing has expired. */
const EVER = 0;

export interface RoomStateOptions {
  readonly state: StateStore;
  /** In the store, and wherever there are copies of it. */
  readonly wipe: (filter: StateFilter) => void;
}

/**
 * Ends what plugins keep for a room with the room itself: when no chat has one of that name any more. Frames that were under way may write once
 * more after that, so rooms that ended are looked at again by the two sweeps that follow.
 */
export class RoomState {
  readonly #options: RoomStateOptions;
  /** How many chats have it. */
  readonly #open = new Map<string, number>();
  #ended = new Set<string>();
  #endedBefore = new Set<string>();

  constructor(options: RoomStateOptions) {
    this.#options = options;
  }

  opened(room: string): void {
    this.#open.set(room, (this.#open.get(room) ?? 0) + 1);
  }

  ended(room: string): void {
    const left = (this.#open.get(room) ?? 1) - 1;
    if (left > 0) {
      this.#open.set(room, left);
      return;
    }
    this.#open.delete(room);
    this.#forget(room);
    this.#ended.add(room);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MAX_ENDED) break;
      this.#ended.delete(oldest);
    }
  }

  sweep(): void {
    for (const rooms of [this.#endedBefore, this.#ended]) for (const room of rooms) this.#forget(room);
    this.#endedBefore = this.#ended;
    this.#ended = new Set();
  }

  #forget(room: string): void {
    if (this.#open.has(room)) return;
    const filter: StateFilter = { scope: 'room', owner: room };
    for (const _ of this.#options.state.entries(filter, EVER)) {
      this.#options.wipe(filter);
      return;
    }
  }
}
