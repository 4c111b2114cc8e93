import type { Outcome } from '../pipeline/outcome.js';
import type { ChainVersion } from './chain-version.js';
import type { ChainClient } from './engine.js';
import type { InFlightFrame } from './in-flight.js';

/** A client that has submitted frames to a chain. Its frames are in one worker at a time, so they settle in order. */
export interface Attachment {
  readonly chain: {
    /** Takes a frame's result, once. */
    settle(frame: ChainFrame, outcome: Outcome): void;
  };
  readonly client: ChainClient;
  /** Frames that have not settled. */
  outstanding: number;
  /** Those of them that a worker has. */
  running: number;
  /** Those that come after a move to another worker, which waits for the last one in the old. */
  readonly waiting: ChainFrame[];
  /** By what it is chosen for a canary; set when it is first asked. */
  key: string | undefined;
  /** The worker that has its frames and its connection's state; none before its first frame. */
  worker: number | undefined;
  /** It has left; what is outstanding still settles. */
  detached: boolean;
}

/** A frame on its way through a chain. */
export interface ChainFrame extends InFlightFrame {
  readonly attachment: Attachment;
  /** The plugins it meets. */
  version: ChainVersion;
}
