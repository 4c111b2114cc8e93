import { FINGERPRINT_PADDING, fingerprintWords } from '../abi/fingerprint.js';

/** The engine has it; the language's own library, which plugins are checked against, does not declare it. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
const encoder = new TextEncoder();
const PADDING = '\0'.repeat(FINGERPRINT_PADDING);

/**
 * A 64-bit hash of a text's UTF-8, as two halves of 32 bits: fast and evenly spread, not cryptographic. The host takes the same for
 * guards (`firstSight`). Lone surrogates count as U+FFFD.
 */
export function fingerprint64(text: string): { readonly high: number; readonly low: number } {
  const { buffer, length } = encoder.encode(text + PADDING);
  return fingerprintWords(new Int32Array(buffer, 0, length >> 2), length);
}
