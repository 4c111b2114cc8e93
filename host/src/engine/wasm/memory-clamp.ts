import {
  concatBytes,
  encodeLimits,
  encodeU32,
  readLimits,
  readSections,
  SECTION,
  type WasmLimits,
  WasmReader,
  type WasmSection,
  writeSections,
} from '@framegate/sdk/abi';
import { HostError } from '../../errors.js';
import type { PluginSpec } from '../engine.js';

const PAGE_BYTES = 65_536;
/** Elements of one table. A table's elements live on the host's heap, so `table.grow` has to end somewhere too. */
export const MAX_TABLE_ELEMENTS = 65_536;

/** Tables of one module: those of compilers have one or two. */
const MAX_TABLES = 16;

const SHARED = 2;
const MEMORY64 = 4;

/**
 * The module with its own memory and table maxima lowered to the plugin's limits, so that growth fails inside the guest.
 * Throws a HostError (PLUGIN_INVALID) if the module already starts above them.
 */
export function clampMemory(spec: PluginSpec): Uint8Array {
  const pages = Math.ceil(spec.limits.memoryBytes / PAGE_BYTES);
  return writeSections(readSections(spec.wasm).map((section) => clampSection(spec, section, pages)));
}

function clampSection(spec: PluginSpec, section: WasmSection, pages: number): WasmSection {
  const refuse = (message: string) => new HostError('PLUGIN_INVALID', `${spec.origin}: ${message}`);
  if (section.id === SECTION.memory) {
    // each of them would have the whole limit
    if (countOf(section) > 1) throw refuse(`it has ${countOf(section)} memories; a plugin has one`);
    return rewrite(section, (reader) => {
      const limits = readLimits(reader);
      if (limits.flags & (SHARED | MEMORY64)) throw refuse('its memory is shared or 64-bit; a plugin needs a plain 32-bit memory');
      if (limits.min > pages) {
        const wanted = limits.min * PAGE_BYTES;
        throw new HostError(
          'PLUGIN_INVALID',
          `${spec.origin}: its memory starts with ${wanted} bytes; limits.memoryBytes is ${spec.limits.memoryBytes}`,
          { hint: `Raise limits.memoryBytes of this plugin to ${wanted} or more, or build a module that starts with less.` },
        );
      }
      return encodeLimits(lower(limits, pages));
    });
  }
  if (section.id === SECTION.table) {
    if (countOf(section) > MAX_TABLES) throw refuse(`it has ${countOf(section)} tables; at most ${MAX_TABLES} are allowed`);
    return rewrite(section, (reader) => {
      const type = reader.u8();
      // 0x40: a table with an initial value, a form of the function-references proposal
      if (type === 0x40) throw refuse('its table has an initial value, which this host does not support');
      const limits = readLimits(reader);
      if (limits.min > MAX_TABLE_ELEMENTS)
        throw refuse(`its table starts with ${limits.min} elements; at most ${MAX_TABLE_ELEMENTS} are allowed`);
      return [type, ...encodeLimits(lower(limits, MAX_TABLE_ELEMENTS))];
    });
  }
  return section;
}

function countOf({ data }: WasmSection): number {
  return new WasmReader(data).u32();
}

function rewrite(section: WasmSection, item: (reader: WasmReader) => number[]): WasmSection {
  const reader = new WasmReader(section.data);
  const count = reader.u32();
  const parts = [Uint8Array.from(encodeU32(count))];
  for (let left = count; left > 0; left--) parts.push(Uint8Array.from(item(reader)));
  return { id: section.id, data: concatBytes(parts) };
}

function lower(limits: WasmLimits, maximum: number): WasmLimits {
  return { ...limits, max: Math.min(limits.max ?? maximum, maximum) };
}
