import type { ChatOptions } from './chat-options.js';
import { type Refusal, refuse } from './chat-protocol.js';
import { nameKey } from './names.js';
import { Room } from './room.js';
import type { RoomWatcher } from './room-watcher.js';

/** All the rooms of one chat, found by name whatever its case. Configured ones stay; made ones go with their last member. */
export class Rooms {
  readonly #options: ChatOptions;
  readonly #watcher: RoomWatcher | undefined;
  readonly #rooms = new Map<string, Room>();
  readonly #configured = new Set<string>();

  constructor(options: ChatOptions, watcher?: RoomWatcher) {
    this.#options = options;
    this.#watcher = watcher;
    for (const name of [options.defaultRoom, ...options.rooms]) {
      const key = nameKey(name);
      if (!this.#configured.has(key)) this.#add(key, new Room(name, options));
      this.#configured.add(key);
    }
  }

  /** The room of that name, made if need be. Somebody must enter a made room, or `release` it. */
  open(name: string): Room | Refusal {
    const key = nameKey(name);
    const existing = this.#rooms.get(key);
    if (existing !== undefined) return existing;
    if (!this.#options.createRooms) {
      return refuse('unknown_room', `There is no room "${name}", and this server doesn't let clients make one; join one that exists.`);
    }
    if (this.#rooms.size - this.#configured.size >= this.#options.maxRooms) {
      return refuse('too_many_rooms', `There are already ${this.#options.maxRooms} rooms; join one that exists, or try again later.`);
    }
    return this.#add(key, new Room(name, this.#options));
  }

  /** `undefined`: there is none of this name. */
  find(name: string): Room | undefined {
    return this.#rooms.get(nameKey(name));
  }

  list(): { readonly room: Room; readonly configured: boolean }[] {
    return Array.from(this.#rooms, ([key, room]) => ({ room, configured: this.#configured.has(key) }));
  }

  /** Forgets a room whose members have left, with its history; in the place of a configured one there is a new one. */
  remove(room: Room): void {
    const key = nameKey(room.name);
    if (this.#configured.has(key)) this.#rooms.set(key, new Room(room.name, this.#options));
    else this.#end(key, room);
  }

  /** Forgets a room that has become empty, with its history, unless it is configured. */
  release(room: Room): void {
    const key = nameKey(room.name);
    if (room.size === 0 && !this.#configured.has(key)) this.#end(key, room);
  }

  #add(key: string, room: Room): Room {
    this.#rooms.set(key, room);
    this.#watcher?.opened(room.name);
    return room;
  }

  /** Those that were put out of it may leave it after its end, when there may be another one of that name. */
  #end(key: string, room: Room): void {
    if (this.#rooms.get(key) !== room) return;
    this.#rooms.delete(key);
    this.#watcher?.ended(room.name);
  }
}
