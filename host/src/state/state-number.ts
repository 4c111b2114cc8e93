const DECIMAL = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The number that a value spells as decimal text, or NaN. Empty, padded and hexadecimal texts are not numbers. */
export function readDecimal(value: Uint8Array): number {
  const text = decoder.decode(value);
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** A finite number as the decimal text that {@link readDecimal} reads back to the same number. */
export function writeDecimal(value: number): Uint8Array {
  return encoder.encode(String(value));
}
