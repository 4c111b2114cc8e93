import type { Chain } from '../engine/engine.js';
import type { Outcome } from '../pipeline/outcome.js';
import { WireFrame } from './wire-frame.js';

/** Somebody to whom a {@link SharedResponse} is sent. */
export interface Recipient {
  /** An outcome has come for a frame that is on its way to it. */
  release(): void;
}

/**
 * One run of one chain's response hooks for all who are sent a broadcast in one room. The first of them, its `caller`, submits
 * the frame with its own context; what comes of it counts for everybody, those included who join when it has settled.
 */
export class SharedResponse {
  readonly chain: Chain;
  readonly room: string | undefined;
  readonly frame: WireFrame;
  #caller: Recipient | undefined;
  #outcome: Outcome | undefined;
  #replies: Outcome['reply'] = [];
  #waiting: Recipient[] = [];

  constructor(chain: Chain, room: string | undefined, frame: WireFrame) {
    this.chain = chain;
    this.room = room;
    this.frame = frame;
  }

  get caller(): Recipient | undefined {
    return this.#caller;
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** True for the first, who is to submit the frame. The others are told when it has settled. */
  join(recipient: Recipient): boolean {
    if (this.#outcome === undefined) this.#waiting.push(recipient);
    if (this.#caller !== undefined) return false;
    this.#caller = recipient;
    return true;
  }

  /** Called by the lane of the `caller`. What is forwarded gets its bytes on the wire once. */
  settle(outcome: Outcome): void {
    const forward = outcome.forward.map((frame) => (frame === this.frame ? this.frame : new WireFrame(frame)));
    this.#outcome = { ...outcome, forward, reply: [] };
    this.#replies = outcome.reply;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const recipient of waiting) recipient.release();
  }

  /** What takes effect for one recipient, once it has settled. Replies reach the backend once, as the caller's. */
  take(recipient: Recipient): Outcome | undefined {
    if (recipient !== this.#caller || this.#replies.length === 0 || this.#outcome === undefined) return this.#outcome;
    const outcome = { ...this.#outcome, reply: this.#replies };
    this.#replies = [];
    return outcome;
  }
}
