import { describe, expect, it } from 'vitest';
import { migrationContract } from '../../../../test/contract/migration-contract.js';
import { strikes } from '../../../../test/support/guests/strikes.js';
import { forwarded, RecordingClient } from '../../../../test/support/recording-client.js';
import { StateMemoryStore } from '../../state/state-memory.js';
import type { EngineEvent } from '../engine.js';
import { InlineEngine } from '../inline-engine.js';
import { WorkerEngine } from '../worker-engine.js';

migrationContract('InlineEngine, direct runtime', (setup) => new InlineEngine(setup), { hasDeadline: false });
migrationContract('InlineEngine, extism runtime', (setup) => new InlineEngine({ ...setup, runtime: 'extism' }), { hasDeadline: false });
migrationContract('WorkerEngine, one worker', (setup) => new WorkerEngine({ ...setup, workers: 1 }), { hasDeadline: true });
migrationContract('WorkerEngine, four workers', (setup) => new WorkerEngine({ ...setup, workers: 4 }), { hasDeadline: true });
migrationContract('WorkerEngine, extism runtime', (setup) => new WorkerEngine({ ...setup, workers: 2, runtime: 'extism' }), {
  hasDeadline: true,
});

describe('WorkerEngine', () => {
  it.each([1, 4])('gives a thread that takes over the migrated state, and later the restored one (%i workers)', async (workers) => {
    const state = new StateMemoryStore();
    const killed: EngineEvent[] = [];
    const engine = new WorkerEngine({
      state,
      workers,
      breakerFaults: 1_000,
      onEvent: (event) => event.kind === 'worker-killed' && killed.push(event),
    });
    try {
      const limits = { limits: { fuel: 0, deadlineMs: 600 } };
      const chain = await engine.open([await strikes('1.0.0', limits)]);
      const clients = ['a', 'b', 'c'].map((room) => new RecordingClient(chain, { room }));
      const all = async (message: string): Promise<string[]> =>
        (await Promise.all(clients.map((client) => client.ask(message)))).flatMap(forwarded);
      for (const scope of ['room', 'connection']) await all(`${scope} x`);
      for (const [version, counts] of [['2.0.0', '2'] as const, ['1.0.0', '2'] as const]) {
        await chain.swap([await strikes(version, limits)]);
        await all('spin');
        for (const scope of ['room', 'connection']) expect(await all(`${scope} x`)).toEqual(clients.map(() => `${version} ${counts}`));
      }
      expect(killed.length).toBe(2 * clients.length);
    } finally {
      await engine.close();
    }
  });
});
