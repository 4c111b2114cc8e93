import { inputAddress, inputKind, inputLength } from './io';

/** The frame that the running hook is about; empty text in `on_connect` and `on_disconnect`. */
export namespace frame {
  export function isText(): bool {
    return inputKind() == 0;
  }

  export function isBinary(): bool {
    return inputKind() == 1;
  }

  /** Bytes of the payload. */
  export function length(): i32 {
    return inputLength();
  }

  /** The payload as text; meaningful for text frames. A new string each time: keep it. */
  export function text(): string {
    return String.UTF8.decodeUnsafe(inputAddress(), <usize>inputLength());
  }

  /** A copy of the payload. */
  export function bytes(): Uint8Array {
    const copy = new Uint8Array(inputLength());
    memory.copy(copy.dataStart, inputAddress(), <usize>inputLength());
    return copy;
  }

  /** Where the payload lies, for those who read it in place. It is good for this call. */
  export function address(): usize {
    return inputAddress();
  }
}
