import { describe, expect, it } from 'vitest';
import { puppet } from '../../../../test/support/guests/engine-guests.js';
import { StateMemoryStore } from '../../state/state-memory.js';
import type { StateWrite } from '../../state/state-store.js';
import type { PluginSpec } from '../engine.js';
import type { PreparedPlugin } from '../wasm/instantiate-plugin.js';
import { type MigrationPlan, type MigrationRunner, Migrator } from './migrator.js';

const WRITE: StateWrite = {
  kind: 'set',
  key: { plugin: 'a', scope: 'plugin', owner: '', key: 'k' },
  value: new Uint8Array(4),
  expiresAt: 0,
};

function setUp(migrates: boolean) {
  const state = new StateMemoryStore();
  const migrator = new Migrator(state);
  const plan = (version: string): MigrationPlan => {
    const { manifest, ...rest } = puppet('a');
    const spec: PluginSpec = { ...rest, ...(manifest && { manifest: { ...manifest, version } }) };
    return migrator.plan([{ spec, checked: { migrates } as PreparedPlugin['checked'] }], false);
  };
  const change = async (version: string, runner: MigrationRunner) => {
    const planned = plan(version);
    migrator.commit(planned, await migrator.run(planned, runner));
  };
  return { state, plan, change };
}

describe('Migrator', () => {
  it('holds up nobody on a way back on which nothing has changed', async () => {
    const { plan, change } = setUp(false);
    for (const version of ['1.0.0', '2.0.0']) await change(version, () => Promise.reject(new Error('nobody is to be asked')));
    const back = plan('1.0.0');
    expect(back.steps.map(({ step }) => step.kind)).toEqual(['restore']);
    expect([...back.concerned]).toEqual([]);
  });

  it('holds up the frames of a plugin whose state is taken back', async () => {
    const { state, plan, change } = setUp(true);
    state.apply([WRITE], 0);
    for (const version of ['1.0.0', '2.0.0']) await change(version, () => Promise.resolve([{ ...WRITE, value: new Uint8Array(9) }]));
    expect([...plan('1.0.0').concerned]).toEqual(['a']);
  });
});
