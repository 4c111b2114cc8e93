import type { BackendPeer, BackendSession } from '../backend/backend.js';
import type { Frame } from '../frame.js';
import { Acknowledgements } from './acknowledgements.js';
import type { BanCandidate } from './bans.js';
import type { ChatOptions } from './chat-options.js';
import { type ChatCommand, encode, parseCommand, type Refusal, refuse, requiredName } from './chat-protocol.js';
import type { Moderation } from './moderation.js';
import { makeName } from './names.js';
import type { ReservedNames } from './reserved-names.js';
import { type Member, Room } from './room.js';
import type { Rooms } from './rooms.js';

/** What a client asked for on its address, unchecked. */
export interface EntryWish {
  readonly name?: string;
  readonly room?: string;
}

/** What the sessions of one chat share. */
export interface ChatSessionParts {
  readonly options: ChatOptions;
  readonly rooms: Rooms;
  readonly reserved: ReservedNames;
  readonly moderation: Moderation;
  readonly onGone: (session: ChatSession) => void;
}

type MessageCommand = Extract<ChatCommand, { kind: 'message' }>;

/**
 * One client of the chat: in at most one room. A frame that can't be obeyed is answered with an `error` and changes nothing;
 * the connection stays and the others notice nothing.
 */
export class ChatSession implements BackendSession, Member {
  readonly congested = false;
  readonly id: string;
  name: string;
  readonly #peer: BackendPeer;
  readonly #parts: ChatSessionParts;
  readonly #acknowledged: Acknowledgements;
  #room: Room | undefined;
  /** False while the name is one made up here, which may be changed without asking. */
  #named = false;
  #gone = false;

  constructor(peer: BackendPeer, parts: ChatSessionParts) {
    this.#peer = peer;
    this.#parts = parts;
    this.#acknowledged = new Acknowledgements(parts.options.dedupeSize);
    this.id = peer.context.id;
    this.name = makeName((candidate) => parts.reserved.has(candidate));
  }

  get peer(): BackendPeer {
    return this.#peer;
  }

  get room(): Room | undefined {
    return this.#room;
  }

  /** Ends the connection if it is banned by now. */
  closeIfBanned(): boolean {
    const close = this.#parts.moderation.banned(this.#candidate);
    if (close !== undefined) this.#peer.close(close);
    return close !== undefined;
  }

  /** Puts the client out of its room; it is told as if it had left. */
  expel(): void {
    const told = this.#leave();
    if (told === undefined) return;
    this.#publishContext();
    this.send(told);
    this.send(encode({ type: 'notice', code: 'room_deleted', content: 'An operator has removed this room.' }));
  }

  /** Greets the client and brings it where its address says. An account's name goes before the one on the address. */
  start(wish: EntryWish): void {
    const refusals: Refusal[] = [];
    const account = this.#peer.context.user?.name;
    const given = account ?? wish.name;
    const name = given === undefined ? undefined : requiredName('name', given, this.#parts.options);
    const refused = typeof name === 'object' ? name : account === undefined ? this.#refuseReserved(name) : undefined;
    if (refused !== undefined) refusals.push(refused);
    else if (typeof name === 'string') this.#take(name);
    if (this.closeIfBanned()) return;

    const roomName = wish.room === undefined ? undefined : requiredName('room', wish.room, this.#parts.options);
    const entered = typeof roomName === 'string' ? this.#enter(roomName, undefined) : roomName;
    if (entered !== undefined) refusals.push(entered);

    const room = this.#room;
    if (room === undefined) this.#publishContext();
    const content = this.#parts.options.greeting.replaceAll('{name}', () => this.name);
    this.send(encode({ type: 'welcome', id: this.id, name: this.name, ...(room === undefined ? {} : { room: room.name }), content }));
    if (room !== undefined) this.send(room.joined());
    for (const refusal of refusals) this.#refuse(refusal);
  }

  receive(frame: Frame): void {
    if (this.#gone) return;
    const command = parseCommand(frame, this.#parts.options);
    const refusal = command.kind === 'refusal' ? command : this.#obey(command);
    if (refusal !== undefined) this.#refuse('id' in command ? { ...refusal, id: command.id } : refusal);
  }

  disconnected(): void {
    this.#gone = true;
    this.#leave();
    this.#parts.onGone(this);
  }

  send(frame: Frame): void {
    if (!this.#gone) this.#peer.send(frame);
  }

  #obey(command: ChatCommand): Refusal | undefined {
    const refused = 'name' in command ? this.#refuseName(command.name) : undefined;
    if (refused !== undefined) return refused;
    switch (command.kind) {
      case 'join':
        return this.#join(command.room, command.name);
      case 'message':
        return this.#message(command);
      case 'rename':
        return this.#rename(command.name);
      case 'leave': {
        const told = this.#leave();
        if (told === undefined) return noRoom();
        this.#publishContext();
        this.send(told);
        return undefined;
      }
      case 'history':
        if (this.#room === undefined) return noRoom();
        this.send(this.#room.history(command.limit));
        return undefined;
      case 'who':
        if (this.#room === undefined) return noRoom();
        this.send(this.#room.who());
        return undefined;
    }
  }

  #message(command: MessageCommand): Refusal | undefined {
    const { id, content, name } = command;
    let receipt = id === undefined ? undefined : this.#acknowledged.get(id);
    if (receipt === undefined) {
      const refusal = this.#prepareToSpeak(name);
      if (refusal !== undefined) return refusal;
      if (this.#room === undefined) return undefined; // gone while it was told that it had joined
      receipt = this.#room.publish(this, content, id);
      if (id !== undefined) this.#acknowledged.add(id, receipt);
    }
    if (id !== undefined) this.send(encode({ type: 'ack', id, ...receipt }));
    return undefined;
  }

  #prepareToSpeak(name: string | undefined): Refusal | undefined {
    const muted = this.#parts.moderation.refuseMuted(this.#candidate);
    if (muted !== undefined) return muted;
    if (this.#room === undefined) return this.#join(this.#parts.options.defaultRoom, name);
    return name === undefined || name === this.name ? undefined : this.#rename(name);
  }

  #join(roomName: string, name: string | undefined): Refusal | undefined {
    const refusal = this.#enter(roomName, name);
    if (refusal === undefined && this.#room !== undefined) this.send(this.#room.joined());
    return refusal;
  }

  /** Moves the client to a room, or leaves everything as it was. The others are told; the client isn't yet. */
  #enter(roomName: string, name: string | undefined): Refusal | undefined {
    const room = this.#parts.rooms.open(roomName);
    if (!(room instanceof Room)) return room;
    if (room === this.#room) return name === undefined || name === this.name ? undefined : this.#rename(name);

    // a room made just now has neither members nor names: none of these refusals can leave an empty one behind
    if (room.full) return refuse('room_full', `The room "${room.name}" is full; join another one, or try again later.`);
    if (name !== undefined || this.#named) {
      if (room.isTaken(name ?? this.name, this)) return nameTaken(name ?? this.name, room);
    }
    this.#leave();
    if (this.#gone) {
      this.#parts.rooms.release(room);
      return undefined;
    }
    if (name !== undefined) this.#take(name);
    else if (room.isTaken(this.name, this)) {
      this.name = makeName((candidate) => room.isTaken(candidate, this) || this.#parts.reserved.has(candidate));
    }
    this.#room = room;
    this.#publishContext();
    room.enter(this);
    return undefined;
  }

  #rename(name: string): Refusal | undefined {
    const room = this.#room;
    if (room?.isTaken(name, this)) return nameTaken(name, room);
    const previous = this.name;
    if (room !== undefined) {
      this.#named = true;
      room.rename(this, name);
      this.#publishContext();
    } else {
      this.#take(name);
      this.#publishContext();
      this.send(encode({ type: 'rename', id: this.id, name, previous }));
    }
    return undefined;
  }

  #leave(): Frame | undefined {
    const room = this.#room;
    if (room === undefined) return undefined;
    this.#room = undefined;
    const told = room.leave(this);
    this.#parts.rooms.release(room);
    return told;
  }

  get #candidate(): BanCandidate {
    const { remoteAddress, user } = this.#peer.context;
    return { name: this.name, address: remoteAddress, user: user?.id ?? this.id };
  }

  /** Why it can't go by this name, if it is another one. Who is muted keeps theirs, or the mute would go with it. */
  #refuseName(name: string | undefined): Refusal | undefined {
    if (name === undefined || name === this.name) return undefined;
    return (
      this.#refuseReserved(name) ??
      this.#parts.moderation.refuseMuted(this.#candidate) ??
      this.#parts.moderation.refuseName(name, this.#candidate)
    );
  }

  /** Its own name may be said again, whoever gave it. */
  #refuseReserved(name: string | undefined): Refusal | undefined {
    if (name === undefined || name === this.name || !this.#parts.reserved.has(name)) return undefined;
    return refuse('name_reserved', `The name "${name}" is reserved on this server; choose another name.`);
  }

  #take(name: string): void {
    this.name = name;
    this.#named = true;
  }

  /** Lets plugins see the room and the user: an anonymous client is a user of its own, with its connection's id. */
  #publishContext(): void {
    if (this.#gone) return;
    const account = this.#peer.context.user;
    this.#peer.update({ room: this.#room?.name, user: { id: this.id, ...account, name: this.name } });
  }

  #refuse({ code, content, id }: Refusal): void {
    this.send(encode({ type: 'error', code, content, ...(id === undefined ? {} : { id }) }));
  }
}

function noRoom(): Refusal {
  return refuse('no_room', 'You are in no room; join one first.');
}

function nameTaken(name: string, room: Room): Refusal {
  return refuse('name_taken', `Somebody in "${room.name}" is called "${name}" already, or nearly so; choose another name.`);
}
