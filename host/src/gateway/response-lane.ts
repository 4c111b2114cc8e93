import type { Frame } from '../frame.js';
import { frameCost, type Outbox } from './outbox.js';

/** Frames on their way from the backend to one client: those in the response hooks, and those in its socket. Bounded by `maxQueuedBytes`. */
export class ResponseLane {
  readonly #outbox: Outbox;
  readonly #maxQueuedBytes: number;
  readonly #drained: () => void;
  #inHooks = 0;
  #hookBytes = 0;
  #congested = false;

  /** `drained` is called when `congested` turns false. */
  constructor(outbox: Outbox, maxQueuedBytes: number, drained: () => void) {
    this.#outbox = outbox;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#drained = drained;
  }

  get inHooks(): number {
    return this.#inHooks;
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
    const queued = this.#queuedBytes();
    return queued === 0 || queued + frameCost(frame) <= this.#maxQueuedBytes;
  }

  entered(frame: Frame): void {
    this.#inHooks++;
    this.#hookBytes += frameCost(frame);
    this.#rise();
  }

  settled(frame: Frame): void {
    this.#inHooks--;
    this.#hookBytes -= frameCost(frame);
  }

  write(frame: Frame): void {
    this.#outbox.write(frame, this.#written);
    this.#rise();
  }

  /** Called after a batch of `settled` and `write`: the hooks may have emptied without anything being written. */
  sink(): void {
    if (!this.#congested || this.#queuedBytes() > this.#maxQueuedBytes / 4) return;
    this.#congested = false;
    this.#drained();
  }

  flush(): void {
    this.#outbox.flush();
  }

  readonly #written = (): void => this.sink();

  #rise(): void {
    if (this.#queuedBytes() > this.#maxQueuedBytes / 2) this.#congested = true;
  }

  #queuedBytes(): number {
    return this.#hookBytes + this.#outbox.bufferedBytes;
  }
}
