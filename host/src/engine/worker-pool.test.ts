import { afterEach, describe, expect, it } from 'vitest';
import { loopAlways } from '../../../test/support/guests/engine-guests.js';
import { StateMemoryStore } from '../state/state-memory.js';
import { createLatencies } from './latency.js';
import { createQuarantineFlags } from './quarantine-flags.js';
import { StateQuotas } from './state-quotas.js';
import { preparePlugin } from './wasm/instantiate-plugin.js';
import { WorkerPool } from './worker-pool.js';
import type { ChainDefinition } from './worker-protocol.js';
import { WorkerSlot } from './worker-slot.js';
import type { WorkerThread } from './worker-thread.js';

const CHAINS = [1, 2, 3];

let pool: WorkerPool | undefined;
let quotas: StateQuotas;
afterEach(() => pool?.close());

function startPool(standbys: number): WorkerPool {
  quotas = new StateQuotas(new StateMemoryStore(), 1);
  pool = new WorkerPool(
    {
      quotas,
      standbys,
      respawnDelayMs: 1,
      runtime: 'direct',
      heapMb: 128,
      startTimeoutMs: 60_000,
      crowd: '',
      ringBytes: 65_536,
      spinMicros: 0,
      lingerMicros: 0,
    },
    { answers() {}, lost: (_, { message }) => expect.fail(message), started() {} },
  );
  return pool;
}

/** Chains of one plugin that loops in its rehearsal: a thread tells how many of them it has rehearsed. */
async function definitions(): Promise<ChainDefinition[]> {
  const prepared = await preparePlugin(loopAlways('a', { fuel: 1_000_000 }));
  return CHAINS.map((chain) => ({
    chain,
    plugins: [prepared],
    latencies: createLatencies(1),
    quarantines: createQuarantineFlags(1),
    quotas: [],
  }));
}

async function rehearsedIn(thread: WorkerThread, chains: readonly ChainDefinition[]): Promise<number[]> {
  const loaded = await Promise.all(chains.map((definition) => thread.load(definition)));
  return loaded.flatMap(({ unfinished }, index) => (unfinished.length > 0 ? [chains[index]?.chain ?? 0] : []));
}

function startSlot(from: WorkerPool): WorkerSlot {
  return new WorkerSlot({
    worker: 0,
    pool: from,
    quotas,
    state: new StateMemoryStore(),
    outlived() {},
    owns: () => true,
    needs: () => true,
    domains: () => [],
    version: () => undefined,
    lookEveryMs: () => 60_000,
    log() {},
    killed() {},
  });
}

describe('a thread', () => {
  it('rehearses the first chain alone when it is made to take over from another one', async () => {
    const chains = await definitions();
    const from = startPool(0);
    for (const definition of chains) from.add(definition);
    expect(
      await rehearsedIn(
        from.take(() => true),
        chains,
      ),
    ).toEqual([1]);
  });

  it('rehearses the first chain alone when it waits to take over', async () => {
    const chains = await definitions();
    const from = startPool(1);
    from.fillUp();
    for (const definition of chains) from.add(definition);
    expect(
      await rehearsedIn(
        from.take(() => true),
        chains,
      ),
    ).toEqual([1]);
  });

  it('rehearses the first chain alone where frames run', async () => {
    const chains = await definitions();
    const slot = startSlot(startPool(0));
    for (const definition of chains) await slot.load(definition);
    expect(await rehearsedIn(slot.thread, chains)).toEqual([1]);
    slot.stop();
  });
});
