import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpResult } from '../pipeline/http-exchange.js';
import { ByteReader, ByteWriter } from './byte-codec.js';
import { readHttpRecord, readHttpWait, writeHttpRecord, writeHttpWait } from './http-codec.js';

const headers = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
const body = fc.uint8Array({ maxLength: 300 });
const request = fc.record({ method: fc.string(), url: fc.webUrl(), headers, body });
const result: fc.Arbitrary<HttpResult> = fc.oneof(
  fc.record({ kind: fc.constant('response' as const), status: fc.integer({ min: 100, max: 599 }), headers, body }),
  fc.record({ kind: fc.constant('failed' as const), message: fc.string() }),
);
const startedAt = fc.double({ noNaN: true });

describe('the HTTP codec', () => {
  it('reads what a worker waits for as it was written', () => {
    const wait = fc.record({ startedAt, asks: fc.array(fc.record({ plugin: fc.string(), request }), { maxLength: 4 }) });
    fc.assert(
      fc.property(wait, (written) => {
        const out = new ByteWriter(1);
        writeHttpWait(out, written);
        const from = new ByteReader(out.take());
        expect(readHttpWait(from)).toEqual(written);
        expect(from.done).toBe(true);
      }),
    );
  });

  it('reads what a frame has got so far as it was written', () => {
    const record = fc.record({ startedAt, exchanges: fc.array(fc.record({ plugin: fc.string(), request, result }), { maxLength: 4 }) });
    fc.assert(
      fc.property(record, (written) => {
        const out = new ByteWriter(1);
        writeHttpRecord(out, written);
        const from = new ByteReader(out.take());
        expect(readHttpRecord(from)).toEqual(written);
        expect(from.done).toBe(true);
      }),
    );
  });
});
