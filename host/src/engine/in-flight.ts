import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../frame.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { HttpRecord } from '../pipeline/http-journal.js';
import type { StateFilter } from '../state/state-store.js';
import type { FaultCode } from '../verdict.js';

/** A plugin that must not run on this frame: its call ends with that fault at once, and its policy decides. */
export interface Skip {
  readonly plugin: number;
  readonly fault: FaultCode;
}

export const NO_SKIPS: readonly Skip[] = Object.freeze([]);

/** A frame that has been submitted and has no accepted result yet. */
export interface InFlightFrame {
  readonly kind: 'frame';
  /** Set by {@link InFlight.push}; consecutive, modulo 2³². */
  sequence: number;
  readonly hook: Hook;
  readonly frame: Frame;
  /** As of the submission, so that a replay sees what the first run saw. */
  readonly context: ConnectionContext;
  /** Set when it is given to a worker first; it grows with each frame there, and stays when the frame is sent again. */
  order: number;
  /** What it has got from the network so far. */
  http?: HttpRecord;
  skips: readonly Skip[];
  /** Its calls are wanted with its outcome. */
  readonly traced: boolean;
  /** How many workers have died (not: been killed) while they ran this frame. */
  deaths: number;
}

/** State that is to be forgotten at this place among the frames, in the worker's replica and in the store. */
export interface InFlightWipe {
  readonly kind: 'wipe';
  sequence: number;
  /** None: it is only asked to say when it has come here. */
  readonly filter: StateFilter | undefined;
  /** The worker has come to this place. */
  readonly done: () => void;
}

/** What a worker has been given to do, in that order. The first is what it answers next; whatever is in here is done again after a takeover. */
export class InFlight<F extends InFlightFrame> {
  #frames: (F | InFlightWipe | undefined)[] = [];
  #head = 0;
  #nextSequence = 0;

  get size(): number {
    return this.#frames.length - this.#head;
  }

  /** What is answered next. */
  get first(): F | InFlightWipe | undefined {
    return this.#frames[this.#head];
  }

  push(frame: F | InFlightWipe): void {
    frame.sequence = this.#nextSequence;
    this.#nextSequence = (this.#nextSequence + 1) >>> 0;
    this.#frames.push(frame);
  }

  /** Takes the oldest entry out. Throws if there is none: a worker has answered more than it was asked. */
  shift(): F | InFlightWipe {
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

  /** Takes all of them out, in order. */
  takeAll(): (F | InFlightWipe)[] {
    const all = [...this];
    this.#frames = [];
    this.#head = 0;
    return all;
  }

  find(sequence: number): F | InFlightWipe | undefined {
    const first = this.#frames[this.#head];
    return first === undefined ? undefined : this.#frames[this.#head + ((sequence - first.sequence) >>> 0)];
  }

  *[Symbol.iterator](): IterableIterator<F | InFlightWipe> {
    for (let at = this.#head; at < this.#frames.length; at++) {
      const frame = this.#frames[at];
      if (frame !== undefined) yield frame;
    }
  }
}
