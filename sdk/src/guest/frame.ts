import type { JsonValue } from '../abi/manifest.js';
import type { Native } from './native.js';

/** The frame a hook is called with. Nothing is decoded or copied before it is asked for; valid during the call only. */
export class GuestFrame {
  readonly #native: Native;
  readonly kind: 'text' | 'binary';
  #text: string | undefined;
  #bytes: Uint8Array | undefined;

  constructor(native: Native) {
    this.#native = native;
    this.kind = native.frameKind() === 0 ? 'text' : 'binary';
  }

  /** Bytes of the payload. Costs nothing: ask it before `text`, if size is all you need. */
  get byteLength(): number {
    return this.#native.frameLength();
  }

  /** The payload decoded as UTF-8; of a binary frame too, with U+FFFD for what is not UTF-8. */
  get text(): string {
    this.#text ??= this.#native.frameText();
    return this.#text;
  }

  /** A copy of the payload's bytes. */
  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.#native.frameBytes());
    return this.#bytes;
  }

  /** The payload parsed as JSON; undefined if it is not JSON. Each call parses anew and gives a value of your own. */
  json(): JsonValue | undefined {
    try {
      return JSON.parse(this.text) as JsonValue;
    } catch {
      return undefined;
    }
  }
}
