/** The opcodes that a counter of one width is read, charged and compared with. */
export interface CounterType {
  readonly valueType: number;
  readonly constant: number;
  readonly subtract: number;
  readonly lessSigned: number;
  /** Instructions that make an unsigned 32-bit number one of this type. */
  readonly extend: readonly number[];
}

/** For limits up to 2,147,483,647. JavaScript sees a number. */
export const NARROW_COUNTER: CounterType = { valueType: 0x7f, constant: 0x41, subtract: 0x6b, lessSigned: 0x48, extend: [] };

/** For larger ones. JavaScript sees a bigint. */
export const WIDE_COUNTER: CounterType = { valueType: 0x7e, constant: 0x42, subtract: 0x7d, lessSigned: 0x53, extend: [0xad] };
