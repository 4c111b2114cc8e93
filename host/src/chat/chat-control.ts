import type { MemberInfo } from './chat-protocol.js';

export interface ChatRoom {
  readonly name: string;
  readonly members: number;
  /** It stays when it is empty. */
  readonly configured: boolean;
  /** Messages since it was made. */
  readonly messages: number;
}

export interface ChatUser extends MemberInfo {
  readonly room?: string;
  readonly address: string;
  /** The account, if it has one. */
  readonly account?: string;
}

/** What an operator sees of a chat, and can do with it. */
export interface ChatControl {
  rooms(): ChatRoom[];
  users(): ChatUser[];
  /** Who is in it; `undefined`: there is no such room. */
  members(room: string): readonly MemberInfo[] | undefined;
  /** Puts everybody out and forgets the history; a configured room stays, empty. Returns how many were in it, `undefined`: there is no such room. */
  deleteRoom(room: string): number | undefined;
  /** Closes whoever is banned by now. Returns how many that were. */
  enforceBans(): number;
}
