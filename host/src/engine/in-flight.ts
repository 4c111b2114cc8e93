import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { FaultCode } from '../verdict.js';

/** A plugin that must not run on this frame: its call ends with that fault at once, and its policy decides. */
export interface Skip {
  readonly plugin: number;
  readonly fault: FaultCode;
}

export const NO_SKIPS: readonly Skip[] = Object.freeze([]);

/** A frame that has been submitted and has no accepted result yet. `owner` is whatever its result goes to. */
export interface InFlightFrame<Owner> {
  /** Set by {@link InFlight.push}; consecutive, modulo 2³². */
  sequence: number;
  readonly owner: Owner;
  readonly hook: Hook;
  readonly frame: Frame;
  /** As of the submission, so that a replay sees what the first run saw. */
  readonly context: ConnectionContext;
  skips: readonly Skip[];
  /** How many workers have died (not: been killed) while they ran this frame. */
  deaths: number;
}

/** Frames in the order of submission. The first is the one whose result comes next; whatever is in here runs again after a takeover. */
export class InFlight<Owner> {
  #frames: (InFlightFrame<Owner> | undefined)[] = [];
  #head = 0;
  #nextSequence = 0;

  get size(): number {
    return this.#frames.length - this.#head;
  }

  push(frame: InFlightFrame<Owner>): void {
    frame.sequence = this.#nextSequence;
    this.#nextSequence = (this.#nextSequence + 1) >>> 0;
    this.#frames.push(frame);
  }

  /** Takes the oldest frame out. Throws if there is none: a worker has answered more than it was asked. */
  shift(): InFlightFrame<Owner> {
    const frame = this.#frames[this.#head];
    if (frame === undefined) throw new RangeError('a worker has answered a frame that was not submitted');
    this.#frames[this.#head++] = undefined;
    if (this.#head === this.#frames.length) {
      this.#frames.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#frames.length) {
      this.#frames.splice(0, this.#head);
      this.#head = 0;
    }
    return frame;
  }

  find(sequence: number): InFlightFrame<Owner> | undefined {
    const first = this.#frames[this.#head];
    return first === undefined ? undefined : this.#frames[this.#head + ((sequence - first.sequence) >>> 0)];
  }

  *[Symbol.iterator](): IterableIterator<InFlightFrame<Owner>> {
    for (let at = this.#head; at < this.#frames.length; at++) {
      const frame = this.#frames[at];
      if (frame !== undefined) yield frame;
    }
  }
}
