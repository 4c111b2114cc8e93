/** Bytes that one getRandomValues call may ask for (Web Cryptography API §10.1.1). */
const MAX_RANDOM_BYTES = 65_536;

/** `crypto` of the web, as far as it is about randomness: bytes come from the host. */
export function createCrypto(randomBytes: (length: number) => ArrayBuffer): {
  getRandomValues<T extends ArrayBufferView>(view: T): T;
  randomUUID(): string;
} {
  return {
    getRandomValues(view) {
      if (!ArrayBuffer.isView(view) || view instanceof Float32Array || view instanceof Float64Array || view instanceof DataView) {
        throw new TypeError('crypto.getRandomValues needs a typed array of integers');
      }
      if (view.byteLength > MAX_RANDOM_BYTES)
        throw new RangeError(`crypto.getRandomValues gives at most ${MAX_RANDOM_BYTES} bytes a call, not ${view.byteLength}`);
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(new Uint8Array(randomBytes(view.byteLength)));
      return view;
    },
    randomUUID() {
      const bytes = new Uint8Array(randomBytes(16));
      // RFC 9562 §5.4: version 4, variant 10.
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
  };
}
