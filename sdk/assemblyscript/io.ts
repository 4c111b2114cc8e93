// The I/O block and the records of framegate ABI v1: docs/abi.md, "The I/O block" and "Verdict records".

const IO_BYTES: i32 = 32;
const RECORD_BYTES: i32 = 16;

/** The I/O block, the same for the instance's life. */
export const io: usize = memory.data(IO_BYTES, 4);

/** Byte offsets in the block. */
const KIND: usize = 0;
const LENGTH: usize = 4;
const PAYLOAD: usize = 8;
const CONNECTION: usize = 12;
const CONTEXT_VERSION: usize = 16;
const RECORD_COUNT: usize = 20;
const RECORDS: usize = 24;

let area: usize = 0;
let records: usize = 0;
let capacity: i32 = 0;
/** What the records name: not the collector's, and ours until the next call's first record. */
const pieces: usize[] = [];

/** Makes room for a payload of `length` bytes, instead of the room that there was. */
export function reserve(length: i32): usize {
  if (area != 0) heap.free(area);
  area = heap.alloc(<usize>length);
  return area;
}

export function inputKind(): i32 {
  return load<i32>(io, KIND);
}

export function inputLength(): i32 {
  return load<i32>(io, LENGTH);
}

export function inputAddress(): usize {
  return <usize>load<u32>(io, PAYLOAD);
}

/** A number for the connection and the version of its context; together they say whether something cached of it still holds. */
export function contextKey(): u64 {
  return ((<u64>load<u32>(io, CONNECTION)) << 32) | <u64>load<u32>(io, CONTEXT_VERSION);
}

/** Memory for the `length` bytes of the record that follows; it stays until the next call. */
export function piece(length: i32): usize {
  // The host sets the count to 0 before each call: what the call before handed out is no longer needed.
  if (load<i32>(io, RECORD_COUNT) == 0) {
    for (let index = 0; index < pieces.length; index++) heap.free(pieces[index]);
    pieces.length = 0;
  }
  const address = heap.alloc(<usize>length);
  pieces.push(address);
  return address;
}

export function addRecord(op: i32, argument: i32, address: usize, length: i32): void {
  const count = load<i32>(io, RECORD_COUNT);
  if (count == capacity) {
    capacity = capacity == 0 ? 8 : capacity * 2;
    records = records == 0 ? heap.alloc(<usize>(capacity * RECORD_BYTES)) : heap.realloc(records, <usize>(capacity * RECORD_BYTES));
  }
  store<u32>(io, <u32>records, RECORDS);
  store<i32>(io, count + 1, RECORD_COUNT);
  writeRecord(records + <usize>(count * RECORD_BYTES), op, argument, address, length);
}

/** For what stands once in a verdict: the last one counts. */
export function setRecord(op: i32, argument: i32, address: usize, length: i32): void {
  const count = load<i32>(io, RECORD_COUNT);
  for (let index = 0; index < count; index++) {
    const at = records + <usize>(index * RECORD_BYTES);
    if (load<i32>(at) == op) {
      writeRecord(at, op, argument, address, length);
      return;
    }
  }
  addRecord(op, argument, address, length);
}

function writeRecord(at: usize, op: i32, argument: i32, address: usize, length: i32): void {
  store<i32>(at, op);
  store<i32>(at, argument, 4);
  store<u32>(at, <u32>address, 8);
  store<i32>(at, length, 12);
}
