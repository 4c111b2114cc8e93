import { SECTION, writeSections } from '@framegate/sdk/abi';
import { describe, expect, it } from 'vitest';
import { assemble, guestSpec } from '../../../../test/support/wat-guest.js';
import { clampMemory, MAX_TABLE_ELEMENTS } from './memory-clamp.js';

const PAGE = 65_536;

function clamp(wat: string, pages: number) {
  const wasm = assemble(`(module ${wat})`);
  const module = new WebAssembly.Module(
    clampMemory(guestSpec('guest', { wasm, limits: { memoryBytes: pages * PAGE } })) as Uint8Array<ArrayBuffer>,
  );
  return new WebAssembly.Instance(module).exports as Record<string, (amount: number) => number>;
}

const grows = '(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))';

describe('the memory clamp', () => {
  it('makes memory.grow fail above the limit, inside the guest', () => {
    const guest = clamp(`(memory 1) ${grows}`, 3);
    expect([guest.grow?.(2), guest.grow?.(1), guest.grow?.(0)]).toEqual([1, -1, 3]);
  });

  it('lowers a maximum that is too high and keeps one that is lower', () => {
    expect(clamp(`(memory 1 1000) ${grows}`, 3).grow?.(3)).toBe(-1);
    expect(clamp(`(memory 1 2) ${grows}`, 3).grow?.(2)).toBe(-1);
  });

  it('refuses a module that starts above the limit and says what to do', () => {
    expect(() => clamp(`(memory 4) ${grows}`, 3)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/guest\.wat: its memory starts with 262144 bytes; limits\.memoryBytes is 196608/),
        hint: expect.stringMatching(/^Raise limits\.memoryBytes of this plugin to 262144 or more/),
      }),
    );
  });

  it('bounds tables too', () => {
    const wat = '(table 1 funcref) (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))';
    const guest = clamp(wat, 3);
    expect([guest.grow?.(MAX_TABLE_ELEMENTS), guest.grow?.(MAX_TABLE_ELEMENTS - 1)]).toEqual([-1, 1]);
  });

  it('refuses so many tables that they are large together, and a second memory', () => {
    const tables = (count: number) => '(table 65536 funcref)'.repeat(count);
    expect(() => clamp(tables(17), 3)).toThrow('it has 17 tables; at most 16 are allowed');
    expect(clamp(tables(16), 3)).toEqual({});
    const two = writeSections([{ id: SECTION.memory, data: Uint8Array.of(2, 0, 1, 0, 1) }]);
    expect(() => clampMemory(guestSpec('guest', { wasm: two }))).toThrow('it has 2 memories; a plugin has one');
  });

  it('leaves a module without memory as it is', () => {
    const wasm = assemble('(module (func (export "on_request_message") (result i32) (i32.const 0)))');
    expect(clampMemory(guestSpec('guest', { wasm }))).toEqual(wasm);
  });
});
