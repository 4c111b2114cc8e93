import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from './byte-codec.js';

describe('byte codec', () => {
  it('gives back numbers, bytes and text in their order, whatever they are', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('u8' as const), value: fc.integer({ min: 0, max: 0xff }) }),
      fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
      fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
      fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 3000 }) }),
      fc.record({ kind: fc.constant('name' as const), value: fc.constantFrom('', 'plugin', 'another') }),
      fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme', maxLength: 1000 }) }),
    );
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const out = new ByteWriter(8);
        for (const { kind, value } of items) (out[kind] as (value: unknown) => void).call(out, value);
        const from = new ByteReader(out.take());
        for (const { kind, value } of items) expect(from[kind]()).toEqual(value);
        expect(from.done).toBe(true);
      }),
    );
  });

  it('starts anew after a batch was taken', () => {
    const out = new ByteWriter();
    out.name('first');
    out.take();
    out.u8(7);
    out.name('first');
    const from = new ByteReader(out.take());
    expect([from.u8(), from.name(), from.done]).toEqual([7, 'first', true]);
  });

  it('refuses to read past the end', () => {
    const out = new ByteWriter();
    out.u32(1000);
    expect(() => new ByteReader(out.take()).view()).toThrow(RangeError);
    expect(() => new ByteReader(new ArrayBuffer(2)).u32()).toThrow(RangeError);
  });
});
