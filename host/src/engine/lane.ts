import { createRing, RingReader, RingWriter } from './ring.js';
import type { Spin } from './spin.js';

/** The receiver does not look at the ring: whoever writes into it rings the doorbell. */
const ASLEEP = 0;
/** Messages sent by the one side, and taken by the other. */
const SENT = 1;
const TAKEN = 2;
const WORDS = 3;

/** After so many batches the receiver lets its event loop have a turn. */
const BATCHES_A_TURN = 64;

/** Shared memory of one direction between two threads. */
export interface Lane {
  readonly ring: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
}

/** The message that only says: look at the ring. */
export const DOORBELL = 0;
export type Doorbell = typeof DOORBELL;

export function createLane(ringBytes: number): Lane {
  const words = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(words)[ASLEEP] = 1;
  return { ring: createRing(ringBytes), words };
}

/**
 * Sends batches through the ring while it has room, and everything else as messages; all of it arrives in the order in which it was sent.
 * For that the ring rests as long as a message is under way.
 */
export class LaneSender<Message> {
  readonly #ring: RingWriter;
  readonly #words: Int32Array;
  readonly #post: (message: Message | Doorbell, transfer?: ArrayBuffer[]) => void;
  #sent = 0;

  constructor({ ring, words }: Lane, post: (message: Message | Doorbell, transfer?: ArrayBuffer[]) => void) {
    this.#ring = new RingWriter(ring);
    this.#words = new Int32Array(words);
    this.#post = post;
  }

  /** Takes a copy. When the ring has no room, or rests, what `wrap` makes of the copy goes as a message. */
  batch(bytes: Uint8Array, wrap: (copy: ArrayBuffer) => Message): void {
    if (Atomics.load(this.#words, TAKEN) === this.#sent && this.#ring.write(bytes)) {
      if (Atomics.exchange(this.#words, ASLEEP, 0) === 1) this.#post(DOORBELL);
      return;
    }
    const copy = new Uint8Array(bytes).buffer;
    this.message(wrap(copy), [copy]);
  }

  message(message: Message, transfer: ArrayBuffer[] = []): void {
    this.#sent = (this.#sent + 1) | 0;
    Atomics.store(this.#words, SENT, this.#sent);
    this.#post(message, transfer);
  }
}

export interface LaneReceiverOptions<Message> {
  readonly batch: (bytes: ArrayBuffer) => void;
  readonly message: (message: Message) => void;
  /** How to wait for more before asking for the doorbell; asked each time that the ring is empty. */
  readonly spin?: () => Spin | undefined;
}

/** The other end: gives what was sent, one after the other. */
export class LaneReceiver<Message> {
  readonly #ring: RingReader;
  readonly #words: Int32Array;
  readonly #options: LaneReceiverOptions<Message>;
  #taken = 0;
  #closed = false;
  #later: NodeJS.Immediate | undefined;
  readonly #stirs = (): boolean => !this.#ring.empty || Atomics.load(this.#words, SENT) !== this.#taken;

  constructor({ ring, words }: Lane, options: LaneReceiverOptions<Message>) {
    this.#ring = new RingReader(ring);
    this.#words = new Int32Array(words);
    this.#options = options;
  }

  /** To be called with every message that arrives. What is in the ring by then was sent before it. */
  receive(message: Message | Doorbell): void {
    if (message !== DOORBELL) {
      while (this.#next());
      if (this.#closed) return;
      this.#options.message(message);
      this.#taken = (this.#taken + 1) | 0;
      Atomics.store(this.#words, TAKEN, this.#taken);
    }
    this.drain();
  }

  /** Waits for something to take, and takes it. */
  wait(spin: Spin): void {
    if (this.#closed) return;
    Atomics.store(this.#words, ASLEEP, 0);
    spin.wait(this.#stirs);
    this.drain();
  }

  /** Takes what the ring holds. */
  drain(): void {
    clearImmediate(this.#later);
    this.#later = undefined;
    Atomics.store(this.#words, ASLEEP, 0);
    for (let batches = 0; batches < BATCHES_A_TURN; batches++) {
      if (this.#next()) continue;
      if (this.#closed) return;
      if (this.#options.spin?.()?.wait(this.#stirs) && !this.#ring.empty) continue;
      Atomics.store(this.#words, ASLEEP, 1);
      // Written before it could see that the bell is wanted.
      if (this.#ring.empty || Atomics.exchange(this.#words, ASLEEP, 0) === 0) return;
    }
    this.#later = setImmediate(() => this.drain());
  }

  /** Nothing is given any more. */
  close(): void {
    this.#closed = true;
    clearImmediate(this.#later);
  }

  #next(): boolean {
    if (this.#closed) return false;
    const bytes = this.#ring.read();
    if (bytes === undefined) return false;
    this.#options.batch(bytes);
    return true;
  }
}
