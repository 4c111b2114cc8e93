import type { Receipt } from './receipt.js';

/** The receipts of the latest messages by an id that stays the same when a message is sent again, so that a message sent again isn't said again. */
export class Acknowledgements {
  readonly #size: number;
  /** Made for the first one: most who are connected only listen. */
  #receipts: Map<string, Receipt> | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  get(id: string): Receipt | undefined {
    return this.#receipts?.get(id);
  }

  /** Remembers an id that `get` doesn't know; the oldest is forgotten for it where `size` is reached. */
  add(id: string, receipt: Receipt): void {
    this.#receipts ??= new Map();
    this.#receipts.set(id, receipt);
    if (this.#receipts.size <= this.#size) return;
    for (const oldest of this.#receipts.keys()) {
      this.#receipts.delete(oldest);
      return;
    }
  }
}
