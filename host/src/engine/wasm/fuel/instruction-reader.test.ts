import { encodeSigned } from '@framegate/sdk/abi';
import { describe, expect, it } from 'vitest';
import { InstructionReader, OP } from './instruction-reader.js';

const I32 = 0x7f;
const simd = (number: number) => [0xfd, ...(number < 0x80 ? [number] : [(number & 0x7f) | 0x80, number >> 7])];

describe('the instruction reader', () => {
  it.each<[string, number[]]>([
    ['one without immediates', [0x01]],
    ['a numeric one', [0x6a]],
    ['a sign extension', [0xc4]],
    ['block with no result', [OP.block, 0x40]],
    ['block with a value type', [OP.block, I32]],
    ['loop with a type index (multi-value)', [OP.loop, 0x80, 0x01]],
    ['if', [OP.if, 0x40]],
    ['else', [OP.else]],
    ['br', [OP.br, 3]],
    ['br_if', [OP.brIf, 0x80, 0x01]],
    ['br_table', [OP.brTable, 2, 0, 0x81, 0x01, 2]],
    ['br_table with its default alone', [OP.brTable, 0, 1]],
    ['call', [OP.call, 0xff, 0x01]],
    ['call_indirect', [OP.callIndirect, 5, 0]],
    ['call_indirect with an overlong table index', [OP.callIndirect, 5, 0x80, 0x80, 0x00]],
    ['return_call', [OP.returnCall, 5]],
    ['return_call_indirect', [OP.returnCallIndirect, 5, 0]],
    ['select with types', [0x1c, 1, I32]],
    ['local.get', [OP.localGet, 0x80, 0x02]],
    ['global.set', [OP.globalSet, 1]],
    ['table.get', [0x25, 0]],
    ['a load', [0x28, 2, 0x80, 0x80, 0x04]],
    ['a store to another memory', [0x36, 0x42, 1, 16]],
    ['memory.size', [0x3f, 0]],
    ['memory.grow', [OP.memoryGrow, 0]],
    ['i32.const', [OP.i32Const, ...encodeSigned(-2_147_483_648)]],
    ['i64.const of ten bytes', [0x42, ...encodeSigned(-(2n ** 63n))]],
    ['f32.const', [0x43, 0x0b, 0x0b, 0x0b, 0x0b]],
    ['f64.const', [0x44, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b]],
    ['ref.null', [0xd0, 0x70]],
    ['ref.is_null', [0xd1]],
    ['ref.func', [0xd2, 0x85, 0x01]],
    ['a saturating conversion', [0xfc, 0x07]],
    ['memory.init', [0xfc, 0x08, 3, 0]],
    ['data.drop', [0xfc, 0x09, 3]],
    ['memory.copy', [0xfc, 0x0a, 0, 0]],
    ['memory.fill', [0xfc, 0x0b, 0]],
    ['table.init', [0xfc, 0x0c, 1, 0]],
    ['elem.drop', [0xfc, 0x0d, 1]],
    ['table.copy', [0xfc, 0x0e, 0, 0]],
    ['table.grow', [0xfc, 0x0f, 0]],
    ['table.size', [0xfc, 0x10, 0]],
    ['table.fill', [0xfc, 0x11, 0]],
    ['v128.load', [...simd(0x00), 4, 16]],
    ['v128.const', [...simd(0x0c), ...Array(16).fill(OP.end)]],
    ['i8x16.shuffle', [...simd(0x0d), ...Array(16).fill(OP.end)]],
    ['i8x16.splat', simd(0x0f)],
    ['a lane', [...simd(0x15), 7]],
    ['v128.load8_lane', [...simd(0x54), 0, 16, 15]],
    ['v128.load64_zero', [...simd(0x5d), 3, 16]],
    ['f64x2.add', simd(0xf0)],
    ['a relaxed one', simd(0x100)],
    ['an atomic one', [0xfe, 0x1e, 2, 16]],
    ['atomic.fence', [0xfe, 0x03, 0]],
    ['try', [OP.try, 0x40]],
    ['catch', [OP.catch, 0]],
    ['throw', [OP.throw, 0]],
    ['rethrow', [OP.rethrow, 1]],
    ['delegate', [OP.delegate, 0]],
    ['catch_all', [OP.catchAll]],
  ])('reads %s to its end', (_name, bytes) => {
    const reader = new InstructionReader(Uint8Array.from([...bytes, OP.end]));
    reader.next();
    expect(reader.position).toBe(bytes.length);
    expect(reader.next()).toBe(OP.end);
  });

  it('gives opcodes, indices and labels', () => {
    const reader = new InstructionReader(Uint8Array.from([OP.call, 0xe5, 0x8e, 0x26, OP.brTable, 2, 4, 0x80, 0x01, 6, 0xfc, 0x0b, 0]));
    expect([reader.next(), reader.operand, reader.start]).toEqual([OP.call, 624_485, 0]);
    expect([reader.next(), reader.labels, reader.start]).toEqual([OP.brTable, [4, 128, 6], 4]);
    expect(reader.next()).toBe(OP.memoryFill);
  });

  it.each<[string, number[], string]>([
    ['a plain opcode', [0x27], '27'],
    ['a typed function reference', [0x14, 0], '14'],
    ['a block with a typed reference', [OP.block, 0x63, 0x00], '02'],
    ['exceptions in their second form', [0x1f, 0x40, 0], '1f'],
    ['garbage collection', [0xfb, 0x00, 0], 'fb'],
    ['a number behind a prefix', [0xfc, 0x12], 'fc 12'],
    ['a SIMD number', [0xfd, 0x94, 0x02], 'fd 94 02'],
  ])('refuses %s and shows it', (_name, bytes, shown) => {
    expect(() => new InstructionReader(Uint8Array.from(bytes)).next()).toThrow(`unknown instruction ${shown}`);
  });

  it('refuses code that ends within an instruction', () => {
    expect(() => new InstructionReader(Uint8Array.of(0x44, 1, 2)).next()).toThrow(RangeError);
    expect(() => new InstructionReader(Uint8Array.of(OP.call, 0x80)).next()).toThrow(RangeError);
  });
});
