/** Odd, and below 2²¹: its product with 32 bits is exact in a double, so that no call of `Math.imul` is needed. */
const FACTOR = 0x1b873b;

/** NUL bytes that follow the text in {@link fingerprintWords}, so that whole words hold all of it. */
export const FINGERPRINT_PADDING = 3;

/**
 * The ABI's 64-bit fingerprint of a text, as two halves of 32 bits: fast and evenly spread, not cryptographic. `words`: its UTF-8 and
 * {@link FINGERPRINT_PADDING} NUL bytes as little-endian 32-bit words; `byteLength`: the bytes of both. One lane multiplies and mixes,
 * the other adds up the first one's states, rotated; both end in MurmurHash3's avalanche. Test vectors are in docs/abi.md.
 */
export function fingerprintWords(words: Int32Array, byteLength: number): { readonly high: number; readonly low: number } {
  // Four bytes a step: inside a guest an interpreted loop is what costs, 0.2 µs a step.
  const count = byteLength >> 2;
  let high = 0x811c9dc5 ^ byteLength;
  let low = 0x9e3779b9;
  for (let index = 0; index < count; index++) {
    high = ((high ^ (words[index] as number)) * FACTOR) | 0;
    high ^= high >>> 15;
    low = (((low << 13) | (low >>> 19)) + high) | 0;
  }
  return { high: avalanche(high), low: avalanche(low) };
}

function avalanche(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
