/** Told of the rooms of a chat. A room has one name as long as it is there; another room may have the same name in upper case later. */
export interface RoomWatcher {
  opened(room: string): void;
  /** Its last member has left, or an operator has removed it; never one that is configured. */
  ended(room: string): void;
}
