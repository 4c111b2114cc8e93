import type { Frame } from '../frame.js';

const FIN = 0x80;
const OPCODE = { text: 0x1, binary: 0x2 } as const;
const SHORT = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A frame that goes to many sockets: its bytes on the wire are built once, when the first of them asks. */
export class WireFrame implements Frame {
  readonly kind: Frame['kind'];
  readonly payload: Uint8Array;
  #wire: Buffer | undefined;

  constructor({ kind, payload }: Frame) {
    this.kind = kind;
    this.payload = payload;
  }

  /** One whole message as a server sends it without extensions: not masked, not compressed (RFC 6455 §5.2). Never written to. */
  get wire(): Buffer {
    this.#wire ??= encode(this);
    return this.#wire;
  }
}

function encode({ kind, payload }: Frame): Buffer {
  const { length } = payload;
  const header = length <= SHORT ? 2 : length <= 0xffff ? 4 : 10;
  const wire = Buffer.allocUnsafe(header + length);
  wire[0] = FIN | OPCODE[kind];
  if (header === 2) {
    wire[1] = length;
  } else if (header === 4) {
    wire[1] = LENGTH_16;
    wire.writeUInt16BE(length, 2);
  } else {
    wire[1] = LENGTH_64;
    wire.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    wire.writeUInt32BE(length >>> 0, 6);
  }
  wire.set(payload, header);
  return wire;
}
