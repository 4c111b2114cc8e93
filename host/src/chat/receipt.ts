/** A message's place in its room: the id names the room's life (epoch) and the message's number in it, from 1. */
export interface Receipt {
  readonly messageId: string;
  /** ISO 8601. */
  readonly at: string;
}
