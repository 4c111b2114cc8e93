/** What a decoder made of some bytes. `rest`: bytes at the end that begin a character and don't finish it; there are none at the end. */
interface Decoded {
  readonly text: string;
  readonly isMalformed: boolean;
  readonly rest: number;
}

export type Decoding = (bytes: Uint8Array, isEnd: boolean) => Decoded;

/** An encoding of the Encoding standard: its labels, of which the first is its name, and how it is read. */
export interface TextEncoding {
  readonly labels: readonly string[];
  readonly decode: Decoding;
}
