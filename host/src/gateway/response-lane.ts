import type { Frame } from '../frame.js';
import type { Outcome } from '../pipeline/outcome.js';
import { frameCost, type Outbox } from './outbox.js';
import { type Recipient, SharedResponse } from './shared-response.js';

/** Whom a {@link ResponseLane} leads to. */
export interface LaneClient extends Recipient {
  /** `congested` has turned false. */
  drained(): void;
}

/** A frame in the hooks that goes to this client alone. */
class OwnResponse {
  readonly frame: Frame;
  #outcome: Outcome | undefined;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  settle(outcome: Outcome): void {
    this.#outcome = outcome;
  }

  take(): Outcome | undefined {
    return this.#outcome;
  }
}

/**
 * Frames on their way from the backend to one client: those in the response hooks, and those in its socket. Bounded by
 * `maxQueuedBytes`. Runs of the hooks that are shared with others may settle out of turn; frames leave in the order in which they came.
 */
export class ResponseLane {
  readonly #client: LaneClient;
  readonly #outbox: Outbox;
  readonly #maxQueuedBytes: number;
  readonly #hooks: (OwnResponse | SharedResponse)[] = [];
  /** No frame before this place waits for a call of this client. */
  #settling = 0;
  #hookBytes = 0;
  #congested = false;

  constructor(client: LaneClient, outbox: Outbox, maxQueuedBytes: number) {
    this.#client = client;
    this.#outbox = outbox;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  /** Frames in the hooks, and those behind them. */
  get inHooks(): number {
    return this.#hooks.length;
  }

  /** Bytes in the hooks and in the socket. */
  get queuedBytes(): number {
    return this.#hookBytes + this.#outbox.bufferedBytes;
  }

  /** More than half of the bound is on its way; false again at a quarter. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Most of what is on its way is in the hooks: it is not the client that is slow. */
  get hooksAreSlow(): boolean {
    return this.#hookBytes > this.#outbox.bufferedBytes;
  }

  /** Whether one more frame stays below the bound. An empty queue takes any frame, so that one large frame can always be sent. */
  accepts(frame: Frame): boolean {
    const queued = this.queuedBytes;
    return queued === 0 || queued + frameCost(frame) <= this.#maxQueuedBytes;
  }

  /** A frame that this client submits for itself. */
  entered(frame: Frame): void {
    this.#enter(new OwnResponse(frame));
  }

  /** A frame that is submitted once for this client and others. */
  joined(response: SharedResponse): void {
    this.#enter(response);
  }

  /** The oldest call that this client has submitted has settled. */
  settled(outcome: Outcome): void {
    for (;;) {
      const response = this.#hooks[this.#settling++];
      if (response === undefined) throw new TypeError('a response settled that was not in the hooks');
      if (response.settled || (response instanceof SharedResponse && response.caller !== this.#client)) continue;
      response.settle(outcome);
      return;
    }
  }

  /** Takes what the hooks made of the oldest frame; `undefined` as long as they have it. */
  take(): Outcome | undefined {
    const response = this.#hooks[0];
    const outcome = response?.take(this.#client);
    if (response === undefined || outcome === undefined) return undefined;
    this.#hooks.shift();
    if (this.#settling > 0) this.#settling--;
    this.#hookBytes -= frameCost(response.frame);
    return outcome;
  }

  write(frame: Frame): void {
    this.#outbox.write(frame, this.#written);
    this.#rise();
  }

  /** Called after a batch of `take` and `write`: the hooks may have emptied without anything being written. */
  sink(): void {
    if (!this.#congested || this.queuedBytes > this.#maxQueuedBytes / 4) return;
    this.#congested = false;
    this.#client.drained();
  }

  flush(): void {
    this.#outbox.flush();
  }

  readonly #written = (): void => this.sink();

  #enter(response: OwnResponse | SharedResponse): void {
    this.#hooks.push(response);
    this.#hookBytes += frameCost(response.frame);
    this.#rise();
  }

  #rise(): void {
    if (this.queuedBytes > this.#maxQueuedBytes / 2) this.#congested = true;
  }
}
