import { WasmReader } from '@framegate/sdk/abi';

/** Opcodes that the fuel pass tells apart. Of a prefixed instruction: the prefix byte times 0x10000, plus its number. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i32And: 0x71,
  i32ShiftLeft: 0x74,
  i32ShiftRightUnsigned: 0x76,
  memoryInit: 0xfc_0008,
  memoryCopy: 0xfc_000a,
  memoryFill: 0xfc_000b,
  tableInit: 0xfc_000c,
  tableCopy: 0xfc_000e,
  tableGrow: 0xfc_000f,
  tableFill: 0xfc_0011,
} as const;

/** What stands behind an opcode. */
const IMMEDIATE = {
  unknown: 0,
  none: 1,
  /** One LEB128 number: an index, a label, an integer constant. */
  number: 2,
  twoNumbers: 3,
  memory: 4,
  memoryAndLane: 5,
  blockType: 6,
  labels: 7,
  valueTypes: 8,
  byte: 9,
  fourBytes: 10,
  eightBytes: 11,
  sixteenBytes: 12,
} as const;

type Ranges = readonly (readonly [first: number, last: number, immediate: number])[];

const PLAIN = table(0x100, [
  [0x00, 0x01, IMMEDIATE.none],
  [0x02, 0x04, IMMEDIATE.blockType],
  [0x05, 0x05, IMMEDIATE.none],
  [0x06, 0x06, IMMEDIATE.blockType],
  [0x07, 0x09, IMMEDIATE.number],
  [0x0b, 0x0b, IMMEDIATE.none],
  [0x0c, 0x0d, IMMEDIATE.number],
  [0x0e, 0x0e, IMMEDIATE.labels],
  [0x0f, 0x0f, IMMEDIATE.none],
  [0x10, 0x10, IMMEDIATE.number],
  [0x11, 0x11, IMMEDIATE.twoNumbers],
  [0x12, 0x12, IMMEDIATE.number],
  [0x13, 0x13, IMMEDIATE.twoNumbers],
  [0x18, 0x18, IMMEDIATE.number],
  [0x19, 0x1b, IMMEDIATE.none],
  [0x1c, 0x1c, IMMEDIATE.valueTypes],
  [0x20, 0x26, IMMEDIATE.number],
  [0x28, 0x3e, IMMEDIATE.memory],
  [0x3f, 0x42, IMMEDIATE.number],
  [0x43, 0x43, IMMEDIATE.fourBytes],
  [0x44, 0x44, IMMEDIATE.eightBytes],
  [0x45, 0xc4, IMMEDIATE.none],
  [0xd0, 0xd0, IMMEDIATE.number],
  [0xd1, 0xd1, IMMEDIATE.none],
  [0xd2, 0xd2, IMMEDIATE.number],
]);

const PREFIXED: Readonly<Record<number, Uint8Array>> = {
  // saturating conversions, bulk memory, tables
  252: table(0x12, [
    [0x00, 0x07, IMMEDIATE.none],
    [0x08, 0x08, IMMEDIATE.twoNumbers],
    [0x09, 0x09, IMMEDIATE.number],
    [0x0a, 0x0a, IMMEDIATE.twoNumbers],
    [0x0b, 0x0b, IMMEDIATE.number],
    [0x0c, 0x0c, IMMEDIATE.twoNumbers],
    [0x0d, 0x0d, IMMEDIATE.number],
    [0x0e, 0x0e, IMMEDIATE.twoNumbers],
    [0x0f, 0x11, IMMEDIATE.number],
  ]),
  // SIMD, relaxed SIMD
  253: table(0x114, [
    [0x00, 0x0b, IMMEDIATE.memory],
    [0x0c, 0x0d, IMMEDIATE.sixteenBytes],
    [0x0e, 0x14, IMMEDIATE.none],
    [0x15, 0x22, IMMEDIATE.byte],
    [0x23, 0x53, IMMEDIATE.none],
    [0x54, 0x5b, IMMEDIATE.memoryAndLane],
    [0x5c, 0x5d, IMMEDIATE.memory],
    [0x5e, 0x113, IMMEDIATE.none],
  ]),
  // atomics
  254: table(0x4f, [
    [0x00, 0x02, IMMEDIATE.memory],
    [0x03, 0x03, IMMEDIATE.byte],
    [0x10, 0x4e, IMMEDIATE.memory],
  ]),
};

/** The bit of a memory instruction's alignment that says that a memory index follows (multi-memory). */
const HAS_MEMORY_INDEX = 0x40;
/** Reference types of the function-references and GC proposals: two numbers in the place of one. */
const TYPED_REFERENCES: readonly number[] = [0x63, 0x64];

/**
 * Reads one instruction after another: Wasm 2.0 with SIMD, tail calls, atomics and exceptions in their first form (`try`, `catch`).
 * Throws RangeError for an instruction that it does not know: what can't be read can't be metered.
 */
export class InstructionReader extends WasmReader {
  /** Where the instruction that was read last begins. */
  start = 0;
  /** Its opcode, as in {@link OP}. */
  opcode = 0;
  /** Its first number: an index or a label. */
  operand = 0;
  /** The labels of the `br_table` that was read last, its default among them. */
  readonly labels: number[] = [];

  /** Reads the next instruction and returns its opcode. */
  next(): number {
    this.start = this.position;
    const byte = this.u8();
    const group = byte >= 0xfc ? PREFIXED[byte] : undefined;
    const number = group ? this.u32() : byte;
    this.opcode = group ? byte * 0x10000 + number : byte;
    this.#immediate((group ?? PLAIN)[number] ?? IMMEDIATE.unknown);
    return this.opcode;
  }

  #immediate(immediate: number): void {
    switch (immediate) {
      case IMMEDIATE.none:
        return;
      case IMMEDIATE.number:
        this.#number();
        return;
      case IMMEDIATE.twoNumbers:
        this.#number();
        this.skipLeb();
        return;
      case IMMEDIATE.memory:
        this.#memory();
        return;
      case IMMEDIATE.memoryAndLane:
        this.#memory();
        this.u8();
        return;
      case IMMEDIATE.blockType:
        if (TYPED_REFERENCES.includes(this.bytes[this.position] ?? 0)) this.#refuse();
        this.skipLeb();
        return;
      case IMMEDIATE.labels:
        this.labels.length = 0;
        for (let left = this.u32(); left >= 0; left--) this.labels.push(this.u32());
        return;
      case IMMEDIATE.valueTypes:
        for (let left = this.u32(); left > 0; left--) if (TYPED_REFERENCES.includes(this.u8())) this.#refuse();
        return;
      case IMMEDIATE.byte:
        this.u8();
        return;
      case IMMEDIATE.fourBytes:
        this.take(4);
        return;
      case IMMEDIATE.eightBytes:
        this.take(8);
        return;
      case IMMEDIATE.sixteenBytes:
        this.take(16);
        return;
      default:
        this.#refuse();
    }
  }

  /** A number whose low 32 bits count: an index, or a constant that nobody looks at. */
  #number(): void {
    const first = this.u8();
    this.operand = first;
    if (first < 0x80) return;
    this.position--;
    let value = 0;
    let shift = 0;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = this.u8();
      if (shift < 35) value |= (byte & 0x7f) << shift;
    }
    this.operand = value >>> 0;
  }

  #memory(): void {
    const alignment = this.u32();
    if (alignment & HAS_MEMORY_INDEX) this.skipLeb();
    this.skipLeb();
  }

  #refuse(): never {
    const bytes = [...this.bytes.subarray(this.start, this.position)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new RangeError(`unknown instruction ${bytes}`);
  }
}

function table(size: number, ranges: Ranges): Uint8Array {
  const out = new Uint8Array(size).fill(IMMEDIATE.unknown);
  for (const [first, last, immediate] of ranges) out.fill(immediate, first, last + 1);
  return out;
}
