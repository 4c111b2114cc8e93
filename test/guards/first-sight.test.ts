import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FirstSightTable } from '../../host/src/engine/guard/first-sight.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { StateTransaction } from '../../host/src/state/state-transaction.js';
import { fingerprint } from '../../plugins/copypasta/fingerprint.js';
import { encodeSlot } from '../../plugins/copypasta/slot.js';
import { connectionContext, NOW, text } from '../support/plugin-calls.js';

it('enters just what copypasta itself would store for a text that it sees for the first time', () => {
  const table = new FirstSightTable({ scope: 'room', key: 'slot:', slots: 97, ttlMs: 50, minLength: 3 }, 'p', 1000);
  const source = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '\n', '\t', '\f', '!', '~', '9', '"', '\\', 'é', '\u0001', '\u007f') });
  let entered = 0;
  fc.assert(
    fc.property(source, fc.boolean(), (content, isJson) => {
      const payload = isJson ? JSON.stringify(content) : content;
      const frame = text(payload);
      const [start, end] = isJson ? [1, frame.payload.length - 1] : [0, frame.payload.length];
      const state = new StateTransaction(new StateMemoryStore(), NOW);
      const call = { hook: 'on_request_message', frame, connection: connectionContext({ room: 'r' }), now: NOW, state } as const;
      const isPassed = !payload.includes('\\u') && table.enter(call, start, end, payload.includes('\\') && isJson);
      const print = fingerprint(content, 3);
      const [write] = state.writes();
      if (!isPassed) expect(write).toBeUndefined();
      else if (print === undefined) expect(write).toBeUndefined();
      else {
        entered += 1;
        const key = { plugin: 'p', scope: 'room', owner: 'r', key: `slot:${print.low % 97}` };
        expect(write).toEqual({ kind: 'set', key, value: encodeSlot({ key: print, times: [NOW], releasedAt: 0 }), expiresAt: NOW + 50 });
      }
    }),
    { numRuns: 5000 },
  );
  expect(entered).toBeGreaterThan(300);
});
