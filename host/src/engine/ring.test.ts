import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRing, RingReader, RingWriter } from './ring.js';

function open(bytes: number): { writer: RingWriter; reader: RingReader } {
  const shared = createRing(bytes);
  return { writer: new RingWriter(shared), reader: new RingReader(shared) };
}

const take = (reader: RingReader): number[] | undefined => {
  const record = reader.read();
  return record && [...new Uint8Array(record)];
};

describe('Ring', () => {
  it('gives records back whole and in order, empty ones too', () => {
    const { writer, reader } = open(64);
    expect(reader.empty).toBe(true);
    for (const record of [[1, 2, 3], [], [4]]) expect(writer.write(Uint8Array.from(record))).toBe(true);
    expect(reader.empty).toBe(false);
    expect([take(reader), take(reader), take(reader), take(reader)]).toEqual([[1, 2, 3], [], [4], undefined]);
  });

  it('takes a record that fills it to the last byte, across its end, and none that is longer', () => {
    const { writer, reader } = open(64);
    expect(writer.write(new Uint8Array(61))).toBe(false);
    const full = Uint8Array.from({ length: 60 }, (_, index) => index);
    for (let round = 0; round < 8; round++) {
      expect(writer.write(Uint8Array.of(7))).toBe(true);
      expect(writer.write(full)).toBe(false);
      expect(take(reader)).toEqual([7]);
      expect(writer.write(full)).toBe(true);
      expect(writer.write(new Uint8Array(0))).toBe(false);
      expect(take(reader)).toEqual([...full]);
    }
  });

  it('gives records in memory that later ones do not touch', () => {
    const { writer, reader } = open(64);
    writer.write(new Uint8Array(40).fill(1));
    const first = reader.read();
    writer.write(new Uint8Array(40).fill(2));
    expect(first && new Uint8Array(first)).toEqual(new Uint8Array(40).fill(1));
  });

  it('is a bounded queue, whatever is written and read when', () => {
    const step = fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.constant('read' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { writer, reader } = open(64);
        const queue: number[][] = [];
        for (const each of steps) {
          if (each === 'read') {
            expect(take(reader)).toEqual(queue.shift());
          } else {
            const used = queue.reduce((sum, { length }) => sum + 4 + Math.ceil(length / 4) * 4, 0);
            const fits = used + 4 + Math.ceil(each.length / 4) * 4 <= 64;
            expect(writer.write(each)).toBe(fits);
            if (fits) queue.push([...each]);
          }
        }
      }),
    );
  });
});
