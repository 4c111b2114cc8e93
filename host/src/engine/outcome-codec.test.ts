import { STATE_SCOPES } from '@framegate/sdk/abi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { StateWrite } from '../state/state-store.js';
import { FAULT_CODES } from '../verdict.js';
import { ByteReader, ByteWriter } from './byte-codec.js';
import { passOutcome, readAnswer, writeChange, writeLog, writeResult } from './outcome-codec.js';

const ORIGINAL: Frame = { kind: 'text', payload: new TextEncoder().encode('original') };

const frame = fc.record({ kind: fc.constantFrom('text', 'binary'), payload: fc.uint8Array({ maxLength: 200 }) });
const frames = fc.array(fc.oneof(fc.constant(ORIGINAL), frame), { maxLength: 4 });
const unchanged = fc.constant<Outcome>({ forward: [ORIGINAL], reply: [], notes: [] });
const close = fc.record({ code: fc.integer({ min: 1000, max: 4999 }), reason: fc.string({ unit: 'grapheme', maxLength: 40 }) });
const note = fc.record(
  {
    plugin: fc.string(),
    kind: fc.constantFrom('drop', 'replace', 'reject', 'close', 'reply', 'note', 'fault'),
    reason: fc.string(),
    fault: fc.constantFrom(...FAULT_CODES),
  },
  { requiredKeys: ['plugin', 'kind'] },
);
const outcome = fc.record(
  {
    forward: frames,
    reply: frames,
    close,
    failed: fc.record({ plugin: fc.string(), fault: fc.constantFrom(...FAULT_CODES) }),
    notes: fc.array(note, { maxLength: 3 }),
  },
  { requiredKeys: ['forward', 'reply', 'notes'] },
);
const key = fc.record({ plugin: fc.string(), scope: fc.constantFrom(...STATE_SCOPES), owner: fc.string(), key: fc.string() });
const expiresAt = fc.double({ noNaN: true });
const write = fc.oneof(
  fc.record({ kind: fc.constant('set'), key, value: fc.uint8Array({ maxLength: 100 }), expiresAt }),
  fc.record({ kind: fc.constant('delete'), key }),
  fc.record({ kind: fc.constant('add'), key, delta: fc.double({ noNaN: true }), expiresAt }),
);

const growth = fc.record({ plugin: fc.string(), bytes: fc.integer(), spare: fc.nat() });

describe('outcome codec', () => {
  it('gives back any outcome with its writes, and the submitted frame itself where it was named', () => {
    fc.assert(
      fc.property(
        fc.oneof(outcome, unchanged),
        fc.array(write, { maxLength: 4 }),
        fc.integer({ min: 1 }),
        fc.array(growth, { maxLength: 2 }),
        (sent, writes, now, grown) => {
          const out = new ByteWriter();
          writeResult(out, { outcome: sent as Outcome, writes: writes as StateWrite[], now, growth: grown }, ORIGINAL);
          const from = new ByteReader(out.take());
          const answer = readAnswer(from, () => ORIGINAL);
          expect(from.done).toBe(true);
          if (answer.kind !== 'result') throw new Error('not a result');
          const { result } = answer;
          expect({ ...result.outcome }).toEqual({ ...sent });
          expect(result.writes).toEqual(writes);
          expect(result.growth).toEqual(grown);
          if (writes.length > 0 || grown.length > 0) expect(result.now).toBe(now);
          for (const [index, forwarded] of sent.forward.entries()) {
            expect(result.outcome.forward[index] === ORIGINAL).toBe(forwarded === ORIGINAL);
          }
        },
      ),
    );
  });

  it('takes one byte for a frame that passes unchanged', () => {
    const out = new ByteWriter();
    writeResult(out, { outcome: passOutcome(ORIGINAL), writes: [], now: 5, growth: [] }, ORIGINAL);
    expect(out.length).toBe(1);
    const answer = readAnswer(new ByteReader(out.take()), () => ORIGINAL);
    expect(answer).toEqual({ kind: 'result', result: { outcome: passOutcome(ORIGINAL), writes: [], now: 0, growth: [] } });
  });

  it('gives back a change of state that no frame has made', () => {
    const out = new ByteWriter();
    const at = { plugin: 'p', scope: 'room', owner: 'r', key: 'k' } as const;
    const change = { writes: [{ kind: 'delete', key: at } as const], now: 7, growth: [{ plugin: 'p', bytes: -9, spare: 9 }] };
    writeChange(out, change);
    const answer = readAnswer(new ByteReader(out.take()), () => expect.fail('it is no frame that this is about'));
    expect(answer).toEqual({ kind: 'change', change });
  });

  it('keeps log lines in place between results', () => {
    const out = new ByteWriter();
    const log = { plugin: 'p', level: 'warn', message: 'über', connection: 'c1' } as const;
    writeLog(out, log);
    writeResult(out, { outcome: passOutcome(ORIGINAL), writes: [], now: 5, growth: [] }, ORIGINAL);
    const from = new ByteReader(out.take());
    expect(readAnswer(from, () => ORIGINAL)).toEqual({ kind: 'log', log });
    expect(readAnswer(from, () => ORIGINAL).kind).toBe('result');
  });
});
