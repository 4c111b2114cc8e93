import { concatBytes, encodeSigned, encodeU32, WasmReader } from '@framegate/sdk/abi';
import type { ChargePlan, ChargeSite } from './charge-plan.js';
import type { CounterType } from './counter-type.js';
import { OP } from './instruction-reader.js';

const NO_RESULT = 0x40;
/** A unit pays for so many instructions; a loop's round and a function's call cost at least one. */
const INSTRUCTIONS_A_UNIT = 8;
/** A unit pays for so many bytes of a bulk instruction (as a power of two), which take about as long. */
const BYTES_A_UNIT_LOG2 = 3;
/** An element of a table costs so many units (as a power of two). */
const UNITS_AN_ELEMENT_LOG2 = 2;
/** A table has at most 65,536 of them; an instruction on more than that fails by itself. */
const ELEMENT_MASK = 0x1_ffff;

/**
 * Charges of that size are checked wherever they are. Of smaller ones no function is long enough to have so many between two checks
 * that the counter comes round to positive numbers again.
 */
const LARGE_COST = 1_000;

/** One function of the code section: its locals' declaration, then instructions from `start` on. */
export interface FunctionBody {
  readonly bytes: Uint8Array;
  /** The declaration without its leading count. */
  readonly locals: Uint8Array;
  readonly localGroups: number;
  /** Locals declared, parameters not among them. */
  readonly localCount: number;
  readonly start: number;
}

/** Where the metered module has what metering needs: the counter, and the functions that charge for bulk instructions. */
export interface MeterIndices {
  readonly counter: number;
  readonly type: CounterType;
  readonly chargeBytes: number;
  readonly chargeElements: number;
}

/** The functions of a code section's payload. */
export function readBodies(code: Uint8Array): FunctionBody[] {
  const reader = new WasmReader(code);
  return Array.from({ length: reader.u32() }, () => readBody(reader.take(reader.u32())));
}

function readBody(bytes: Uint8Array): FunctionBody {
  const reader = new WasmReader(bytes);
  const localGroups = reader.u32();
  const from = reader.position;
  let localCount = 0;
  for (let left = localGroups; left > 0; left--) {
    localCount += reader.u32();
    reader.u8();
  }
  return { bytes, locals: bytes.subarray(from, reader.position), localGroups, localCount, start: reader.position };
}

/** The function with its plan carried out, as an entry of the code section. `free`: it charges nothing. */
export function writeMetered(
  { bytes, locals, localGroups, localCount, start }: FunctionBody,
  plan: ChargePlan,
  params: number,
  indices: MeterIndices,
  free: boolean,
): Uint8Array {
  if (free) return entryOf([bytes]);
  const mirror = encodeU32(params + localCount);
  const counter = encodeU32(indices.counter);
  const insertions: { readonly position: number; readonly code: readonly number[] }[] = plan.bulk.map(({ position, kind }) => ({
    position,
    code: [OP.call, ...encodeU32(kind === 'bytes' ? indices.chargeBytes : indices.chargeElements)],
  }));
  const add = (site: ChargeSite, check: boolean) => {
    insertions.push({ position: site.position, code: charge(site.cost, isMirrored(site, plan), check, mirror, counter, indices.type) });
  };
  // What repeats passes a loop's head, or the entry of a function that calls: checking there is enough.
  add(plan.entry, plan.calls || plan.between.length > 0 || plan.entry.cost >= LARGE_COST);
  for (const site of plan.between) add(site, site.cost >= LARGE_COST);
  for (const { position, head, outer, calls } of plan.loops) {
    const outermost = plan.calls && !calls && (outer === undefined || outer.calls);
    if (outermost) insertions.push({ position, code: [OP.globalGet, ...counter, OP.localSet, ...mirror] });
    add(head, true);
  }
  insertions.sort((a, b) => a.position - b.position);

  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(localGroups + 1)), locals, Uint8Array.of(1, indices.type.valueType)];
  let from = start;
  for (const { position, code } of insertions) {
    parts.push(bytes.subarray(from, position), Uint8Array.from(code));
    from = position;
  }
  parts.push(bytes.subarray(from));
  return entryOf(parts);
}

/** `(length: i32) -> length`: charges for a bulk instruction on so many bytes or elements. An entry of the code section. */
export function chargeBulk({ counter: counterIndex, type }: MeterIndices, unit: 'bytes' | 'elements'): Uint8Array {
  const counter = encodeU32(counterIndex);
  const units =
    unit === 'bytes'
      ? [OP.i32Const, ...encodeSigned(BYTES_A_UNIT_LOG2), OP.i32ShiftRightUnsigned]
      : [OP.i32Const, ...encodeSigned(ELEMENT_MASK), OP.i32And, OP.i32Const, ...encodeSigned(UNITS_AN_ELEMENT_LOG2), OP.i32ShiftLeft];
  const body = [
    ...[0, OP.globalGet, ...counter, OP.localGet, 0, ...units, ...type.extend, type.subtract, OP.globalSet, ...counter],
    ...[OP.globalGet, ...counter, ...trapBelowZero(type), OP.localGet, 0, OP.end],
  ];
  return entryOf([Uint8Array.from(body)]);
}

/** A function without parameters and results that calls others, one after the other. An entry of the code section. */
export function callInTurn(functions: readonly number[]): Uint8Array {
  return entryOf([Uint8Array.from([0, ...functions.flatMap((index) => [OP.call, ...encodeU32(index)]), OP.end])]);
}

/**
 * Takes what the instructions cost off the counter and traps below zero. The mirror spares loops the load behind their own store, which is most of what
 * a charge costs in a loop of few instructions.
 */
function charge(
  cost: number,
  mirrored: boolean,
  check: boolean,
  mirror: readonly number[],
  counter: readonly number[],
  type: CounterType,
): number[] {
  return [
    ...(mirrored ? [OP.localGet, ...mirror] : [OP.globalGet, ...counter]),
    ...[
      type.constant,
      ...encodeSigned(Math.ceil(cost / INSTRUCTIONS_A_UNIT)),
      type.subtract,
      OP.localTee,
      ...mirror,
      OP.globalSet,
      ...counter,
    ],
    ...(check ? [OP.localGet, ...mirror, ...trapBelowZero(type)] : []),
  ];
}

function trapBelowZero({ constant, lessSigned }: CounterType): number[] {
  return [constant, 0, lessSigned, OP.if, NO_RESULT, OP.unreachable, OP.end];
}

/** Whether the mirror holds the counter's value on every way to this site. */
function isMirrored(site: ChargeSite, plan: ChargePlan): boolean {
  if (plan.calls) return site.loop !== undefined && !site.loop.calls;
  return site !== plan.entry;
}

function entryOf(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatBytes([Uint8Array.from(encodeU32(length)), ...parts]);
}
