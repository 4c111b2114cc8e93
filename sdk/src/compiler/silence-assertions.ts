import { encodeSigned, readSections, SECTION, sectionData, WasmReader, writeSections } from '../abi/wasm-binary.js';
import { emptyFunctions } from './unused-parts.js';

/** What the engine's `assert` begins to print with. */
const TEXT = new TextEncoder().encode('Assertion failed: ');
const I32_CONST = 0x41;

/**
 * Makes the engine's failed assertions trap at once. What they would print nobody can see, and it is a good part of the module: the
 * texts, and the code that loads them. Throws if there is not exactly one function that prints them.
 */
export function silenceAssertions(engine: Uint8Array): Uint8Array {
  const sections = readSections(engine);
  const loads = Uint8Array.of(I32_CONST, ...encodeSigned(addressOf(TEXT, sectionData(sections, SECTION.data))));
  const printers = functionBodies(sectionData(sections, SECTION.code)).flatMap((body, position) =>
    indexOf(body, loads) < 0 ? [] : [position],
  );
  if (printers.length !== 1) throw new Error(`${printers.length} functions of the engine print failed assertions; one was expected`);
  return writeSections(
    sections.map((section) => (section.id === SECTION.code ? { id: section.id, data: emptyFunctions(section.data, printers) } : section)),
  );
}

function functionBodies(code: Uint8Array): Uint8Array[] {
  const reader = new WasmReader(code);
  return Array.from({ length: reader.u32() }, () => reader.take(reader.u32()));
}

function addressOf(text: Uint8Array, data: Uint8Array): number {
  const reader = new WasmReader(data);
  for (let left = reader.u32(); left > 0; left--) {
    const flags = reader.u32();
    const opcode = reader.u8();
    if (flags !== 0 || opcode !== I32_CONST) throw new Error('a data segment of the engine is not active at a constant address');
    const address = reader.u32();
    reader.u8();
    const at = indexOf(reader.take(reader.u32()), text);
    if (at >= 0) return address + at;
  }
  throw new Error('the engine has no assertions');
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(part);
}
