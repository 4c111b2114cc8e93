import { resultCopy } from './host';

let scratch: usize = 0;
let scratchBytes: i32 = 0;

/** The address of `text` as UTF-8, in memory that the next call of this function uses again; its length is `utf8Length(text)`. */
export function utf8(text: string, length: i32): usize {
  if (length > scratchBytes) {
    if (scratch != 0) heap.free(scratch);
    scratchBytes = max(length, 256);
    scratch = heap.alloc(<usize>scratchBytes);
  }
  writeUtf8(text, scratch);
  return scratch;
}

export function utf8Length(text: string): i32 {
  return String.UTF8.byteLength(text);
}

/** Lone surrogates become U+FFFD: the host takes nothing but valid UTF-8. */
export function writeUtf8(text: string, target: usize): void {
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, target, false, String.UTF8.ErrorMode.REPLACE);
}

/** The result that a host function left pending. */
export function pendingText(length: i32): string {
  const address = heap.alloc(<usize>length);
  resultCopy(address);
  const text = String.UTF8.decodeUnsafe(address, <usize>length);
  heap.free(address);
  return text;
}

export function pendingBytes(length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  resultCopy(bytes.dataStart);
  return bytes;
}
