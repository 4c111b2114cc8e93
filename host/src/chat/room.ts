import { createHash, randomBytes } from 'node:crypto';
import { Broadcast } from '../backend/broadcast.js';
import type { Frame } from '../frame.js';
import { Acknowledgements } from './acknowledgements.js';
import { encode, encodeQuoting, type MemberInfo } from './chat-protocol.js';
import { History } from './history.js';
import { nameKey } from './names.js';
import type { Receipt } from './receipt.js';

/** Somebody in a room. `name` is changed by the room alone, so that it stays unique there. */
export interface Member {
  readonly id: string;
  name: string;
  send(frame: Frame): void;
}

export interface RoomLimits {
  readonly maxMembers: number;
  readonly historySize: number;
  readonly historyBytes: number;
  readonly roomDedupeSize: number;
}

/**
 * The members of one room and what they said last. Guarantees: everybody but the sender gets each message once, in the order
 * of `publish`; no two members have names that `nameKey` holds equal; all are told of changes in the order in which they happened.
 */
export class Room {
  readonly name: string;
  readonly epoch = randomBytes(6).toString('hex');
  readonly #members = new Map<string, Member>();
  readonly #names = new Map<string, Member>();
  readonly #history: History;
  readonly #acknowledged: Acknowledgements;
  readonly #maxMembers: number;
  readonly #untold: { readonly frame: Frame; readonly except: Member | undefined }[] = [];
  #offset = 0;

  constructor(name: string, limits: RoomLimits) {
    this.name = name;
    this.#maxMembers = limits.maxMembers;
    this.#history = new History(limits.historySize, limits.historyBytes);
    this.#acknowledged = new Acknowledgements(limits.roomDedupeSize);
  }

  /** Messages so far. */
  get messages(): number {
    return this.#offset;
  }

  get members(): readonly MemberInfo[] {
    return this.#list();
  }

  get size(): number {
    return this.#members.size;
  }

  get full(): boolean {
    return this.#members.size >= this.#maxMembers;
  }

  /** Whether somebody other than `member` has this name, or one that looks the same. */
  isTaken(name: string, member: Member): boolean {
    const holder = this.#names.get(nameKey(name));
    return holder !== undefined && holder !== member;
  }

  /** Takes a member in and tells the others. The caller has asked `full` and `isTaken`. */
  enter(member: Member): void {
    this.#members.set(member.id, member);
    this.#names.set(nameKey(member.name), member);
    const { id, name } = member;
    this.#broadcast(encode({ type: 'join', id, name, room: this.name, members: this.size }), member);
  }

  /** Lets a member go and tells the others. Returns what they were told. */
  leave(member: Member): Frame {
    this.#members.delete(member.id);
    this.#names.delete(nameKey(member.name));
    const { id, name } = member;
    const frame = encode({ type: 'leave', id, name, room: this.name, members: this.size });
    this.#broadcast(frame, member);
    return frame;
  }

  /** Changes a member's name and tells everybody, the member included. The caller has asked `isTaken`. */
  rename(member: Member, name: string): void {
    const previous = member.name;
    this.#names.delete(nameKey(previous));
    this.#names.set(nameKey(name), member);
    member.name = name;
    this.#broadcast(encode({ type: 'rename', id: member.id, name, previous, room: this.name }));
  }

  /** Says it to everybody else. `id`, if the sender gave one: the same again from the same name is a repetition, even over a new connection. */
  publish(sender: Member, content: string, id: string | undefined): Receipt {
    if (id === undefined) return this.#say(sender, content);
    const key = createHash('sha256')
      .update(JSON.stringify([nameKey(sender.name), id, content]))
      .digest('base64');
    const known = this.#acknowledged.get(key);
    if (known !== undefined) return known;
    const receipt = this.#say(sender, content);
    this.#acknowledged.add(key, receipt);
    return receipt;
  }

  #say(sender: Member, content: string): Receipt {
    this.#offset += 1;
    const messageId = `${this.epoch}-${this.#offset}`;
    const at = new Date().toISOString();
    const frame = encode({ type: 'message', id: messageId, room: this.name, from: sender.id, name: sender.name, content, at });
    this.#history.push(frame.payload);
    this.#broadcast(frame, sender);
    return { messageId, at };
  }

  /** What a newcomer is told: who is here, and what was said last. */
  joined(): Frame {
    return encodeQuoting({ type: 'joined', room: this.name, members: this.#list() }, this.#history.latest(Number.POSITIVE_INFINITY));
  }

  history(limit: number): Frame {
    return encodeQuoting({ type: 'history', room: this.name }, this.#history.latest(limit));
  }

  who(): Frame {
    return encode({ type: 'who', room: this.name, members: this.#list() });
  }

  #list(): MemberInfo[] {
    return Array.from(this.#members.values(), ({ id, name }) => ({ id, name }));
  }

  /** A peer may break off within `send`, which changes the room: that is told after what is being told, to everybody. */
  #broadcast(frame: Frame, except?: Member): void {
    this.#untold.push({ frame: new Broadcast(frame), except });
    if (this.#untold.length > 1) return;
    try {
      for (const next of this.#untold) {
        for (const member of this.#members.values()) if (member !== next.except) member.send(next.frame);
      }
    } finally {
      this.#untold.length = 0;
    }
  }
}
