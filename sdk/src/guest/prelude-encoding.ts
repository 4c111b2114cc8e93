type Encode = (text: string) => ArrayBuffer;
type Decode = (bytes: Uint8Array | ArrayBuffer) => string;

const UTF8_LABELS = ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'];
const BYTE_ORDER_MARK = '\ufeff';

interface DecoderOptions {
  readonly fatal?: boolean;
  readonly ignoreBOM?: boolean;
}

/** The class `TextEncoder` of the web. */
export function textEncoderClass(encode: Encode): object {
  return class TextEncoder {
    readonly encoding = 'utf-8';

    encode(text = ''): Uint8Array {
      return new Uint8Array(encode(String(text)));
    }

    /** Writes as many whole characters as fit. */
    encodeInto(text: string, destination: Uint8Array): { read: number; written: number } {
      const whole = new Uint8Array(encode(text));
      if (whole.length <= destination.length) {
        destination.set(whole);
        return { read: text.length, written: whole.length };
      }
      let written = destination.length;
      while (written > 0 && isContinuation(whole[written])) written--;
      destination.set(whole.subarray(0, written));
      let read = 0;
      for (const byte of whole.subarray(0, written)) if (!isContinuation(byte)) read += byte >= 0xf0 ? 2 : 1;
      return { read, written };
    }
  };
}

/** The class `TextDecoder` of the web, for UTF-8: `fatal`, `ignoreBOM` and `stream` work. */
export function textDecoderClass(decode: Decode, encode: Encode): object {
  return class TextDecoder {
    readonly encoding = 'utf-8';
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    #rest = new Uint8Array();
    #started = false;

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false }: DecoderOptions = {}) {
      if (!UTF8_LABELS.includes(String(label).trim().toLowerCase()))
        throw new RangeError(`TextDecoder: inside a plugin there is UTF-8 only, not "${label}"`);
      this.fatal = Boolean(fatal);
      this.ignoreBOM = Boolean(ignoreBOM);
    }

    decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { readonly stream?: boolean } = {}): string {
      const given =
        input === undefined
          ? new Uint8Array()
          : ArrayBuffer.isView(input)
            ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
            : new Uint8Array(input);
      const bytes = this.#rest.length === 0 ? given : joined(this.#rest, given);
      const whole = bytes.subarray(0, stream ? bytes.length - openTail(bytes) : bytes.length);
      this.#rest = bytes.slice(whole.length);
      const text = decode(whole);
      if (this.fatal && text.includes('\ufffd') && !sameBytes(new Uint8Array(encode(text)), whole))
        throw new TypeError('the encoded data is not valid UTF-8');
      const strip = !this.#started && !this.ignoreBOM && text.startsWith(BYTE_ORDER_MARK);
      this.#started = stream && (this.#started || text.length > 0);
      return strip ? text.slice(1) : text;
    }
  };
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Bytes at the end that begin a character and don't finish it. */
function openTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
