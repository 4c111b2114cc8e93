import {
  concatBytes,
  EXTERNAL,
  encodeExports,
  encodeSigned,
  encodeU32,
  readExports,
  readImports,
  readSections,
  SECTION,
  sectionData,
  type WasmExport,
  WasmReader,
  type WasmSection,
  writeSections,
} from '@framegate/sdk/abi';
import { type ChargePlan, type ModuleFacts, planCharges } from './charge-plan.js';
import { type CounterType, NARROW_COUNTER } from './counter-type.js';
import { OP } from './instruction-reader.js';
import { callInTurn, chargeBulk, type FunctionBody, type MeterIndices, readBodies, writeMetered } from './metered-code.js';
import { unchargedFunctions } from './uncharged-functions.js';

/** The export under which the host finds the counter: a mutable global, i32 or i64. */
export const FUEL_EXPORT = 'framegate:fuel';

const INITIALIZE = '_initialize';
const CONSTRUCTORS = '__wasm_call_ctors';
const I32 = 0x7f;
const MUTABLE = 1;
const FUNCTION_FORM = 0x60;
/** The tags of exceptions. */
const TAG_SECTION = 13;
/** The order of a module's sections. */
const SECTION_ORDER: readonly number[] = [
  ...[SECTION.type, SECTION.import, SECTION.function, SECTION.table, SECTION.memory, TAG_SECTION, SECTION.global, SECTION.export],
  ...[SECTION.start, SECTION.element, SECTION.dataCount, SECTION.code, SECTION.data],
];
/** Custom sections that name offsets in the code, such as branch hints: they would be wrong. */
const CODE_METADATA = /^metadata\.code\./;

/**
 * The module with a counter that every function and every loop charges, about one unit for eight instructions, and that traps (`unreachable`) as soon as it is below zero. It behaves the same otherwise; nothing in it is renumbered.
 * Its start function, if it has one, runs at the beginning of `_initialize`, so that the host can see what became of its fuel.
 * Throws RangeError, naming the function, for code that it can't read.
 */
export function injectFuel(module: Uint8Array, initialFuel: number, type: CounterType = NARROW_COUNTER): Uint8Array {
  const sections = readSections(module);
  if (!sections.some(({ id }) => id === SECTION.code)) return module;
  const imports = readImports(sections);
  const importedFunctions = imports.filter(({ kind }) => kind === EXTERNAL.function).length;
  const importedGlobals = imports.filter(({ kind }) => kind === EXTERNAL.global).length;
  const counter = importedGlobals + count(sections, SECTION.global);
  const bodies = readBodies(sectionData(sections, SECTION.code));
  const facts = { globals: counter, throws: sections.some(({ id }) => id === TAG_SECTION) };
  const plans = bodies.map((body, index) => planBody(body, facts, importedFunctions + index));

  const types = count(sections, SECTION.type);
  const functions = importedFunctions + bodies.length;
  const indices: MeterIndices = { counter, type, chargeBytes: functions, chargeElements: functions + 1 };
  const free = unchargedFunctions(plans, importedFunctions);
  const params = parameterCounts(sections);
  const code = plans.map((plan, index) => {
    const body = bodies[index] as FunctionBody;
    return writeMetered(body, plan, params[index] ?? 0, indices, free[index] === true);
  });
  const exports = readExports(sections);
  if (exports.some(({ name }) => name === FUEL_EXPORT)) throw new RangeError(`its export "${FUEL_EXPORT}" is a name that the host needs`);
  if (exports.some(({ kind, index }) => kind === EXTERNAL.global && index >= counter))
    throw new RangeError('it exports a global that does not exist');
  const startCalls = callsAtStart(sections, exports);
  const newTypes = [
    [FUNCTION_FORM, 1, I32, 1, I32],
    [FUNCTION_FORM, 0, 0],
  ];
  const newFunctions = [encodeU32(types), encodeU32(types), encodeU32(types + 1)];
  const newExports: WasmExport[] = [{ name: FUEL_EXPORT, kind: EXTERNAL.global, index: counter }];
  if (startCalls) newExports.push({ name: INITIALIZE, kind: EXTERNAL.function, index: functions + 2 });

  const added = [chargeBulk(indices, 'bytes'), chargeBulk(indices, 'elements'), callInTurn(startCalls ?? [])];
  return writeSections(
    replaceSections(sections, [
      append(sections, SECTION.type, newTypes),
      append(sections, SECTION.function, newFunctions),
      append(sections, SECTION.global, [[type.valueType, MUTABLE, type.constant, ...encodeSigned(initialFuel), OP.end]]),
      { id: SECTION.export, data: encodeExports([...exports.filter(({ name }) => !startCalls || name !== INITIALIZE), ...newExports]) },
      { id: SECTION.code, data: concatBytes([Uint8Array.from(encodeU32(code.length + added.length)), ...code, ...added]) },
    ]),
  );
}

function planBody(body: FunctionBody, facts: ModuleFacts, index: number): ChargePlan {
  try {
    return planCharges(body.bytes, body.start, facts);
  } catch (error) {
    throw new RangeError(`function ${index}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** What `_initialize` has to call in a module that has a start function, in this order. */
function callsAtStart(sections: readonly WasmSection[], exports: readonly WasmExport[]): number[] | undefined {
  const start = sections.find(({ id }) => id === SECTION.start);
  if (!start) return undefined;
  const exported = (wanted: string) => exports.find(({ name, kind }) => name === wanted && kind === EXTERNAL.function)?.index;
  const next = exported(INITIALIZE) ?? exported(CONSTRUCTORS);
  return [new WasmReader(start.data).u32(), ...(next === undefined ? [] : [next])];
}

/** Parameters of each function that the module defines. */
function parameterCounts(sections: readonly WasmSection[]): number[] {
  const types = new WasmReader(sectionData(sections, SECTION.type));
  const params = Array.from({ length: types.u32() }, () => {
    types.u8();
    const found = types.u32();
    types.take(found);
    types.take(types.u32());
    return found;
  });
  const functions = new WasmReader(sectionData(sections, SECTION.function));
  return Array.from({ length: functions.u32() }, () => params[functions.u32()] ?? 0);
}

function count(sections: readonly WasmSection[], id: number): number {
  return new WasmReader(sectionData(sections, id)).u32();
}

/** A section, which the module may not have yet, with more entries at its end. */
function append(sections: readonly WasmSection[], id: number, entries: readonly number[][]): WasmSection {
  const reader = new WasmReader(sectionData(sections, id));
  const total = reader.u32() + entries.length;
  const kept = reader.bytes.subarray(reader.position);
  return { id, data: concatBytes([Uint8Array.from(encodeU32(total)), kept, ...entries.map((entry) => Uint8Array.from(entry))]) };
}

/** The sections with some replaced or put in their place, and without the start section. Custom sections stay where they are. */
function replaceSections(sections: readonly WasmSection[], changed: readonly WasmSection[]): WasmSection[] {
  const left = new Map(changed.map((section) => [section.id, section]));
  const out: WasmSection[] = [];
  for (const section of sections) {
    if (section.id === SECTION.start) continue;
    if (section.id === SECTION.custom) {
      if (!CODE_METADATA.test(new WasmReader(section.data).name())) out.push(section);
      continue;
    }
    const rank = SECTION_ORDER.indexOf(section.id);
    for (const [id, missing] of left) {
      if (SECTION_ORDER.indexOf(id) >= rank) continue;
      out.push(missing);
      left.delete(id);
    }
    out.push(left.get(section.id) ?? section);
    left.delete(section.id);
  }
  return [...out, ...left.values()];
}
