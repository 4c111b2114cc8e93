import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FirstSightTable } from '../../host/src/engine/guard/first-sight.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { StateTransaction } from '../../host/src/state/state-transaction.js';
import { fingerprint64 } from '../../sdk/src/guest/fingerprint.js';
import { connectionContext, NOW, text } from '../support/plugin-calls.js';
import { readVectors } from './vectors.js';

const vectors = readVectors<{ readonly text: string; readonly bytes: string }>('fingerprint');

describe('the fingerprint of a text', () => {
  it.each(vectors)('of $text is $bytes inside a guest', ({ text: source, bytes }) => {
    const { high, low } = fingerprint64(source);
    const found = Buffer.alloc(8);
    found.writeUInt32LE(low, 0);
    found.writeUInt32LE(high, 4);
    expect(found.toString('hex')).toBe(bytes);
  });

  it.each(vectors.filter(({ text: source }) => /^[a-z]*$/.test(source)))(
    'of $text is $bytes in a table of the host',
    ({ text: source, bytes }) => {
      const frame = text(source);
      const state = new StateTransaction(new StateMemoryStore(), NOW);
      const table = new FirstSightTable({ scope: 'plugin', key: '', slots: 1, ttlMs: 1, minLength: 0 }, 'p', 1000);
      table.enter({ hook: 'on_request_message', frame, connection: connectionContext(), now: NOW, state }, 0, frame.payload.length, false);
      const [write] = state.writes();
      expect(write?.kind === 'set' && Buffer.from(write.value).toString('hex', 0, 8)).toBe(bytes);
    },
  );

  it('is written in the ABI page with the same vectors', () => {
    const page = readFileSync(new URL('../../docs/abi.md', import.meta.url), 'utf8');
    for (const { text: source, bytes } of vectors) expect(page).toContain(`| \`${source}\` | \`${bytes}\` |`);
  });
});
