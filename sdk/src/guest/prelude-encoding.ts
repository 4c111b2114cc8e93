import type { TextEncoding } from './text-encoding.js';
import { utf8Decoding } from './utf8-decoding.js';

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
    get encoding(): string {
      return 'utf-8';
    }

    encode(text = ''): Uint8Array {
      return new Uint8Array(encode(String(text)));
    }

    /** Writes as many whole characters as fit. */
    encodeInto(text: string, destination: Uint8Array): { read: number; written: number } {
      const source = String(text);
      const whole = new Uint8Array(encode(source));
      if (whole.length <= destination.length) {
        destination.set(whole);
        return { read: source.length, written: whole.length };
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

/** The class `TextDecoder` of the Encoding standard, for UTF-8 and these other encodings. */
export function textDecoderClass(decode: Decode, encode: Encode, others: readonly TextEncoding[]): object {
  const encodings = [{ labels: UTF8_LABELS, decode: utf8Decoding(decode, encode) }, ...others];
  return class TextDecoder {
    readonly #encoding: TextEncoding;
    readonly #fatal: boolean;
    readonly #ignoreBOM: boolean;
    #rest = new Uint8Array();
    #started = false;

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false }: DecoderOptions = {}) {
      this.#encoding = encodingOf(String(label), encodings);
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }

    get encoding(): string {
      return nameOf(this.#encoding);
    }

    get fatal(): boolean {
      return this.#fatal;
    }

    get ignoreBOM(): boolean {
      return this.#ignoreBOM;
    }

    decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { readonly stream?: boolean } = {}): string {
      const given = input === undefined ? new Uint8Array() : bytesOf(input);
      const bytes = this.#rest.length === 0 ? given : joined(this.#rest, given);
      const { text, isMalformed, rest } = this.#encoding.decode(bytes, !stream);
      const strip = !this.#started && !this.#ignoreBOM && this.encoding !== 'windows-1252' && text.startsWith(BYTE_ORDER_MARK);
      this.#rest = bytes.slice(bytes.length - rest);
      this.#started = stream && (this.#started || text.length > 0);
      if (this.#fatal && isMalformed) {
        this.#rest = new Uint8Array();
        this.#started = false;
        throw new TypeError(`the encoded data is not valid ${this.encoding.toUpperCase()}`);
      }
      return strip ? text.slice(1) : text;
    }
  };
}

const nameOf = ({ labels: [name = ''] }: TextEncoding): string => name;

function encodingOf(label: string, encodings: readonly TextEncoding[]): TextEncoding {
  const wanted = label.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase();
  const found = encodings.find(({ labels }) => labels.includes(wanted));
  if (found !== undefined) return found;
  throw new RangeError(`TextDecoder: inside a plugin there is ${encodings.map(nameOf).join(', ')}, not ${JSON.stringify(label)}`);
}

function bytesOf(input: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new TypeError('TextDecoder.decode needs an ArrayBuffer or a typed array');
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}
