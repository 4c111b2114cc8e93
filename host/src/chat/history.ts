/** A room's latest messages as the bytes that were broadcast. Bounded in number and in bytes; the oldest go first. */
export class History {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #payloads: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(payload: Uint8Array): void {
    this.#payloads.push(payload);
    this.#bytes += payload.length;
    while (this.#payloads.length > this.#maxMessages || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#payloads.shift()?.length ?? 0;
    }
  }

  /** The last `limit` messages, oldest first. */
  latest(limit: number): readonly Uint8Array[] {
    return limit >= this.#payloads.length ? [...this.#payloads] : this.#payloads.slice(this.#payloads.length - limit);
  }
}
