/** A message of the chat or of the relay has it; the chat's other frames (who came, who left) have none with words of ours. */
const CONTENT = '"content":"';

/**
 * Keeps the account of a broadcast: every seat must hear every expected message, once, in order. The first to hear a message is checked
 * for its content, everybody else byte for byte against the first.
 */
export class Audience {
  readonly #heard: number[];
  readonly #frames: Buffer[] = [];
  #contents: readonly string[] = [];
  #missing = 0;
  #onAll: () => void = () => undefined;
  #onFailure: (error: Error) => void = () => undefined;
  #failure: Error | undefined;

  constructor(seats: number) {
    this.#heard = new Array<number>(seats).fill(0);
  }

  /** Deliveries of the expected messages that are still to come. */
  get missing(): number {
    return this.#missing;
  }

  /** Resolves when every seat has heard all of them. What was expected before must have been heard. */
  expect(contents: readonly string[]): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#missing > 0) throw new Error(`${this.#missing} deliveries are still missing.`);
    this.#contents = contents;
    this.#frames.length = 0;
    this.#heard.fill(0);
    this.#missing = contents.length * this.#heard.length;
    return new Promise((resolve, reject) => {
      this.#onAll = resolve;
      this.#onFailure = reject;
    });
  }

  /** Fails what is expected now, and everything later. */
  fail(reason: string): void {
    this.#failure ??= new Error(reason);
    this.#onFailure(this.#failure);
  }

  hears(seat: number, payload: Buffer): void {
    const index = this.#heard[seat] ?? 0;
    const frame = this.#frames[index];
    if (frame === undefined) {
      const content = this.#contents[index];
      if (content === undefined || !payload.includes(`${CONTENT}${content}"`)) {
        this.#takeOther(seat, payload);
        return;
      }
      this.#frames.push(Buffer.from(payload));
    } else if (!payload.equals(frame)) {
      this.#takeOther(seat, payload);
      return;
    }
    this.#heard[seat] = index + 1;
    this.#missing -= 1;
    if (this.#missing === 0) this.#onAll();
  }

  /** What the chat says on its own is no delivery; another message than the expected one is a fault. */
  #takeOther(seat: number, payload: Buffer): void {
    const text = payload.toString();
    const type = typeOf(text);
    if (type === undefined || type === 'message') this.fail(`seat ${seat} heard what was not its next message: ${text}`);
  }
}

function typeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly type?: unknown }).type;
  } catch {
    return undefined;
  }
}
